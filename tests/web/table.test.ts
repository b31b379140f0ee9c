import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Marker } from '../../web/markers/marker-list.ts';
import { countUpTo, markerOfRow, rowOf } from '../../web/table/newest-first.ts';
import { durationOf, isGone } from '../../web/table/row.ts';
import { ROW_HEIGHT, visibleRows } from '../../web/table/visible-rows.ts';
import fc from '../property.ts';

function marker(pts: number, id = `m${pts}`): Marker {
  return { id, pts, date: pts, duration: 0, text: id, class: 'note', source: 'test' };
}

describe('visibleRows', () => {
  test('covers what is seen, stays within the list, and never grows with it', () => {
    const cases = fc.record({
      count: fc.nat(100_000),
      from: fc.integer({ min: -500, max: 100_000 * ROW_HEIGHT }),
      height: fc.integer({ min: 0, max: 2000 }),
    });
    fc.assert(
      fc.property(cases, ({ count, from, height }) => {
        const { first, end } = visibleRows(count, { from, to: from + height });
        assert.ok(first >= 0 && first <= end && end <= count);
        assert.ok(end - first <= Math.ceil(height / ROW_HEIGHT) + 13);
        const top = Math.max(0, from);
        const bottom = Math.min(count * ROW_HEIGHT, from + height);
        if (top >= bottom) return;
        assert.ok(first * ROW_HEIGHT <= top && end * ROW_HEIGHT >= bottom);
      }),
    );
  });
});

describe('the order of the table', () => {
  const list = [marker(10), marker(20, 'a'), marker(20, 'b'), marker(30)];

  test('numbers rows from the newest', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, -1].map((row) => markerOfRow(list, list.length, row)?.id),
      ['m30', 'b', 'a', 'm10', undefined, undefined],
    );
    for (const [index, one] of list.entries()) assert.equal(rowOf(list, 4, one), 3 - index);
  });

  test('holds back what came after a place', () => {
    assert.equal(countUpTo(list, undefined), 4);
    assert.equal(countUpTo(list, { pts: 20, id: 'a' }), 2);
    assert.equal(countUpTo(list, { pts: 25, id: 'gone' }), 3);
    assert.equal(countUpTo(list, { pts: 5, id: 'x' }), 0);
    assert.equal(markerOfRow(list, 2, 0)?.id, 'a');
  });
});

describe('what a row says', () => {
  test('is gone when it begins before the window, if the window is known', () => {
    assert.equal(isGone({ date: 5 }, 6), true);
    assert.equal(isGone({ date: 6 }, 6), false);
    assert.equal(isGone({ date: 5 }, undefined), false);
  });

  test('gives a length to what has one', () => {
    assert.equal(durationOf({ duration: null }), 'going on');
    assert.equal(durationOf({ duration: 0 }), '');
    assert.equal(durationOf({ duration: 1_500_000 }), '1.50 s');
  });
});
