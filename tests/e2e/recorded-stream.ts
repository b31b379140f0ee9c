import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A stream that was recorded beforehand and is served as if it were live, so that a test can let a minute pass
 * at once, restart the encoder or end the stream at will. Segments of 1 s, frames of 0.1 s.
 */
export interface RecordedStream {
  /** What is served at this path; undefined if nothing is. */
  file(path: string): Buffer | string | undefined;
  /** The stream's own time: it runs with the clock, and jumps when `pass` is called. Milliseconds. */
  now(): number;
  /** Lets seconds pass at once: for the playlist, its dates and the server's clock. */
  pass(seconds: number): void;
  /** The encoder dies, and goes on `gap` seconds later after a discontinuity. */
  restart(gap: number): void;
  /** The playlist gets its ENDLIST. */
  end(): void;
  /** Date of the frame `frames` tenths of a second after the first of segment `segment`, in milliseconds. */
  dateOf(segment: number, frames: number): number;
  /** What is seen in its frames, where something is looked for. */
  readonly objects?: LiveObjects;
  /** Media sequence numbers listed now: the first, and the one after the last. */
  listed(): { first: number; next: number };
}

/** The objects of frames, as they come. */
export interface LiveObjects {
  /** Sends what is known already, and then what comes, until the function that it gives is called. */
  listen(send: (data: unknown) => void): () => void;
}

/** How much is listed at a time, and how much from the start; in seconds. */
export interface RecordedStreamOptions {
  readonly window?: number;
  readonly listedAtStart?: number;
}

/** Thumbnails: one each `EVERY` seconds, in sheets of `COLUMNS` × `ROWS`. */
const EVERY = 2;
const [COLUMNS, ROWS] = [5, 5];
const [WIDTH, HEIGHT] = [160, 90];
/** So many seconds are recorded, which fill so many sheets; then the same pictures come again, at later times. */
const RECORDED = 100;
const SHEETS = RECORDED / EVERY / COLUMNS / ROWS;
/** Of the media: ffmpeg's choice at ten frames a second. */
const TIMESCALE = 10_240n;

/** Records it; the window is full from the start, unless less is asked for. */
export async function recordStream({
  window = 120,
  listedAtStart = window,
}: RecordedStreamOptions = {}): Promise<RecordedStream> {
  const files = await record();
  let shift = 0;
  const begin = Date.now() - (listedAtStart + 5) * 1000;
  const restarts: { at: number; gap: number }[] = [];
  let ended: number | undefined;

  const now = () => Date.now() + shift;
  function gapBefore(segment: number): number {
    return restarts.reduce((sum, { at, gap }) => sum + (segment >= at ? gap : 0), 0);
  }
  const dateOf = (segment: number, frames = 0) =>
    begin + (segment + gapBefore(segment)) * 1000 + frames * 100;
  function next(): number {
    let segment = Math.floor((now() - begin) / 1000);
    while (dateOf(segment - 1) + 1000 > now()) segment -= 1;
    return ended ?? segment;
  }
  function listed(): { first: number; next: number } {
    const end = next();
    return { first: Math.max(0, end - window), next: end };
  }
  /** Which file a segment is: every run of the encoder plays the recording from its beginning. */
  function fileOf(segment: number): number {
    return segment - (restarts.findLast(({ at }) => segment >= at)?.at ?? 0);
  }

  function playlist(): string {
    const { first, next: end } = listed();
    const before = restarts.filter(({ at }) => at < first).length;
    const lines = [
      '#EXTM3U',
      '#EXT-X-VERSION:7',
      '#EXT-X-TARGETDURATION:1',
      `#EXT-X-MEDIA-SEQUENCE:${first}`,
    ];
    lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${before}`, '#EXT-X-MAP:URI="init.mp4"');
    for (let segment = first; segment < end; segment += 1) {
      // The first one listed keeps its tag: EXT-X-DISCONTINUITY-SEQUENCE counts those that have left with their segment.
      if (restarts.some(({ at }) => at === segment)) {
        lines.push('#EXT-X-DISCONTINUITY', '#EXT-X-MAP:URI="init.mp4"');
      }
      lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(dateOf(segment)).toISOString()}`, '#EXTINF:1,');
      lines.push(`seg${fileOf(segment)}.m4s?n=${segment}`);
    }
    if (ended !== undefined) lines.push('#EXT-X-ENDLIST');
    return `${lines.join('\n')}\n`;
  }

  function thumbnails(): string {
    const sheets = new Map<number, { uri: string; tiles: { time: number; date: string }[] }>();
    for (let segment = 0; segment < next() && fileOf(segment) === segment; segment += EVERY) {
      const at = Math.floor(segment / EVERY / (COLUMNS * ROWS));
      const sheet = sheets.get(at) ?? { uri: `/video/sheet${at}.jpg`, tiles: [] };
      sheet.tiles.push({ time: segment, date: new Date(dateOf(segment)).toISOString() });
      sheets.set(at, sheet);
    }
    const size = { width: WIDTH, height: HEIGHT, columns: COLUMNS, rows: ROWS, interval: EVERY };
    return JSON.stringify({ ...size, sheets: [...sheets.values()] });
  }

  return {
    file(path) {
      if (path === '/video/live.m3u8') return playlist();
      if (path.endsWith('/thumbnails.json')) return thumbnails();
      const [, kind, number = ''] = /^\/video\/(seg|sheet)(\d+)\./.exec(path) ?? [];
      if (kind === 'seg') return segmentFile(files, Number(number));
      if (kind === 'sheet') return files.get(`sheet${Number(number) % SHEETS}.jpg`);
      return files.get(path.replace('/video/', ''));
    },
    now,
    pass(passed) {
      shift += passed * 1000;
    },
    restart(gap) {
      restarts.push({ at: next(), gap });
    },
    end() {
      ended = next();
    },
    dateOf,
    listed,
  };
}

/** A segment of any number: what was recorded, later by as many rounds as have gone by. */
function segmentFile(files: ReadonlyMap<string, Buffer>, number: number): Buffer | undefined {
  const recorded = files.get(`seg${number % RECORDED}.m4s`);
  if (recorded === undefined) return undefined;
  return delay(recorded, BigInt(number - (number % RECORDED)) * TIMESCALE);
}

/** A segment whose media comes so many ticks later; what holds none stays as it is. */
export function delay(segment: Buffer, ticks: bigint): Buffer {
  const file = Buffer.from(segment);
  // Behind the name of the box: version and flags, and in `sidx` also an id and the timescale.
  for (const [box, at] of [['tfdt', 8] as const, ['sidx', 16] as const]) {
    const found = file.indexOf(box);
    if (found !== -1) file.writeBigUInt64BE(file.readBigUInt64BE(found + at) + ticks, found + at);
  }
  return file;
}

/** Segments, init segment and sheets by name. */
async function record(): Promise<Map<string, Buffer>> {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-recorded-'));
  try {
    const picture = ['-f', 'lavfi', '-i', `testsrc=size=320x180:rate=10:duration=${RECORDED}`];
    const codec =
      '-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g 10 -keyint_min 10'.split(' ');
    const hls =
      '-f hls -hls_time 1 -hls_list_size 0 -hls_segment_type fmp4 -hls_fmp4_init_filename init.mp4'.split(
        ' ',
      );
    const sheets = ['-vf', `fps=1/${EVERY}:round=up,scale=${WIDTH}:${HEIGHT},tile=${COLUMNS}x${ROWS}`];
    await ffmpeg([
      ...[...picture, ...codec, ...hls, '-hls_segment_filename', join(folder, 'seg%d.m4s')],
      ...[
        join(folder, 'all.m3u8'),
        ...sheets,
        '-q:v',
        '5',
        '-start_number',
        '0',
        join(folder, 'sheet%d.jpg'),
      ],
    ]);
    const names = await readdir(folder);
    return new Map(
      await Promise.all(
        names.map(async (name): Promise<[string, Buffer]> => [name, await readFile(join(folder, name))]),
      ),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function ffmpeg(args: readonly string[]): Promise<void> {
  const child = spawn('ffmpeg', ['-loglevel', 'error', '-y', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`ffmpeg left with ${code}`);
}
