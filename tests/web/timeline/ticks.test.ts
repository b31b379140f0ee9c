import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ticksOf } from '../../../web/timeline/ticks.ts';
import fc from '../../property.ts';

/** Noon of a day, in the zone the tests run in. */
const noon = new Date(2024, 5, 5, 12).getTime() * 1000;
const zone = -new Date(2024, 5, 5, 12).getTimezoneOffset();
const labels = (seconds: number) =>
  ticksOf({ start: noon, end: noon + seconds * 1e6 }, 0.2, zone).flatMap(({ label }) => label ?? []);

describe('ticksOf', () => {
  test('labels what is round on a clock, finer the closer one looks', () => {
    assert.deepEqual(labels(1), [
      '12:00:00.0',
      '12:00:00.2',
      '12:00:00.4',
      '12:00:00.6',
      '12:00:00.8',
      '12:00:01.0',
    ]);
    assert.deepEqual(labels(10), ['12:00:00', '12:00:02', '12:00:04', '12:00:06', '12:00:08', '12:00:10']);
    assert.deepEqual(labels(600), ['12:00', '12:02', '12:04', '12:06', '12:08', '12:10']);
    assert.deepEqual(labels(5 * 3600), ['12:00', '13:00', '14:00', '15:00', '16:00', '17:00']);
  });

  test("hours stand on the viewer's hours, also where the zone is half an hour off", () => {
    const ticks = ticksOf({ start: 0, end: 12 * 3600e6 }, 0.2, 330);
    assert.deepEqual(
      ticks.filter(({ label }) => label !== undefined).map(({ date }) => (date / 60e6 + 330) % 180),
      [0, 0, 0, 0],
    );
  });

  test('are in view, ascending, few, and there are some', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e10, noNaN: true }),
        fc.integer({ min: 1_000_000, max: 86_400_000_000 }),
        (from, length) => {
          const range = { start: noon + from, end: noon + from + length };
          const ticks = ticksOf(range, 0.1, zone);
          assert.ok(ticks.length > 0 && ticks.length < 80, `${ticks.length} ticks`);
          ticks.forEach(({ date }, at) => {
            assert.ok(date >= range.start - 1 && date <= range.end + 1);
            assert.ok(at === 0 || date > (ticks[at - 1]?.date ?? 0));
          });
        },
      ),
    );
  });

  test('an empty range has none', () => {
    assert.deepEqual(ticksOf({ start: noon, end: noon }, 0.1, 0), []);
  });
});
