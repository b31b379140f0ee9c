import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fromSeconds, toSeconds } from '../../src/clock.ts';
import { InputTimeline, type Timed, type TimelineOptions, type Untimed } from '../../src/source/timeline.ts';
import fc from '../property.ts';

const INTERVAL = 40_000;
const FILE: TimelineOptions = { interval: INTERVAL, live: false };
const HOUR = fromSeconds(3600);

interface Numbered extends Untimed {
  readonly number: number;
}

/** Everything that comes out for these times, in seconds; `undefined` for a picture without one. */
function run(
  times: readonly (number | undefined)[],
  options = FILE,
  at = (index: number) => index * INTERVAL,
): Timed<Numbered>[] {
  const timeline = new InputTimeline<Numbered>(options);
  const out = times.flatMap((time, number) =>
    timeline.push({
      number,
      pts: time === undefined ? undefined : fromSeconds(time),
      at: at(number),
    }),
  );
  return [...out, ...timeline.flush()];
}

function assertWhole(out: readonly Timed<Numbered>[], count: number): void {
  assert.deepEqual(
    out.map(({ picture }) => picture.number),
    Array.from({ length: count }, (_, number) => number),
  );
  for (const [index, { pts, jumped }] of out.entries()) {
    const before = out[index - 1];
    if (before && !jumped) assert.ok(pts > before.pts, `picture ${index}: ${pts} after ${before.pts}`);
  }
}

const seconds = (out: readonly Timed<Numbered>[]) => out.map(({ pts }) => toSeconds(pts));
const jumps = (out: readonly Timed<Numbered>[]) =>
  out.flatMap(({ jumped }, index) => (jumped ? [index] : []));

describe('InputTimeline', () => {
  test('keeps the times of an input that jitters and has gaps', () => {
    const times = [5, 5.03, 5.09, 8.2, 8.24, 8.28];
    const out = run(times);
    assertWhole(out, times.length);
    assert.deepEqual(seconds(out), times);
    assert.deepEqual(jumps(out), []);
  });

  test('passes a picture on at once when it follows the one before', () => {
    const timeline = new InputTimeline<Numbered>(FILE);
    timeline.push({ number: 0, pts: 0, at: 0 });
    timeline.push({ number: 1, pts: 40_000, at: 40_000 });
    assert.equal(timeline.push({ number: 2, pts: 80_000, at: 80_000 }).length, 1);
  });

  test('a clock that steps back, ahead, or back by less than a second and stays there is one break', () => {
    for (const to of [60, 10, 9000, 99.5]) {
      const times = [100, 100.125, 100.25, to, to + 0.125, to + 0.25];
      const out = run(times);
      assertWhole(out, times.length);
      assert.deepEqual(seconds(out), times);
      assert.deepEqual(jumps(out), [3]);
    }
  });

  test('a single time that is off, also the first and the last, is given one between its neighbours', () => {
    const times = [7000, 0.04, 0.08, 9000, 0.16, 0.2, -50, 0.28, 0.32, 4000];
    const out = run(times);
    assertWhole(out, times.length);
    assert.deepEqual(seconds(out), [0, 0.04, 0.08, 0.12, 0.16, 0.2, 0.24, 0.28, 0.32, 0.36]);
    assert.deepEqual(jumps(out), []);
  });

  test('pictures without a time, with the time of the one before, or in the wrong order keep their place', () => {
    const out = run([0, 0.04, undefined, 0.12, 0.12, 0.2, 0.28, 0.24, 0.32]);
    assert.deepEqual(seconds(out), [0, 0.04, 0.08, 0.12, 0.16, 0.2, 0.28, 0.3, 0.32]);
  });

  test('times that agree with nothing at all are replaced by an even rate', () => {
    const out = run(Array.from({ length: 12 }, () => 5));
    assertWhole(out, 12);
    assert.deepEqual(jumps(out), []);
    assert.equal((out.at(-1)?.pts ?? 0) - (out[0]?.pts ?? 0), 11 * INTERVAL);
  });

  test('an input of few pictures has long steps and no breaks', () => {
    const times = [0, 30, 60, 90];
    assert.deepEqual(seconds(run(times, { interval: fromSeconds(30), live: false })), times);
  });

  test('a pause that a camera really made is none, however long; a leap without one is', () => {
    const times = [0, 0.04, 60, 60.04];
    const live = { interval: INTERVAL, live: true };
    const waited = (index: number) => fromSeconds(times[index] ?? 0);
    assert.deepEqual(jumps(run(times, live, waited)), []);
    assert.deepEqual(jumps(run(times, live)), [2]);
  });

  test('any sequence of steps and outliers: every picture once, times rise, breaks are where they are', () => {
    // A stretch of an input: a leap of its clock, then pictures of which some are off by hours.
    const stretch = fc.record({
      leap: fc.oneof(
        fc.integer({ min: -30 * HOUR, max: -fromSeconds(3) }),
        fc.integer({ min: HOUR, max: 30 * HOUR }),
      ),
      pictures: fc.array(
        fc.record({
          step: fc.integer({ min: 8, max: fromSeconds(1) }),
          off: fc.option(
            fc.oneof(fc.integer({ min: HOUR, max: 90 * HOUR }), fc.integer({ min: -90 * HOUR, max: -HOUR })),
            { freq: 6 },
          ),
        }),
        { minLength: 3, maxLength: 30 },
      ),
    });
    fc.assert(
      fc.property(fc.array(stretch, { minLength: 1, maxLength: 5 }), (stretches) => {
        const pictures: Numbered[] = [];
        const breaks: number[] = [];
        const right = new Map<number, number>();
        let clock = 0;
        let number = 0;
        for (const { leap, pictures: own } of stretches) {
          if (number > 0) breaks.push(number);
          clock += number > 0 ? leap : 0;
          let off = true;
          for (const [index, picture] of own.entries()) {
            clock += picture.step;
            // Alone, and with two that are right at each end of the stretch: else nobody could tell.
            off = picture.off !== null && !off && index >= 2 && index < own.length - 2;
            if (!off) right.set(number, clock);
            pictures.push({ number, pts: off ? clock + (picture.off ?? 0) : clock, at: number * INTERVAL });
            number += 1;
          }
        }
        const timeline = new InputTimeline<Numbered>(FILE);
        const out = [...pictures.flatMap((picture) => timeline.push(picture)), ...timeline.flush()];
        assertWhole(out, pictures.length);
        assert.deepEqual(jumps(out), breaks);
        for (const { picture, pts } of out) {
          const known = right.get(picture.number);
          if (known !== undefined) assert.equal(pts, known);
        }
      }),
      { numRuns: 300 },
    );
  });
});
