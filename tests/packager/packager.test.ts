import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Frame } from '../../src/container/frame.ts';
import { FfmpegEncoder } from '../../src/encoder/ffmpeg-encoder.ts';
import { type MediaState, mediaFolder } from '../../src/hls/playlist-log.ts';
import { planCuts } from '../../src/packager/cutter.ts';
import { openEpoch, promisesOf } from '../../src/packager/epoch.ts';
import { Packager } from '../../src/packager/packager.ts';
import type { PackagerEvent } from '../../src/packager/packager-events.ts';
import type { PackagedFrame } from '../../src/packager/packager-options.ts';
import { Publisher } from '../../src/packager/publisher.ts';
import { DiskStorage } from '../../src/storage/disk.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/store.ts';

const WIDTH = 160;
const HEIGHT = 96;
const RATE = 30;
const START = Date.UTC(2026, 0, 1) * 1000;

function frameAt(pts: number, extra: Partial<Frame> = {}): Frame {
  const data = new Uint8Array(WIDTH * HEIGHT * 4).fill(Math.round(pts / 10_000) % 256);
  return { pts, capturedAt: START + pts, width: WIDTH, height: HEIGHT, data, ...extra };
}

function* steady(seconds: number, from = 0): Generator<Frame> {
  for (let index = 0; index < seconds * RATE; index += 1)
    yield frameAt(from + Math.round((index * 1e6) / RATE));
}

async function* later(...parts: (Iterable<Frame> | (() => Promise<void>))[]): AsyncGenerator<Frame> {
  for (const part of parts) {
    if (typeof part === 'function') await part();
    else yield* part;
  }
}

/** A packager with a real encoder, a real folder and a Map for a store. */
async function openPackager(window = 600, store: Store = new MemoryStore(), root?: string) {
  const folder = root ?? (await mkdtemp(join(tmpdir(), 'hlsstream-packager-')));
  const plan = planCuts(RATE, 0.2, 1);
  const { state, from } = await openEpoch(store, 'test', promisesOf(plan, window * 1e6), START);
  const publisher = new Publisher(store, state, (error) => assert.fail(String(error)));
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
async function decode(media: string, state: MediaState): Promise<{ complaints: string; times: number[] }> {
  let complaints = '';
  const times: number[] = [];
  for (const run of new Set(state.segments.map((segment) => segment.run))) {
    const own = state.segments.filter((segment) => segment.run === run);
    const files = [`init-${run}.mp4`, ...own.map((segment) => `${segment.msn}.m4s`)];
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

describe('Packager', () => {
  test('writes parts and segments that decode, at the very times of the frames', async () => {
    const { packager, state, media, frames, close } = await openPackager();
    await packager.package(later(steady(3.5)), () => true);
    assert.equal(state.ended, true);
    assert.deepEqual(
      state.segments.map((segment) => [segment.msn, segment.parts.length]),
      [
        [0, 5],
        [1, 5],
        [2, 5],
        [3, 3],
      ],
    );
    assert.equal(
      state.segments.reduce((sum, segment) => sum + segment.parts.length, 0),
      18,
    );
    const { complaints, times } = await decode(media, state);
    assert.equal(complaints, '');
    assert.deepEqual(
      times,
      frames.map((frame) => frame.pts),
    );
    for (const segment of state.segments) {
      const parts = await Promise.all(
        segment.parts.map((_, part) => readFile(join(media, `${segment.msn}.${part}.m4s`))),
      );
      assert.ok(Buffer.concat(parts).equals(await readFile(join(media, `${segment.msn}.m4s`))));
      assert.equal(segment.date, START + segment.pts);
    }
    await close();
  });

  test('leaves the playlist open when it was only told to stop', async () => {
    const { packager, state, close } = await openPackager();
    await packager.package(later(steady(1.5)), () => false);
    assert.equal(state.ended, false);
    assert.equal(state.segments.length, 2);
    await close();
  });

  test('begins a new run with a discontinuity after a break, time going on', async () => {
    const { packager, state, frames, close } = await openPackager();
    const again = [...steady(1)].map((frame, index) => ({
      ...frame,
      capturedAt: START + 5e6 + frame.pts,
      discontinuity: index === 0,
    }));
    await packager.package(later(steady(1), again), () => true);
    assert.deepEqual(
      state.segments.map(({ discontinuity, discontinuitySequence }) => [
        discontinuity,
        discontinuitySequence,
      ]),
      [
        [false, 0],
        [true, 1],
      ],
    );
    assert.equal(state.segments[1]?.pts, 5e6);
    assert.equal(state.segments[1]?.date, START + 5e6);
    assert.deepEqual(
      frames.filter((frame) => frame.discontinuity).map((frame) => frame.pts),
      [0, 5e6],
    );
    await close();
  });

  test('fills a gap in the times of the frames with repeated frames, every part within its target', async () => {
    const { packager, state, frames, close } = await openPackager();
    await packager.package(later(steady(1), steady(1, 1_700_000)), () => true);
    assert.ok(packager.counts.repeated >= 3);
    assert.equal(frames.length, 60);
    for (const segment of state.segments) {
      for (const part of segment.parts) assert.ok(part.duration <= state.stream.partTarget);
      assert.equal(segment.discontinuity, false);
    }
    await close();
  });

  test('repeats the last picture while the source is silent, closes the encoder after a stall, and goes on after it', async () => {
    const { packager, state, events, close } = await openPackager();
    const silence = async () => {
      while (!events.some((event) => event.type === 'stalled'))
        await new Promise((resolve) => setTimeout(resolve, 50));
    };
    await packager.package(later(steady(1), silence, steady(1, 4e6)), () => true);
    assert.ok(packager.counts.repeated >= 3);
    assert.equal(state.segments.filter((segment) => segment.discontinuity).length, 1);
    const last = state.segments.at(-1);
    assert.equal(last?.discontinuitySequence, 1);
    await close();
  });

  test('goes on after a discontinuity when ffmpeg is killed, and leaves nothing half open', async () => {
    const { packager, state, events, media, close } = await openPackager();
    const kill = async () => {
      while (!state.segments.length) await new Promise((resolve) => setTimeout(resolve, 20));
      const run = events.find((event) => event.type === 'run');
      process.kill(run?.pid ?? 0, 'SIGKILL');
      while (!events.some((event) => event.type === 'encoder-failed')) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const after = async () => new Promise<void>((resolve) => setTimeout(resolve, 400));
    await packager.package(
      later(steady(1.3), kill, steady(0.1, 1_300_000), after, steady(2, 3e6)),
      () => true,
    );
    assert.equal(events.filter((event) => event.type === 'encoder-failed').length, 1);
    assert.equal(state.segments.filter((segment) => segment.discontinuity).length, 1);
    assert.deepEqual(
      state.segments.map((segment) => segment.msn),
      state.segments.map((_, index) => index),
    );
    assert.equal((await decode(media, state)).complaints, '');
    await close();
  });

  test('goes on with the epoch of a process that died with a segment half open', async () => {
    const first = await openPackager();
    await first.packager.package(later(steady(1.5)), () => false);
    // What a kill leaves: parts announced, their segment not.
    const log = `parts/test/${first.state.stream.epoch}`;
    const entries = await first.store.read(log);
    const value = entries.at(-1)?.value as { msn: number; pts: number; duration: number };
    const half = { ...value, msn: 2, part: 0, pts: value.pts + value.duration };
    await writeFile(join(first.media, '2.0.m4s'), await readFile(join(first.media, '1.0.m4s')));
    await first.store.append(log, half);
    const second = await openPackager(600, first.store, first.folder);
    assert.equal(second.state.stream.epoch, first.state.stream.epoch);
    await second.packager.package(
      later([...steady(1)].map((frame) => ({ ...frame, capturedAt: START + 10e6 + frame.pts }))),
      () => true,
    );
    assert.deepEqual(
      second.state.segments.map(({ msn, discontinuity }) => [msn, discontinuity]),
      [
        [0, false],
        [1, false],
        [2, false],
        [3, true],
      ],
    );
    assert.equal(second.state.segments[3]?.date, START + 10e6);
    await first.close();
  });

  test('begins a new epoch after the end of the last, PTS going on', async () => {
    const first = await openPackager();
    await first.packager.package(later(steady(1)), () => true);
    const second = await openPackager(600, first.store, first.folder);
    assert.notEqual(second.state.stream.epoch, first.state.stream.epoch);
    await second.packager.package(later(steady(1)), () => true);
    assert.equal(second.state.segments[0]?.msn, 0);
    assert.ok((second.state.segments[0]?.pts ?? 0) >= 1e6);
    await first.close();
  });

  test('keeps the window in the playlist, and the files of what left it', async () => {
    const { packager, state, media, close } = await openPackager(3);
    await packager.package(later(steady(8)), () => false);
    assert.deepEqual(
      state.segments.map((segment) => segment.msn),
      [4, 5, 6, 7],
    );
    const files = await readdir(media);
    assert.ok(files.includes('0.m4s') && files.includes('7.m4s'));
    await close();
  });
});
