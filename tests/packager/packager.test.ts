import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readSamples } from '../../src/container/fmp4-samples.ts';
import { initFile, type MediaState, type PartEntry, type PlaylistEntry } from '../../src/hls/playlist-log.ts';
import { sameRunFollows } from '../../src/hls/same-run.ts';
import { streamToLog } from '../../src/hls/stream-log.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { decode, frameAt, later, openPackager, START, steady } from './real-packager.ts';

describe('Packager', () => {
  test('writes parts and segments that decode, at the very times of the frames', async () => {
    const { packager, state, media, frames, close } = await openPackager();
    await packager.package(later(steady(3.5)), () => true);
    assert.equal(state.ended, true);
    assert.deepEqual(
      state.segments.map((segment) => [segment.msn, segment.parts.length]),
      [
        [0, 2],
        [1, 5],
        [2, 5],
        [3, 5],
        [4, 1],
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

  test('tells of each part as soon as it is there, and of the last of a segment with the segment', async () => {
    const store = new MemoryStore();
    const told: string[] = [];
    const append = store.append.bind(store);
    store.append = (log, value, options) => {
      if (log.startsWith('parts/')) told.push(`${(value as PartEntry).msn}.${(value as PartEntry).part}`);
      return append(log, value, options);
    };
    const { packager, state, close } = await openPackager(600, store);
    await packager.package(later(steady(2.5)), () => true);
    const listed = state.segments.map(({ msn, parts }) => parts.map((_, part) => `${msn}.${part}`));
    assert.deepEqual(
      told,
      listed.flatMap((parts) => parts.slice(0, -1)),
    );
    await close();
  });

  test('has a whole segment to play two parts into each run, though nothing more comes', async () => {
    const { packager, state, close } = await openPackager(600, new MemoryStore(), undefined, {
      paced: false,
    });
    const listed = (count: number) => async () => {
      while (state.segments.length < count) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    // The frame that ends the second part, the one that lets it out of the encoder, and none behind.
    const run = () => [...steady(14 / 30)].map((frame, index) => ({ ...frame, discontinuity: index === 0 }));
    await packager.package(later(run(), listed(1), run(), listed(3), run(), listed(5)), () => false);
    const whole = state.segments.filter(({ endsRun }) => endsRun !== true);
    assert.deepEqual(
      whole.map(({ msn, parts, duration }) => [msn, parts.length, duration]),
      [0, 2, 4].map((msn) => [msn, 2, 400_000]),
    );
    await close();
  });

  test('writes the init segment of runs that are decoded alike once', async () => {
    const { packager, state, media, close } = await openPackager();
    const again = (size: object) =>
      [...steady(1)].map((frame, index) => ({ ...frame, ...size, discontinuity: index === 0 }));
    const small = { width: 80, height: 48, data: new Uint8Array(80 * 48 * 4) };
    await packager.package(later(again({}), again({}), again(small), again({})), () => true);
    const inits = [...new Set(state.segments.map(({ run }) => run))].map(initFile);
    assert.equal(inits.length, 4);
    assert.deepEqual([inits[1], inits[3]], [inits[0], inits[0]]);
    assert.notEqual(inits[2], inits[0]);
    const files = (await readdir(media)).filter((name) => name.startsWith('init-'));
    assert.deepEqual(files.toSorted(), [...new Set(inits)].toSorted());
    assert.equal((await decode(media, state)).complaints, '');
    await close();
  });

  test('leaves the playlist open when it was only told to stop', async () => {
    const { packager, state, close } = await openPackager();
    await packager.package(later(steady(1.5)), () => false);
    assert.equal(state.ended, false);
    assert.equal(state.segments.length, 3);
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
        [false, 0],
        [true, 1],
        [false, 1],
      ],
    );
    assert.equal(state.segments[2]?.pts, 5e6);
    assert.equal(state.segments[2]?.date, START + 5e6);
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

  test('shows the last frame of a run no longer than its part may be, in the playlist and in the media', async () => {
    const { packager, state, media, close } = await openPackager();
    // The encoder takes the last frame for as long as the one before it: 150 ms.
    await packager.package(later([0, 30_000, 180_000].map((pts) => frameAt(pts))), () => true);
    const [segment] = state.segments;
    assert.deepEqual([segment?.duration, segment?.parts.length], [state.stream.partTarget, 1]);
    const samples = readSamples(await readFile(join(media, '0.m4s')));
    assert.deepEqual(
      samples.map(({ duration }) => duration),
      [30_000, 150_000, state.stream.partTarget - 180_000],
    );
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
        [4, false],
      ],
    );
    assert.equal(second.state.segments[3]?.date, START + 10e6);
    await first.close();
  });

  test('says which run is over, with its last segment, or in place of a process that died between two', async () => {
    const first = await openPackager();
    const again = [...steady(1)].map((frame, index) => ({ ...frame, discontinuity: index === 0 }));
    await first.packager.package(later(steady(1.5), again), () => false);
    const ends = ({ segments }: MediaState) => segments.map(({ endsRun }) => endsRun === true);
    assert.deepEqual(ends(first.state), [false, false, true, false, true]);
    assert.equal(sameRunFollows(first.state), false);
    const log = `playlist/test/${first.state.stream.epoch}`;
    // What a kill leaves: a segment that did not know that it was the last.
    const store = new MemoryStore();
    await store.append('streams', streamToLog(first.state.stream));
    for (const { value } of await first.store.read(log)) {
      const { endsRun: _, ...entry } = value as PlaylistEntry & { endsRun?: true };
      await store.append(log, entry);
    }
    const second = await openPackager(600, store, first.folder);
    assert.equal(sameRunFollows(second.state), true);
    const seen: boolean[] = [];
    const look = async () => void seen.push(sameRunFollows(second.state));
    await second.packager.package(later(look, steady(1)), () => true);
    assert.deepEqual(seen, [false]);
    assert.deepEqual(
      ends(second.state),
      [false, false, false, false, false, false, false],
      'the source has ended: nothing follows',
    );
    assert.equal(
      (await store.read(log)).filter(({ value }) => (value as PlaylistEntry).type === 'break').length,
      1,
    );
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
    await packager.package(later(steady(7.4)), () => false);
    // One second each, to the microsecond: three fill the window.
    assert.deepEqual(
      state.segments.map(({ msn, duration }) => [msn, duration]),
      [5, 6, 7].map((msn) => [msn, 1e6]),
    );
    const files = await readdir(media);
    assert.ok(files.includes('0.m4s') && files.includes('7.m4s'));
    await close();
  });
});
