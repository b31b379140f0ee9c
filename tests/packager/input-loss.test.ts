import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Frame } from '../../src/container/frame.ts';
import { fillerRanges } from '../../src/hls/filler-ranges.ts';
import type { MediaState } from '../../src/hls/playlist-log.ts';
import type { PackagerEvent } from '../../src/packager/packager-events.ts';
import { decode, frameAt, openPackager } from './real-packager.ts';

/** A camera with a clock of its own. */
class Camera {
  readonly #began = performance.now();
  /** How far its clock is behind, in microseconds. */
  behind = 0;

  /** Frames as they are taken, so many seconds of them. */
  async *frames(seconds: number): AsyncGenerator<Frame> {
    for (let index = 0; index < seconds * 30; index += 1) {
      await new Promise((resolve) => setTimeout(resolve, 33));
      yield frameAt(Math.round((performance.now() - this.#began) * 1000) - this.behind);
    }
  }
}

async function* chain(...parts: (AsyncIterable<Frame> | (() => Promise<void>))[]): AsyncGenerator<Frame> {
  for (const part of parts) {
    if (typeof part === 'function') await part();
    else yield* part;
  }
}

async function until(met: () => boolean): Promise<void> {
  while (!met()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Resolves when so much filler is listed, in microseconds. */
const filled = (state: MediaState, least: number) => () =>
  until(() => fillerRanges(state).some(({ duration }) => duration >= least));

const count = (events: readonly PackagerEvent[], type: PackagerEvent['type']) =>
  events.filter((event) => event.type === type).length;

/** That segments and parts keep what the playlist says of them, and nothing is twice or missing. */
function assertWhole(state: MediaState): void {
  for (const [index, segment] of state.segments.entries()) {
    assert.equal(segment.msn, index);
    assert.ok(Math.round(segment.duration / 1e6) <= state.stream.targetDuration / 1e6);
    for (const part of segment.parts) assert.ok(part.duration <= state.stream.partTarget);
    const before = state.segments[index - 1];
    if (before === undefined) continue;
    if (!segment.discontinuity) assert.equal(segment.pts, before.pts + before.duration, `${index} runs on`);
    const gapBegins = segment.filler?.kind === 'gap' && before.filler?.kind !== 'gap';
    assert.equal(segment.discontinuity, gapBegins || before.run !== segment.run);
    assert.equal(
      segment.discontinuitySequence,
      before.discontinuitySequence + (segment.discontinuity ? 1 : 0),
    );
  }
}

const slate = (last: Frame): Frame => ({ ...last, data: new Uint8Array(last.data.length).fill(10) });

const open = (options: Parameters<typeof openPackager>[3]) =>
  openPackager(600, undefined, undefined, options);

describe('a packager whose source falls silent', () => {
  test('fills segments with the slate, and shows the frames that come back at once, at their own times', async () => {
    const { packager, state, events, frames, media, close } = await open({ inputLoss: 'slate', slate });
    const camera = new Camera();
    await packager.package(chain(camera.frames(2), filled(state, 2.5e6), camera.frames(1)), () => true);
    const [range, ...more] = fillerRanges(state);
    assert.ok(range);
    assert.deepEqual([range.kind, more], ['slate', []]);
    assert.equal(range.since, frames.findLast(({ pts }) => pts < range.pts)?.date);
    const first = frames.find(({ pts }) => pts > range.pts);
    assert.ok(first?.discontinuity, 'detectors know that something is missing');
    assert.equal(first.pts, range.pts + range.duration, 'it begins a segment');
    assert.equal(frames.filter(({ discontinuity }) => discontinuity).length, 2);
    const offset = (frames[0]?.pts ?? 0) - (frames[0]?.frame.pts ?? 0);
    for (const { pts, frame } of frames)
      assert.ok(Math.abs(pts - frame.pts - offset) <= 1, 'their own times');
    assert.ok(state.segments.every(({ discontinuity }) => !discontinuity));
    assert.deepEqual([count(events, 'silent'), count(events, 'back'), packager.counts.late], [1, 1, 0]);
    assertWhole(state);
    assert.equal((await decode(media, state)).complaints, '');
    await close();
  });

  test('repeats the last picture, also for a source whose clock stood still meanwhile', async () => {
    const { packager, state, frames, media, close } = await open({ inputLoss: 'repeat' });
    const camera = new Camera();
    const stood = async () => {
      camera.behind = 3e6;
    };
    await packager.package(
      chain(camera.frames(1), filled(state, 2.5e6), stood, camera.frames(1)),
      () => true,
    );
    assert.equal(packager.counts.late, 0);
    const [range] = fillerRanges(state);
    assert.equal(range?.kind, 'repeat');
    const after = frames.filter(({ pts }) => pts >= range.pts);
    assert.equal(after.length, 30);
    // What is 33 ms apart is shown 33 ms apart, by a clock that goes on where it is now.
    for (const [index, { pts, frame }] of after.entries())
      assert.ok(
        Math.abs(pts - frame.pts - ((after[0]?.pts ?? 0) - (after[0]?.frame.pts ?? 0))) <= 2,
        `${index}`,
      );
    assertWhole(state);
    assert.equal((await decode(media, state)).complaints, '');
    await close();
  });

  test('goes on when the encoder is killed meanwhile', async () => {
    const { packager, state, events, media, close } = await open({ inputLoss: 'slate', slate });
    const camera = new Camera();
    const kill = async () => {
      const run = events.findLast((event) => event.type === 'run');
      process.kill(run?.pid ?? 0, 'SIGKILL');
      const killed = state.segments.length;
      await until(() => state.segments.length > killed + 2);
    };
    await packager.package(chain(camera.frames(1), filled(state, 1.5e6), kill, camera.frames(1)), () => true);
    assert.equal(count(events, 'encoder-failed'), 1);
    assert.equal(state.segments.filter(({ discontinuity }) => discontinuity).length, 1);
    assert.equal(packager.counts.late, 0);
    assertWhole(state);
    assert.equal((await decode(media, state)).complaints, '');
    await close();
  });

  test('lists a gap, which whoever takes over goes on from', async () => {
    const first = await open({ inputLoss: 'gap' });
    const camera = new Camera();
    await first.packager.package(chain(camera.frames(1), filled(first.state, 2.4e6)), () => false);
    const second = await openPackager(600, first.store, first.folder, { inputLoss: 'gap' });
    const { state } = second;
    assert.deepEqual(state.segments, first.state.segments);
    const again = () => until(() => fillerRanges(state).length === 2);
    await second.packager.package(chain(camera.frames(1), again, camera.frames(1)), () => true);
    const gaps = state.segments.filter(({ filler }) => filler?.kind === 'gap');
    assert.ok(gaps.length > 3, `${gaps.length}`);
    for (const { bytes, parts, endsRun } of gaps) {
      assert.deepEqual([bytes, endsRun], [0, true]);
      assert.ok(parts.every(({ independent }) => !independent));
    }
    // On a busy machine the camera itself may be silent for longer than a second more often.
    assert.ok(state.segments.filter(({ discontinuity }) => discontinuity).length >= 4);
    assertWhole(state);
    state.segments = state.segments.filter(({ filler }) => filler === undefined);
    assert.equal((await decode(first.media, state)).complaints, '');
    await first.close();
  });
});
