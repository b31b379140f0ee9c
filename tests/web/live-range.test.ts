import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fractionOf, liveRange, timeAt } from '../../web/player/live-range.ts';
import fc from '../property.ts';

describe('liveRange', () => {
  test('goes from the first segment to the live point while the window fills', () => {
    assert.deepEqual(liveRange({ first: 5, edge: 30, live: 28.8, window: 60 }), { start: 5, end: 28.8 });
  });

  test('glides with the edge once the window is full, though segments leave whole', () => {
    assert.deepEqual(liveRange({ first: 5, edge: 66.3, live: 65, window: 60 }), {
      start: 66.3 - 60,
      end: 65,
    });
  });

  test('never ends beyond what is listed', () => {
    assert.deepEqual(liveRange({ first: 0, edge: 20, live: 500, window: 60 }), { start: 0, end: 20 });
  });

  test('without a live point it ends at the edge', () => {
    assert.deepEqual(liveRange({ first: 0, edge: 20, window: 60 }), { start: 0, end: 20 });
  });

  test('is empty, not turned round, when live lies before all media', () => {
    assert.deepEqual(liveRange({ first: 10, edge: 11, live: 4, window: 60 }), { start: 10, end: 10 });
  });
});

describe('fractionOf and timeAt', () => {
  test('undo each other inside the range and clamp outside', () => {
    const range = { start: 100, end: 160 };
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (place) => {
        assert.ok(Math.abs(fractionOf(range, timeAt(range, place)) - place) < 1e-9);
      }),
    );
    assert.equal(fractionOf(range, 90), 0);
    assert.equal(fractionOf(range, 170), 1);
    assert.equal(timeAt(range, -1), 100);
    assert.equal(timeAt(range, 2), 160);
  });

  test('an empty scale has everything at its beginning', () => {
    assert.equal(fractionOf({ start: 3, end: 3 }, 3), 0);
  });
});
