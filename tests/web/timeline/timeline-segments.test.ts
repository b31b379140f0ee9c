import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  dateAt,
  datesOf,
  readMediaClock,
  type TimedSegment,
  timeOf,
} from '../../../web/player/media-clock.ts';
import { indexMarkers } from '../../../web/timeline/marker-index.ts';
import { layOutMarks, type Scale } from '../../../web/timeline/marks.ts';
import { dateOfTime, noMedia, playerTime, shapeOf } from '../../../web/timeline/timeline-segments.ts';
import fc from '../../property.ts';

const day = 1_700_000_000_000_000;
const segment = (date: number, duration: number, discontinuity = false, start?: number): TimedSegment => ({
  ...{ date: day + date * 1e6, duration: duration * 1e6, start, discontinuity },
});

/** Three seconds of it come twice: the clock was set back by five. */
const setBack = readMediaClock([
  segment(10, 2, false, 50),
  segment(12, 2),
  segment(9, 2, true),
  segment(11, 2),
]);

describe('shapeOf', () => {
  test('a stream without a break is one segment, though dates are rounded to milliseconds', () => {
    const clock = readMediaClock([
      segment(0, 2, false, 50),
      segment(2.0004, 1.9996),
      segment(3.9995, 2),
      segment(6, 2),
    ]);
    const { segments, breaks } = shapeOf(clock);
    assert.deepEqual(segments, [{ date: day, duration: 8e6, time: 50 }]);
    assert.deepEqual(breaks, []);
  });

  test('where nothing was recorded is a break from the last frame to the next one', () => {
    const { segments, breaks } = shapeOf(
      readMediaClock([segment(0, 2, false, 50), segment(5, 2, true), segment(7, 2)]),
    );
    assert.equal(segments.length, 2);
    assert.deepEqual(breaks, [{ from: day + 2e6, to: day + 5e6, time: 52 }]);
  });

  test('a discontinuity without a gap is a break of no length', () => {
    const { breaks } = shapeOf(readMediaClock([segment(0, 2, false, 50), segment(2, 2, true)]));
    assert.deepEqual(breaks, [{ from: day + 2e6, to: day + 2e6, time: 52 }]);
  });

  test('a clock that was set back gives no negative gap', () => {
    const { breaks } = shapeOf(readMediaClock([segment(10, 2, false, 50), segment(4, 2, true)]));
    assert.deepEqual(breaks, [{ from: day + 4e6, to: day + 4e6, time: 52 }]);
  });
});

describe('playerTime and dateOfTime', () => {
  test('agree with the media clock everywhere in it, to the two milliseconds of program dates', () => {
    const pieces = fc.array(
      fc.record({ gap: fc.constantFrom(0, 0, 0, 4), jitter: fc.constantFrom(0, 0.0005) }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(pieces, fc.double({ min: 0, max: 1, noNaN: true }), (made, place) => {
        let date = 0;
        const segments = made.map(({ gap, jitter }, at) => {
          date += gap;
          const made = segment(date + jitter, 2, gap > 0, at === 0 ? 30 : undefined);
          date += 2;
          return made;
        });
        const clock = readMediaClock(segments);
        const shape = shapeOf(clock);
        const time = 30 + place * 2 * made.length;
        const at = dateAt(clock, time) ?? 0;
        assert.ok(Math.abs((playerTime(shape, at) ?? 0) - (timeOf(clock, at) ?? 0)) < 0.003);
        assert.ok(Math.abs((playerTime(shape, dateOfTime(shape, time) ?? 0) ?? 0) - time) < 0.003);
      }),
    );
  });

  test('since the clock was set back a date that came twice is the newer moment', () => {
    const shape = shapeOf(setBack);
    assert.equal(playerTime(shape, day + 11e6), 56);
    assert.equal(playerTime(shape, day + 13.5e6), 53.5, 'this one did not come again');
    assert.deepEqual(datesOf(shape.segments, { start: 51, end: 55 }), { start: day + 9e6, end: day + 14e6 });
    assert.equal(datesOf(shape.segments, { start: 70, end: 71 }), undefined);
    assert.equal(timeOf(setBack, day + 11e6), 56);
    assert.equal(timeOf(setBack, day + 11e6, 51.2), 51);
    assert.equal(timeOf(setBack, day + 11e6, 55), 56);
  });

  test('with its PTS a date that came twice is the moment that is meant, the older one too', () => {
    const edge = { date: day + 13e6, pts: 108e6 };
    const shape = shapeOf(setBack, [], edge);
    for (const [pts, time] of [
      [101e6, 51],
      [106e6, 56],
    ] as const)
      assert.equal(playerTime(shape, day + 11e6, pts), time);
    const marker = (id: string, pts: number) =>
      ({
        ...{ id, date: day + 11e6, pts },
        ...{ duration: 5e5, text: '', class: 'motion', source: 't' },
      }) as const;
    const scale: Scale = {
      ...{ from: day + 9e6, to: day + 14e6, width: 80 },
      x: (date, pts) => ((playerTime(shape, date, pts) ?? 0) - 50) * 10,
    };
    const marks = layOutMarks(indexMarkers([marker('older', 101e6), marker('newer', 106e6)]), scale, {
      ...{ head: 1, apart: 1, widest: 20 },
    });
    assert.deepEqual(
      marks.map(({ x, end }) => [x, end]),
      [
        [10, 15],
        [60, 65],
      ],
    );
  });

  test('dates are found in a window of two days as well', () => {
    const days = 2 * 86_400;
    const clock = readMediaClock(
      Array.from({ length: days }, (_, at) => segment(at, 1, false, at === 0 ? 0 : undefined)),
    );
    assert.deepEqual(datesOf(clock, { start: 0.5 }), { start: day + 5e5, end: day + days * 1e6 });
  });

  test('go on before the first stretch and after the last; what began earlier has a place', () => {
    const shape = shapeOf(readMediaClock([segment(0, 2, false, 50)]));
    assert.equal(playerTime(shape, day - 5e6), 45);
    assert.equal(dateOfTime(shape, 45), day - 5e6);
    assert.equal(playerTime(shape, day + 9e6), 59);
    assert.equal(playerTime(noMedia, day), undefined);
    assert.equal(dateOfTime(noMedia, 3), undefined);
  });
});
