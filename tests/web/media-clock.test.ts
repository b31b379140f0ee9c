import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  dateAt,
  edgeDate,
  type RunPlace,
  readMediaClock,
  type TimedSegment,
  timeOf,
} from '../../web/player/media-clock.ts';
import fc from '../property.ts';

const day = 1_700_000_000_000_000;
const segment = (date: number, duration: number, start?: number): TimedSegment => ({
  date: day + date * 1e6,
  duration: duration * 1e6,
  start,
});

describe('readMediaClock', () => {
  test('knows nothing before the player has placed a segment', () => {
    assert.deepEqual(readMediaClock([]), []);
    const clock = readMediaClock([segment(0, 2), segment(2, 2)]);
    assert.deepEqual(clock, []);
    assert.equal(timeOf(clock, day), undefined);
    assert.equal(dateAt(clock, 0), undefined);
    assert.equal(edgeDate(clock), undefined);
  });

  test('places segments that were not loaded beside those that were, on both sides', () => {
    const clock = readMediaClock([segment(0, 2), segment(2, 2), segment(4, 2, 100), segment(6, 1.5)]);
    assert.deepEqual(
      clock.map((span) => span.time),
      [96, 98, 100, 102],
    );
  });

  test('believes each placed segment, also when the player moved its timeline in between', () => {
    const clock = readMediaClock([segment(0, 2, 10), segment(2, 2, 12.5), segment(4, 2)]);
    assert.deepEqual(
      clock.map((span) => span.time),
      [10, 12.5, 14.5],
    );
  });
});

describe('the runs of the encoder', () => {
  const run = (number: number, date: number, start?: number): TimedSegment => ({
    ...segment(date, 2, start),
    discontinuity: date === number * 10,
    run: number,
  });

  test('take their segments with them: what lies before a known one of the same run lies right before it', () => {
    const clock = readMediaClock([run(0, 0, 50), run(0, 2), run(1, 10), run(1, 12, 57), run(1, 14)]);
    assert.deepEqual(
      clock.map((span) => span.time),
      [50, 52, 55, 57, 59],
    );
  });

  test('keep their place when all that was loaded of them has left the list', () => {
    const places = new Map([[1, { date: day + 10e6, time: 70 }]]);
    const clock = readMediaClock([run(0, 8), run(1, 14), run(1, 16), run(2, 20)], places);
    assert.deepEqual(
      clock.map((span) => span.time),
      [72, 74, 76, 78],
    );
  });

  test('never overlap, and each date has one time, whatever is corrected in whatever order', () => {
    const place = fc.option(fc.double({ min: 0, max: 60, noNaN: true }), { nil: undefined });
    const listed = fc.array(
      fc.record({ seconds: fc.integer({ min: 1, max: 4000 }), gap: fc.nat(9000), breaks: fc.boolean() }),
      { minLength: 1, maxLength: 12 },
    );
    const corrections = fc.array(fc.tuple(fc.nat(11), place), { maxLength: 20 });
    const known = fc.array(fc.tuple(fc.nat(4), fc.double({ min: 0, max: 60, noNaN: true })), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(listed, corrections, known, (list, changes, runs) => {
        let date = day;
        let number = 0;
        const segments = list.map(({ seconds, gap, breaks }, at) => {
          if (breaks && at > 0) {
            number += 1;
            date += gap * 1000;
          }
          const one: TimedSegment = { date, duration: seconds * 1000, start: undefined, run: number };
          date += one.duration;
          return { ...one, discontinuity: breaks && at > 0 };
        });
        const places = new Map<number, RunPlace>(runs.map(([of, time]) => [of, { date: day, time }]));
        for (const [at, start] of [[0, undefined] as const, ...changes]) {
          const changed = segments[at % segments.length];
          if (changed !== undefined) changed.start = start;
          const clock = readMediaClock(segments, places);
          for (const [index, span] of clock.entries()) {
            const next = clock[index + 1];
            const end = span.time + span.duration / 1e6;
            assert.ok(next === undefined || end <= next.time + 1e-6, `${end} after ${next?.time}`);
            for (const share of [0, 0.3, 0.9]) {
              const asked = span.date + Math.floor(span.duration * share);
              const time = timeOf(clock, asked) ?? Number.NaN;
              assert.ok(Math.abs((dateAt(clock, time) ?? 0) - asked) <= 1, `${asked}`);
            }
          }
        }
      }),
    );
  });
});

describe('timeOf and dateAt', () => {
  const clock = readMediaClock([segment(0, 2, 50), segment(2, 2), segment(9, 2), segment(11, 2)]);

  test('agree with each other everywhere in the media, to a microsecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7_999_999 }), (into) => {
        const time = 50 + into / 1e6;
        const date = dateAt(clock, time);
        assert.ok(date !== undefined);
        assert.ok(Math.abs((timeOf(clock, date) ?? 0) - time) < 1e-6);
      }),
    );
  });

  test('a date in a gap shows the end of what was before it', () => {
    assert.equal(timeOf(clock, day + 6e6), 54);
  });

  test('the first frame after a gap stands where its segment begins', () => {
    assert.equal(timeOf(clock, day + 9e6), 54);
    assert.equal(dateAt(clock, 54), day + 9e6);
  });

  test('a date before the window has no place', () => {
    assert.equal(timeOf(clock, day - 1), undefined);
  });

  test('beyond the edge both go on at the pace of the clock', () => {
    assert.equal(timeOf(clock, day + 14e6), 59);
    assert.equal(dateAt(clock, 59), day + 14e6);
    assert.equal(edgeDate(clock), day + 13e6);
  });
});

test('a date that names two moments, since the clock was set back, names the newest; those of before are still found', () => {
  const hour = 3600e6;
  const span = (date: number, time: number) => ({ date: day + date, duration: 2e6, time });
  const clock = [span(0, 0), span(2e6, 2), span(4e6, 4), span(3e6, 6), span(5e6, 8)];
  assert.equal(timeOf(clock, day + 1e6), 1);
  assert.equal(timeOf(clock, day + 4.5e6), 7.5);
  assert.equal(timeOf(clock, day + 6.5e6), 9.5);
  const back = [span(0, 0), span(2e6, 2), span(-hour, 4), span(2e6 - hour, 6)];
  assert.deepEqual(
    [3e6, 1e6 - hour, 3e6 - hour].map((date) => timeOf(back, day + date)),
    [3, 5, 7],
  );
  assert.equal(timeOf(back, day + 5e6 - hour), 9, 'what is about to come');
});
