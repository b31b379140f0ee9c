import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { dateAt, edgeDate, readMediaClock, type TimedSegment, timeOf } from '../../web/media-clock.ts';

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
