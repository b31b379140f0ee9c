import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { FixtureMarker } from './fixture-server.ts';
import { marker } from './frame-marker.ts';
import type { Edges } from './pixels.ts';
import { delay, type LiveObjects, type RecordedStream } from './recorded-stream.ts';

/** A square of white on dark grey that jumps with every new frame, and so tells which frame a picture is of. */

/** Of the picture, in pixels. */
export const PICTURE = { width: 640, height: 360 };
/** Of the square, in pixels. */
export const SIDE = 80;
/** Each tenth frame is the one before once more. */
const REPEATED = 10;
/** Seconds that are recorded, and come again and again. */
const RECORDED = 30;
/** Seconds that lie behind at the start. */
const LISTED_AT_START = 20;
/** A segment's objects are written so many seconds after it has ended. */
const WRITTEN_AFTER = 2;
/** Of the media: ffmpeg's choice at thirty and at sixty frames a second. */
const TIMESCALE = 15_360n;
/** PTS of the first frame, in seconds. */
const FIRST = 5000;

/** Where the square is in a frame. */
export type Square = Edges;

/** What it is served with. */
export interface SquareStream extends Pick<RecordedStream, 'file' | 'now' | 'end' | 'objects'> {
  /** Number of the frame in whose picture the square has its corner there; undefined if none has. */
  frameAt(corner: { left: number; top: number }): number | undefined;
  /** The last frame that was looked at by then. */
  looked(frame: number): number;
  squareIn(frame: number): Square;
  /** A marker at a frame, with a box round the square. */
  markerAt(id: string, frame: number): FixtureMarker;
}

/** What was recorded. */
export interface SquareFiles {
  readonly frameRate: number;
  /** Segments and init segment by name. */
  readonly files: ReadonlyMap<string, Buffer>;
}

/** How it is served. */
export interface SquareOptions {
  /** Something is looked for in every so manieth frame. */
  readonly every: number;
  /** How many boxes a frame has. @default 1, round the square */
  readonly boxes?: number;
}

/** Records it, at thirty or sixty frames a second. */
export async function recordSquare(frameRate = 30): Promise<SquareFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-square-'));
  const files = record(folder, frameRate).finally(() => rm(folder, { recursive: true, force: true }));
  return { frameRate, files: await files };
}

/** Serves what was recorded as if it were live, and without end. */
export function serveSquare({ files, frameRate }: SquareFiles, options: SquareOptions): SquareStream {
  const { every, boxes = 1 } = options;
  const begin = Date.now() - LISTED_AT_START * 1000;
  const passed = () => (Date.now() - begin) / 1000;
  const segments = () => Math.floor(passed());
  const ptsOf = (frame: number) => Math.round((FIRST + frame / frameRate) * 1e6) / 1e6;
  let ended: number | undefined;

  const objectsOf = (from: number, to: number) => {
    const frames: object[] = [];
    for (let frame = from; frame < to; frame += 1) {
      // A frame that comes once more has what the first had.
      const isLooked = shownIn(frame) % every === 0;
      const objects = Array.from({ length: boxes }, (_, at) =>
        objectIn((frame + at) % (RECORDED * frameRate)),
      );
      if (isLooked) frames.push({ pts: ptsOf(frame), source: 'test', objects });
    }
    return frames;
  };

  const objects: LiveObjects = {
    listen(send) {
      let told = Math.max(0, segments() - WRITTEN_AFTER) * frameRate;
      const tell = () => {
        const now = passed() * frameRate;
        send({ epoch: 'first', frames: objectsOf(told, Math.floor(now)) });
        told = Math.floor(now);
      };
      tell();
      const timer = setInterval(tell, 333);
      return () => clearInterval(timer);
    },
  };

  return {
    objects,
    now: () => Date.now(),
    end() {
      ended = segments();
    },
    file(path) {
      if (path === '/video/live.m3u8') return playlist(begin, ended ?? segments(), ended !== undefined);
      const [, sidecar] = /^\/video\/square\/first\/(\d+)\.objects\.json$/.exec(path) ?? [];
      if (sidecar !== undefined) {
        const at = Number(sidecar);
        if (at + 1 + WRITTEN_AFTER > passed()) return undefined;
        return JSON.stringify({ version: 1, frames: objectsOf(at * frameRate, (at + 1) * frameRate) });
      }
      const name = path.replace('/video/square/first/main/', '');
      const number = Number(/^(\d+)\.m4s$/.exec(name)?.[1] ?? Number.NaN);
      if (Number.isNaN(number)) return files.get(name);
      const again = number % RECORDED;
      const recorded = files.get(`${again}.m4s`);
      return recorded && delay(recorded, BigInt(FIRST + number - again) * TIMESCALE);
    },
    frameAt({ left, top }) {
      for (let frame = 0; frame < RECORDED * frameRate; frame += 1) {
        const square = squareIn(frame);
        if (Math.abs(square.left - left) <= 1 && Math.abs(square.top - top) <= 1) return frame;
      }
      return undefined;
    },
    looked: (frame) => shownIn(frame) - (shownIn(frame) % every),
    squareIn,
    markerAt: (id, frame) => ({
      ...marker(id, begin, frame),
      time: ptsOf(frame),
      data: { box: boxIn(frame) },
    }),
  };
}

/** Which frame's picture a frame shows. */
function shownIn(frame: number): number {
  return frame % REPEATED === REPEATED - 1 ? frame - 1 : frame;
}

function squareIn(frame: number): Square {
  const shown = shownIn(frame);
  const left = 20 + ((shown * 37) % (PICTURE.width - SIDE - 40));
  const top = 20 + ((shown * 23) % (PICTURE.height - SIDE - 39));
  return { left, top, right: left + SIDE, bottom: top + SIDE };
}

function objectIn(frame: number): object {
  return { label: 'square', class: 'mint-square', score: 0.9, track: '1', box: boxIn(frame) };
}

function boxIn(frame: number): number[] {
  const { left, top } = squareIn(frame);
  const { width, height } = PICTURE;
  return [left / width, top / height, SIDE / width, SIDE / height];
}

function playlist(begin: number, segments: number, isOver: boolean): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-TARGETDURATION:1', '#EXT-X-MEDIA-SEQUENCE:0'];
  lines.push('#EXT-X-MAP:URI="/video/square/first/main/init.mp4"');
  for (let at = 0; at < segments; at += 1) {
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(begin + at * 1000).toISOString()}`, '#EXTINF:1,');
    lines.push(`/video/square/first/main/${at}.m4s`);
  }
  if (isOver) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

async function record(folder: string, frameRate: number): Promise<SquareFiles['files']> {
  const { width, height } = PICTURE;
  const input = `-f rawvideo -pix_fmt gray -s ${width}x${height} -r ${frameRate} -i pipe:0`.split(' ');
  const codec = '-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -crf 10'.split(' ');
  const hls = '-f hls -hls_time 1 -hls_list_size 0 -hls_segment_type fmp4'.split(' ');
  const names = ['-hls_fmp4_init_filename', 'init.mp4', '-hls_segment_filename', join(folder, '%d.m4s')];
  const child = spawn(
    'ffmpeg',
    [
      ...['-loglevel', 'error', '-y', ...input, ...codec, '-g', String(frameRate)],
      ...[...hls, ...names, join(folder, 'all.m3u8')],
    ],
    { stdio: ['pipe', 'ignore', 'inherit'] },
  );
  const left = once(child, 'exit');
  for (let frame = 0; frame < RECORDED * frameRate; frame += 1) {
    if (!child.stdin.write(draw(squareIn(frame)))) await once(child.stdin, 'drain');
  }
  child.stdin.end();
  await finished(child.stdin);
  const [code] = (await left) as [number | null];
  if (code !== 0) throw new Error(`ffmpeg left with ${code}`);
  const files = await readdir(folder);
  return new Map(
    await Promise.all(
      files.map(async (name): Promise<[string, Buffer]> => [name, await readFile(join(folder, name))]),
    ),
  );
}

function draw({ left, top, right, bottom }: Square): Buffer {
  const picture = Buffer.alloc(PICTURE.width * PICTURE.height, 40);
  for (let y = top; y < bottom; y += 1)
    picture.fill(235, y * PICTURE.width + left, y * PICTURE.width + right);
  return picture;
}
