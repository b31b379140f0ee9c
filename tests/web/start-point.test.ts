import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startPoint } from '../../web/player/vhs-repairs.ts';

const closed = { duration: 2, parts: [] };
const parts = (count: number) => Array.from({ length: count }, () => ({ duration: 0.333 }));
const from = (...segments: object[]) =>
  startPoint({ partTargetDuration: 0.343, serverControl: { partHoldBack: 1.029 }, segments });

describe('startPoint', () => {
  test('is where the segment begins that lies three parts behind the edge', () => {
    assert.equal(from(closed, closed, { preload: true, duration: 2, parts: parts(5) }), 4.001);
  });

  test('is a segment earlier while the open one is shorter than that', () => {
    assert.equal(from(closed, closed, { preload: true, duration: 2, parts: parts(2) }), 2.001);
    assert.equal(from(closed, closed), 2.001);
  });

  test('is left to the player without parts, and when less than three parts are listed', () => {
    assert.equal(startPoint({ segments: [closed, closed] }), undefined);
    assert.equal(from({ preload: true, parts: parts(2) }), undefined);
    assert.equal(from(), undefined);
  });
});
