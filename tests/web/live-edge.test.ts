import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { latencyTarget, liveDate, mustJump } from '../../web/player/live-edge.ts';

const lowLatency = { partTarget: 0.343, targetDuration: 2, partHoldBack: 1.029, holdBack: 6 };
const plain = { partTarget: 0, targetDuration: 2, partHoldBack: 0, holdBack: 6 };
const second = 1e6;
const edge = 1_700_000_000 * second;

describe('latencyTarget', () => {
  test('is what the server holds back with parts, or without, and the way through the pipeline', () => {
    assert.ok(Math.abs(latencyTarget(lowLatency) - 1.149) < 1e-9);
    assert.ok(Math.abs(latencyTarget(plain) - 6.12) < 1e-9);
  });
});

describe('liveDate', () => {
  test('is as old as the target when the clocks agree', () => {
    const now = edge + 0.1 * second;
    assert.equal(liveDate(lowLatency, { now, edge, target: 1.2 }), now - 1.2 * second);
  });

  test('stays inside the listed media however wrong the clock is', () => {
    for (const off of [-3600, 3600]) {
      const date = liveDate(lowLatency, { now: edge + off * second, edge, target: 1.2 });
      assert.ok(date < edge && date > edge - 2 * second);
    }
  });
});

describe('mustJump', () => {
  test('only when playback fell far behind the edge', () => {
    assert.equal(mustJump(lowLatency, { shown: edge - 3 * second, edge }), false);
    assert.equal(mustJump(lowLatency, { shown: edge - 9 * second, edge }), true);
    assert.equal(mustJump(plain, { shown: edge - 9 * second, edge }), false);
  });

  test('never because the edge stands still', () => {
    assert.equal(mustJump(lowLatency, { shown: edge, edge }), false);
  });
});
