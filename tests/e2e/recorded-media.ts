import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromSeconds, type Microseconds } from '../../src/clock.ts';
import { type Box, BoxReader, findBox, readMoof, readMoov } from '../../src/container/fmp4.ts';

/** Media as the system's own encoder writes it, cut into segments of a second. */
export interface RecordedMedia {
  readonly init: Buffer;
  /** RFC 6381. */
  readonly codecs: string;
  readonly segments: readonly Buffer[];
  /** Whatever else was written, by name. */
  readonly others: ReadonlyMap<string, Buffer>;
}

/** Records what ffmpeg makes of an input: H.264, with a key frame each second. */
export async function recordMedia(
  input: readonly string[],
  {
    frameRate,
    others = () => [],
    feed,
  }: {
    readonly frameRate: number;
    /** Arguments for what is to be written beside it into a folder. */
    readonly others?: (folder: string) => readonly string[];
    /** Writes what ffmpeg reads from its standard input. */
    readonly feed?: (stdin: NodeJS.WritableStream) => Promise<void>;
  },
): Promise<RecordedMedia> {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-recorded-'));
  try {
    const codec = '-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p'.split(' ');
    const keys = ['-g', String(frameRate), '-keyint_min', String(frameRate)];
    const movie = join(folder, 'all.mp4');
    const args = [...input, '-map', '0:v', ...codec, ...keys, ...FRAGMENTS, movie, ...others(folder)];
    const child = spawn('ffmpeg', ['-loglevel', 'error', '-y', ...args], {
      stdio: [feed ? 'pipe' : 'ignore', 'ignore', 'inherit'],
    });
    const left = once(child, 'exit');
    if (feed && child.stdin) await feed(child.stdin);
    const [code] = (await left) as [number | null];
    if (code !== 0) throw new Error(`ffmpeg left with ${code}`);
    const names = (await readdir(folder)).filter((name) => name !== 'all.mp4');
    const files = names.map(async (name): Promise<[string, Buffer]> => {
      return [name, await readFile(join(folder, name))];
    });
    return { ...cut(await readFile(movie)), others: new Map(await Promise.all(files)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A fragment for each frame, in microseconds. */
const FRAGMENTS =
  '-video_track_timescale 1000000 -use_editlist 0 -f mp4 -movflags +empty_moov+default_base_moof+frag_every_frame+skip_trailer'.split(
    ' ',
  );

function cut(movie: Buffer): Omit<RecordedMedia, 'others'> {
  const boxes = new BoxReader().push(movie);
  const moov = boxes.find(({ type }) => type === 'moov') as Box;
  const init = boxes.filter(({ type }) => type === 'ftyp' || type === 'moov');
  const segments: Buffer[][] = [];
  let second = 0;
  for (const { type, bytes } of boxes) {
    if (type === 'moof') second = Math.floor(readMoof(bytes).pts / fromSeconds(1));
    segments[second] ??= [];
    if (type === 'moof' || type === 'mdat') segments[second]?.push(bytes);
  }
  return {
    init: Buffer.concat(init.map(({ bytes }) => bytes)),
    codecs: readMoov(moov.bytes).codecs,
    segments: segments.map((pieces) => Buffer.concat(pieces)),
  };
}

/** A segment whose frames are all shown so much later. */
export function delayed(segment: Buffer, by: Microseconds): Buffer {
  const copy = Buffer.from(segment);
  for (const { type, bytes } of new BoxReader().push(copy)) {
    const tfdt = type === 'moof' ? findBox(bytes, ['traf', 'tfdt'], 8) : undefined;
    // Behind version and flags; ffmpeg writes version 1, of 64 bits.
    tfdt?.writeBigUInt64BE(tfdt.readBigUInt64BE(4) + BigInt(by), 4);
  }
  return copy;
}
