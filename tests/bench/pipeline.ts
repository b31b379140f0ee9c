import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from '../../src/container/frame.ts';
import { FfmpegEncoder } from '../../src/encoder/ffmpeg-encoder.ts';
import { ffmpegArguments } from '../../src/encoder/recipes.ts';
import { openEpoch, playlistParameters } from '../../src/packager/epoch.ts';
import { Packager } from '../../src/packager/packager.ts';
import { Publisher } from '../../src/packager/publisher.ts';
import { planSegments } from '../../src/packager/segment-planner.ts';
import { createChessboard } from '../../src/source/chessboard.ts';
import { DiskStorage } from '../../src/storage/disk.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { median } from './median.ts';

const RATE = 30;
const ROUNDS = 5;
const SETTINGS = { encoder: 'libx264' } as const;

/** Frames for a size: about four seconds of encoding each. */
const SIZES = [
  { width: 320, height: 180, frames: 3000 },
  { width: 1280, height: 720, frames: 500 },
  { width: 1920, height: 1080, frames: 240 },
];

/** A second of pictures, drawn before anything is timed. */
async function draw(width: number, height: number): Promise<Frame[]> {
  const frames: Frame[] = [];
  const source = createChessboard({ width, height, frameRate: RATE, eventMean: 2e6, seed: 1, paced: false });
  for await (const frame of source.frames()) {
    frames.push(frame);
    if (frames.length === RATE) break;
  }
  return frames;
}

function* repeat(drawn: readonly Frame[], count: number): Generator<Frame> {
  for (let index = 0; index < count; index += 1) {
    const frame = drawn[index % drawn.length] as Frame;
    const pts = Math.round((index * 1e6) / RATE);
    yield { ...frame, pts, capturedAt: pts };
  }
}

/** Our pipeline: Matroska, encoder, cuts, parts and segments on disk, playlist log in a Map. Seconds it took. */
async function ours(drawn: readonly Frame[], count: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-bench-'));
  const store = new MemoryStore();
  const plan = planSegments(RATE, 0.333, 2);
  const publisher = new Publisher(
    store,
    (await openEpoch(store, 'bench', playlistParameters(plan, 600e6), 0)).state,
    () => {},
  );
  const packager = new Packager({
    publisher,
    storage: new DiskStorage(folder),
    encoder: new FfmpegEncoder(SETTINGS, 'ffmpeg'),
    plan,
    frameRate: RATE,
    bandwidth: () => 0,
    stall: 60e6,
    paced: false,
  });
  async function* frames() {
    yield* repeat(drawn, count);
  }
  const began = performance.now();
  await packager.package(frames(), () => true);
  const seconds = (performance.now() - began) / 1000;
  await publisher.close();
  await rm(folder, { recursive: true });
  return seconds;
}

/** ffmpeg alone: the same pictures as raw RGBA on a pipe, the same encoder settings, MP4 to a file. */
async function alone(drawn: readonly Frame[], count: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-bench-'));
  const { width = 0, height = 0 } = drawn[0] ?? {};
  const recipe = ffmpegArguments(SETTINGS, { width, height, frameRate: RATE });
  // From the filter to the rate control; a key frame every two seconds as ours has.
  const encoding = recipe.slice(recipe.indexOf('-vf'), recipe.indexOf('-video_track_timescale'));
  encoding[encoding.indexOf('-g') + 1] = String(2 * RATE);
  const input = [
    '-f',
    'rawvideo',
    '-pix_fmt',
    'rgba',
    '-s',
    `${width}x${height}`,
    '-r',
    String(RATE),
    '-i',
    'pipe:0',
  ];
  const began = performance.now();
  const ffmpeg = spawn('ffmpeg', ['-v', 'error', ...input, ...encoding, join(folder, 'out.mp4')], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  for (const frame of repeat(drawn, count)) {
    if (!ffmpeg.stdin.write(frame.data)) await once(ffmpeg.stdin, 'drain');
  }
  ffmpeg.stdin.end();
  await once(ffmpeg, 'close');
  const seconds = (performance.now() - began) / 1000;
  await rm(folder, { recursive: true });
  return seconds;
}

/** Frames per second through the whole pipeline beside ffmpeg alone, turn by turn in one run. */
export async function benchPipeline(print: (line: string) => void): Promise<void> {
  print(
    `Pipeline, unpaced, pre-drawn frames, beside ffmpeg fed with raw RGBA; ${ROUNDS} rounds in turn, medians`,
  );
  for (const { width, height, frames } of SIZES) {
    const drawn = await draw(width, height);
    const times = { ours: [] as number[], alone: [] as number[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      times.alone.push(await alone(drawn, frames));
      times.ours.push(await ours(drawn, frames));
    }
    const [we, they] = [frames / median(times.ours), frames / median(times.alone)];
    print(
      `  ${width}x${height}: hlsstream ${we.toFixed(0)} frames/s, ffmpeg ${they.toFixed(0)} frames/s, ratio ${(we / they).toFixed(2)}`,
    );
  }
}
