import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Frame } from '../../src/container/frame.ts';
import { FfmpegEncoder } from '../../src/encoder/ffmpeg-encoder.ts';
import { initFile, type MediaState, mediaFolder } from '../../src/hls/playlist-log.ts';
import { openEpoch, playlistParameters } from '../../src/packager/epoch.ts';
import { Packager } from '../../src/packager/packager.ts';
import type { PackagerEvent } from '../../src/packager/packager-events.ts';
import type { PackagedFrame, PackagerOptions } from '../../src/packager/packager-options.ts';
import { Publisher } from '../../src/packager/publisher.ts';
import { planSegments } from '../../src/packager/segment-planner.ts';
import { DiskStorage } from '../../src/storage/disk.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import type { Store } from '../../src/store/store.ts';
import { unexpected } from '../unexpected.ts';

const WIDTH = 160;
const HEIGHT = 96;
const RATE = 30;
/** Date of PTS 0. */
export const START = Date.UTC(2026, 0, 1) * 1000;

/** A grey picture of this time. */
export function frameAt(pts: number, extra: Partial<Frame> = {}): Frame {
  const data = new Uint8Array(WIDTH * HEIGHT * 4).fill(Math.round(pts / 10_000) % 256);
  return { pts, capturedAt: START + pts, width: WIDTH, height: HEIGHT, data, ...extra };
}

/** Even frames, so many seconds of them. */
export function* steady(seconds: number, from = 0): Generator<Frame> {
  for (let index = 0; index < seconds * RATE; index += 1)
    yield frameAt(from + Math.round((index * 1e6) / RATE));
}

/** Frames, and what is waited for between them. */
export async function* later(...parts: (Iterable<Frame> | (() => Promise<void>))[]): AsyncGenerator<Frame> {
  for (const part of parts) {
    if (typeof part === 'function') await part();
    else yield* part;
  }
}

/** A packager with a real encoder, a real folder and a Map for a store. */
export async function openPackager(
  window = 600,
  store: Store = new MemoryStore(),
  root?: string,
  options: Partial<PackagerOptions> = {},
) {
  const folder = root ?? (await mkdtemp(join(tmpdir(), 'hlsstream-packager-')));
  const plan = planSegments(RATE, 0.2, 1);
  const { state, from } = await openEpoch(store, 'test', playlistParameters(plan, window * 1e6), START);
  const publisher = new Publisher(store, state, unexpected);
  await publisher.announce();
  const events: PackagerEvent[] = [];
  const frames: PackagedFrame[] = [];
  const packager = new Packager({
    publisher,
    storage: new DiskStorage(folder),
    encoder: new FfmpegEncoder({ encoder: 'libx264' }, 'ffmpeg'),
    plan,
    from,
    frameRate: RATE,
    bandwidth: () => 1_000_000,
    stall: 1e6,
    onEvent: (event) => events.push(event),
    onFrame: (frame) => frames.push(frame),
    ...options,
  });
  const close = () => rm(folder, { recursive: true });
  const { name, epoch } = state.stream;
  return {
    packager,
    publisher,
    state,
    store,
    folder,
    media: join(folder, mediaFolder(name, epoch)),
    events,
    frames,
    close,
  };
}

/** Decodes everything listed with ffmpeg; what it complains of comes back. */
export async function decode(
  media: string,
  state: MediaState,
): Promise<{ complaints: string; times: number[] }> {
  let complaints = '';
  const times: number[] = [];
  for (const run of new Set(state.segments.map((segment) => segment.run))) {
    const own = state.segments.filter((segment) => segment.run === run);
    const files = [initFile(run), ...own.map((segment) => `${segment.msn}.m4s`)];
    const whole = join(media, `${run}.whole.mp4`);
    await writeFile(
      whole,
      Buffer.concat(await Promise.all(files.map((file) => readFile(join(media, file))))),
    );
    const { stdout, stderr } = await promisify(execFile)('ffprobe', [
      ...['-v', 'warning', '-show_entries', 'frame=pts_time', '-of', 'csv=p=0', whole],
    ]);
    complaints += stderr;
    times.push(
      ...stdout
        .trim()
        .split(/[\n,]+/)
        .filter((text) => text !== '')
        .map((text) => Math.round(Number(text) * 1e6)),
    );
  }
  return { complaints, times };
}
