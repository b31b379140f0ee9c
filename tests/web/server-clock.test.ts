import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { learn, offsetOf, type ServerClock, unknownServerClock } from '../../web/api/server-clock.ts';
import fc from '../property.ts';

/** Answers of a server whose clock is `offset` ms ahead of ours, each at its own moment and delay. */
function listen(offset: number, moments: readonly (readonly [number, number])[]): ServerClock {
  return moments.reduce(
    (clock, [sentAt, delay]) =>
      learn(clock, {
        sentAt,
        receivedAt: sentAt + delay,
        date: Math.floor((sentAt + delay / 2 + offset) / 1000) * 1000,
      }),
    unknownServerClock,
  );
}

describe('offsetOf', () => {
  test('believes the own clock as long as nothing speaks against it', () => {
    assert.equal(offsetOf(unknownServerClock), 0);
    assert.equal(offsetOf(listen(0, [[1_000_123, 40]])), 0);
    assert.equal(offsetOf(listen(300, [[1_000_123, 40]])), 0);
  });

  test('finds an offset of minutes, within a second at first and closer with every answer', () => {
    const one = offsetOf(listen(-180_000, [[1_000_123, 40]]));
    assert.ok(Math.abs(one + 180_000) <= 560, `${one}`);
    const many = Array.from({ length: 40 }, (_, index) => [1_000_000 + index * 10_037, 20] as const);
    assert.ok(Math.abs(offsetOf(listen(-180_000, many)) + 180_000) <= 60);
  });

  test('the true offset is never outside the bounds', () => {
    const moment = fc.tuple(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 0, max: 3000 }));
    fc.assert(
      fc.property(
        fc.integer({ min: -1e8, max: 1e8 }),
        fc.array(moment, { minLength: 1 }),
        (offset, moments) => {
          const { low, high } = listen(offset, moments);
          assert.ok(low <= offset && offset <= high);
        },
      ),
    );
  });

  test('begins again when a clock was set', () => {
    const clock = learn(listen(0, [[1_000_000, 10]]), {
      sentAt: 2_000_000,
      receivedAt: 2_000_010,
      date: 5_000_000,
    });
    assert.ok(offsetOf(clock) > 2_900_000);
  });

  test('an answer without a date changes nothing', () => {
    assert.equal(
      learn(unknownServerClock, { sentAt: 1, receivedAt: 2, date: Number.NaN }),
      unknownServerClock,
    );
  });
});
