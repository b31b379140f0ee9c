import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planSegments, SegmentPlanner } from '../../src/packager/segment-planner.ts';
import { type Placed, SourceClock } from '../../src/packager/source-clock.ts';
import fc from '../property.ts';

const LATENESS = 120_000;
const JUMP = 5_000_000;

/** What became of a frame. */
interface Result {
  readonly pts: number | undefined;
  readonly at: number;
  readonly placed: Placed;
}

/**
 * Plays arrivals through clock and planner as the packager does: until the next frame comes, the open part is
 * closed with a repeated frame whenever it has waited long enough. Times in microseconds.
 */
function play(frames: readonly { pts: number; at: number }[], rate = 25, offset = 0): Result[] {
  const clock = new SourceClock(offset, JUMP);
  const planner = new SegmentPlanner(planSegments(rate, 0.333, 2));
  const results: Result[] = [];
  let shown: { pts: number; at: number } | undefined;
  for (const frame of frames) {
    const due = () => (planner.deadline ?? 0) - (shown?.pts ?? 0) + LATENESS + (shown?.at ?? 0);
    while (shown !== undefined && due() < frame.at) planner.repeat();
    const placed = clock.place(frame, planner.last, false);
    const own = typeof placed === 'object' ? planner.plan(placed.pts).at(-1) : undefined;
    const pts = own?.repeated === false ? own.pts : undefined;
    if (pts !== undefined) shown = { pts, at: frame.at };
    results.push({ pts, at: frame.at, placed });
    if (placed === 'break') break;
  }
  return results;
}

const lost = (results: readonly Result[]) => results.filter(({ pts }) => pts === undefined).length;

describe('SourceClock', () => {
  test('shows 13 of 14 frames that come once a second and say that they are 40 ms apart', () => {
    const results = play(
      Array.from({ length: 14 }, (_, index) => ({ pts: index * 40_000, at: index * 1e6 })),
    );
    assert.equal(lost(results), 1);
    const shown = results.filter(({ pts }) => pts !== undefined);
    // Media time goes as the clock does.
    for (const { pts, at } of shown) assert.ok(Math.abs((pts ?? 0) - at) <= 100_000, `${pts} at ${at}`);
  });

  test('keeps the PTS of frames that come in time to the microsecond, and drops one that is late alone', () => {
    const frames = Array.from({ length: 100 }, (_, index) => ({ pts: index * 40_000, at: index * 40_000 }));
    frames[50] = { pts: 50 * 40_000, at: 50 * 40_000 + 600_000 };
    for (let index = 51; index < 66; index += 1) frames[index] = { pts: index * 40_000, at: 2_600_000 };
    const results = play(frames, 25, 7_000_000);
    for (const [index, { pts }] of results.entries())
      if (pts !== undefined) assert.ok(Math.abs(pts - (7_000_000 + index * 40_000)) <= 1);
    assert.ok(lost(results) > 0 && lost(results) <= 14, `${lost(results)} of a burst were late`);
    assert.equal(lost(results.slice(66)), 0, 'the clock was right all the time');
  });

  test('anchors a source anew that is later by a second from now on', () => {
    const frames = Array.from({ length: 100 }, (_, index) => ({
      pts: index * 40_000,
      at: index * 40_000 + (index < 50 ? 0 : 1e6),
    }));
    const results = play(frames);
    assert.equal(lost(results), 1);
    for (const { pts, at } of results.slice(52)) assert.ok(Math.abs((pts ?? 0) - at) <= 100_000);
  });

  test('takes a jump for a break, but not time that has gone by', () => {
    const clock = () => {
      const source = new SourceClock(0, JUMP);
      source.place({ pts: 0, at: 0 }, undefined, false);
      return source;
    };
    assert.equal(clock().place({ pts: JUMP + 2, at: 1 }, 0, false), 'break');
    assert.equal(clock().place({ pts: -JUMP - 1, at: 1 }, 0, false), 'break');
    assert.deepEqual(clock().place({ pts: 60e6, at: 60e6 }, 59e6, true), { pts: 60e6 });
    assert.equal(clock().place({ pts: -40_000, at: 40_000 }, 0, false), 'late');
  });

  test('shows the first frame after a silence at once, also of a source whose clock stood still', () => {
    const source = new SourceClock(0, JUMP);
    source.place({ pts: 0, at: 0 }, undefined, false);
    const placed = source.place({ pts: 40_000, at: 10e6 }, 9_900_000, true);
    assert.deepEqual(placed, { pts: 10e6, anchored: 9_960_000 });
    assert.deepEqual(source.place({ pts: 80_000, at: 10_040_000 }, 10e6, false), { pts: 10_040_000 });
  });

  test('loses no frame of a source that keeps its rate, from 0.2 to 60 a second, and media time keeps with the clock', () => {
    const rates = fc.double({ min: 0.2, max: 60, noNaN: true });
    const delays = fc.array(fc.integer({ min: 0, max: 50_000 }), { minLength: 20, maxLength: 40 });
    fc.assert(
      fc.property(rates, rates, delays, (rate, planned, late) => {
        const frames = late.map((delay, index) => {
          const pts = Math.round((index * 1e6) / rate);
          return { pts, at: pts + delay };
        });
        const results = play(
          frames.filter(({ at }, index) => index === 0 || at > (frames[index - 1]?.at ?? 0)),
          Math.max(1, planned),
        );
        const dropped = results.filter(({ placed }) => placed === 'late' || placed === 'break');
        assert.equal(dropped.length, 0);
        for (const { pts, at } of results)
          if (pts !== undefined) assert.ok(Math.abs(pts - at) <= 60_000, `${pts} at ${at}`);
      }),
    );
  });
});
