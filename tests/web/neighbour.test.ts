import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Marker } from '../../web/markers/marker-list.ts';
import { neighbour } from '../../web/markers/neighbour.ts';

const SECOND = 1_000_000;
const list = [1, 2, 5].map((seconds): Marker => {
  const [id, date] = [`at-${seconds}`, seconds * SECOND];
  return { id, pts: date, date, duration: 0, text: id, class: 'note', source: 'test' };
});

describe('neighbour', () => {
  test('goes past the event that is shown, in both directions', () => {
    // A paused player stands a little inside the frame.
    const shown = 2 * SECOND + 2000;
    assert.equal(neighbour(list, shown, 'next', true)?.id, 'at-5');
    assert.equal(neighbour(list, shown, 'previous', true)?.id, 'at-1');
  });

  test('goes past an event just landed on while it plays on', () => {
    assert.equal(neighbour(list, 2.5 * SECOND, 'previous', false)?.id, 'at-1');
    assert.equal(neighbour(list, 2.5 * SECOND, 'previous', true)?.id, 'at-2');
  });

  test('has none beyond the first and the last', () => {
    assert.equal(neighbour(list, SECOND, 'previous', true), undefined);
    assert.equal(neighbour(list, 5 * SECOND, 'next', true), undefined);
  });
});
