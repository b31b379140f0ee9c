import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import HLS from 'hls-parser';

/**
 * What a stream really shows, as programs see it that we did not write: hls-parser reads the playlist,
 * ffprobe the times, ffmpeg decodes the pictures.
 */

/** Everything of one run of the encoder that a playlist lists. */
export interface RunMedia {
  /** Init segment and Media Segments, one after the other. */
  readonly bytes: Buffer;
  readonly segments: readonly { readonly uri: string; readonly duration: number; readonly date: Date }[];
}

/** Fetches the Media Playlist that a Multivariant Playlist names. */
export async function mediaPlaylist(url: string): Promise<{ uri: string; text: string }> {
  const multivariant = HLS.parse(await text(url)) as HLS.types.MasterPlaylist;
  const uri = new URL(multivariant.variants[0]?.uri ?? '', url).href;
  return { uri, text: await text(uri) };
}

/** What a Media Playlist lists that can be fetched: init segments, parts and segments. Of a gap there is no file. */
export function listedFiles(playlist: string): string[] {
  const files = new Set<string>();
  let isGap = false;
  for (const line of playlist.split('\n')) {
    const [, uri] = /^#EXT-X-(?:MAP|PART):(?!.*GAP=YES).*URI="([^"]+)"/.exec(line) ?? [];
    if (uri !== undefined) files.add(uri);
    if (line === '#EXT-X-GAP') isGap = true;
    if (line === '' || line.startsWith('#')) continue;
    if (!isGap) files.add(line);
    isGap = false;
  }
  return [...files];
}

/** Downloads all that is listed now, run by run. */
export async function download(url: string): Promise<RunMedia[]> {
  const { uri, text: playlist } = await mediaPlaylist(url);
  const { segments } = HLS.parse(playlist) as HLS.types.MediaPlaylist;
  const runs: { map: string; segments: { uri: string; duration: number; date: Date }[] }[] = [];
  for (const segment of segments) {
    // The open segment has parts and no URI yet; of a gap there is nothing to fetch.
    if (!segment.uri || segment.gap) continue;
    const map = segment.map?.uri ?? runs.at(-1)?.map ?? '';
    if (segment.discontinuity || runs.at(-1)?.map !== map) runs.push({ map, segments: [] });
    runs.at(-1)?.segments.push({
      uri: segment.uri,
      duration: segment.duration,
      date: segment.programDateTime ?? new Date(0),
    });
  }
  return Promise.all(
    runs.map(async (run) => ({
      bytes: Buffer.concat(
        await Promise.all(
          [run.map, ...run.segments.map((one) => one.uri)].map((file) => bytes(new URL(file, uri).href)),
        ),
      ),
      segments: run.segments,
    })),
  );
}

/** A decoded picture: RGB, 8 bits a channel. */
export interface Decoded {
  /** PTS in the media, in microseconds. */
  readonly pts: number;
  readonly width: number;
  readonly height: number;
  readonly data: Buffer;
}

/**
 * Decodes a run; rejects if the decoder complains.
 * @param see is handed each picture with its PTS
 */
export async function decode(run: RunMedia, see?: (picture: Decoded) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-judge-'));
  const file = join(folder, 'run.mp4');
  try {
    await writeFile(file, run.bytes);
    const { stdout } = await promisify(execFile)(
      'ffprobe',
      ['-v', 'error', '-show_entries', 'packet=pts_time:stream=width,height', '-of', 'json', file],
      { maxBuffer: 1 << 28 },
    );
    const { packets, streams } = JSON.parse(stdout) as {
      packets: { pts_time: string }[];
      streams: { width: number; height: number }[];
    };
    const { width = 0, height = 0 } = streams[0] ?? {};
    // In the order of decoding, which is that of presentation where no B-frames are.
    const frames = packets.map(({ pts_time }) => Math.round(Number(pts_time) * 1e6));
    const size = width * height * 3;
    const raw = see === undefined ? ['-f', 'framecrc'] : ['-f', 'rawvideo', '-pix_fmt', 'rgb24'];
    const passthrough = ['-fps_mode', 'passthrough', '-enc_time_base', '-1'];
    const ffmpeg = spawn('ffmpeg', ['-v', 'error', '-i', file, ...passthrough, ...raw, '-'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let complaints = '';
    ffmpeg.stderr.on('data', (line) => {
      complaints += line;
    });
    let index = 0;
    if (see === undefined) {
      // A line a frame, behind those that describe the stream.
      for await (const line of createInterface({ input: ffmpeg.stdout }))
        if (!line.startsWith('#')) index += 1;
    } else {
      let data = Buffer.allocUnsafe(size);
      let filled = 0;
      for await (const chunk of ffmpeg.stdout as AsyncIterable<Buffer>)
        for (let from = 0; from < chunk.length && index < frames.length; ) {
          const taken = chunk.copy(data, filled, from);
          filled += taken;
          from += taken;
          if (filled < size) continue;
          see({ pts: frames[index] as number, width, height, data });
          [data, filled] = [Buffer.allocUnsafe(size), 0];
          index += 1;
        }
    }
    if (complaints !== '') throw new Error(`ffmpeg complains: ${complaints}`);
    if (index !== frames.length)
      throw new Error(`ffprobe saw ${frames.length} frames, ffmpeg decoded ${index}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The number that each picture of a stream shows as a row of squares, white for 1, the lowest bit first; by its PTS. */
export async function numbersIn(playlist: string, bits = 8): Promise<Map<number, number>> {
  const numbers = new Map<number, number>();
  for (const run of await download(playlist)) {
    await decode(run, ({ pts, width, height, data }) => {
      let number = 0;
      for (let bit = 0; bit < bits; bit += 1) {
        const middle = (height / 2) * width + (bit + 0.5) * (width / bits);
        if ((data[Math.floor(middle) * 3] ?? 0) > 127) number += 2 ** bit;
      }
      numbers.set(pts, number);
    });
  }
  return numbers;
}

/** Whether a pixel has the mint colour, as far as compression leaves it. */
function isMint({ data }: Decoded, pixel: number): boolean {
  // Every pixel of every picture is asked about.
  const at = pixel * 3;
  const [red, green, blue] = [data[at] as number, data[at + 1] as number, data[at + 2] as number];
  return green - red > 60 && green - blue > 15 && Math.abs(green - 180) < 50;
}

/** Centres of the mint squares in a picture: areas of touching mint pixels, those of half a block or more. */
export function mintSquares(picture: Decoded, block: number): { x: number; y: number }[] {
  const { width, height } = picture;
  const seen = new Uint8Array(width * height);
  const squares: { x: number; y: number }[] = [];
  for (let start = 0; start < seen.length; start += 1) {
    if (seen[start] || !isMint(picture, start)) continue;
    const area = [start];
    seen[start] = 1;
    let [x, y] = [0, 0];
    for (const pixel of area) {
      x += pixel % width;
      y += Math.floor(pixel / width);
      for (const next of [pixel - 1, pixel + 1, pixel - width, pixel + width]) {
        if (seen[next] !== 0 || !isMint(picture, next)) continue;
        seen[next] = 1;
        area.push(next);
      }
    }
    if (area.length >= (block * block) / 2) squares.push({ x: x / area.length, y: y / area.length });
  }
  return squares;
}

/** A mint square as the media shows it. */
export interface MintEvent {
  /** PTS of the first frame that shows it: none stood near its place in the frame before. In microseconds. */
  readonly begin: number;
  /** PTS of the first frame that shows it no more, in microseconds; undefined where the media ends with it. */
  end: number | undefined;
}

/** Where a square was seen, and since when it stands there: a repeated frame shows it where it was. */
interface Seen {
  readonly x: number;
  readonly y: number;
  readonly since: number;
  readonly event: MintEvent;
}

/** By so much of its side a square may seem to have moved that was compressed. */
const STRAY = 0.2;

/**
 * Every mint square, by its begin. It rolls to the right by its side in a second: one that lies elsewhere is another, as
 * where a picture from before a break is followed by one from after it.
 * @param block side of a square in pixels
 */
export async function mintEvents(runs: readonly RunMedia[], block: number): Promise<MintEvent[]> {
  const events: MintEvent[] = [];
  for (const run of runs) {
    let before: Seen[] = [];
    await decode(run, (picture) => {
      const { pts } = picture;
      const now = mintSquares(picture, block).map(({ x, y }) => {
        const same = before.find((other) => {
          const rolled = (block * (pts - other.since)) / 1e6;
          const [right, down] = [x - other.x, Math.abs(y - other.y)];
          return down < STRAY * block && right > -STRAY * block && right < rolled + STRAY * block;
        });
        const event = same?.event ?? { begin: pts, end: undefined };
        if (same === undefined) events.push(event);
        const stands = same !== undefined && Math.abs(x - same.x) < 0.5;
        return stands ? same : { x, y, since: pts, event };
      });
      for (const { event } of before) if (!now.some((one) => one.event === event)) event.end = picture.pts;
      before = now;
    });
  }
  return events;
}

/**
 * Whether a moment that a marker names is one that the media shows: that very frame, or, where the marker says that it may
 * be late, one at most so much before it.
 * @param named PTS, in microseconds
 * @param shown PTS, in microseconds
 * @param uncertainty what its data says, in seconds; null where nobody knows
 */
export function isOfFrame(named: number, shown: number, uncertainty: number | null = 0): boolean {
  const latest = uncertainty === null ? Number.POSITIVE_INFINITY : Math.ceil(uncertainty * 1e6);
  return shown <= named && shown >= named - latest;
}

async function text(url: string): Promise<string> {
  return (await bytes(url)).toString();
}

async function bytes(url: string): Promise<Buffer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} gave ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}
