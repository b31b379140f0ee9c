import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureScale } from './one-scale.ts';

test('marker and handle stand on one scale in every state of the player', async () => {
  const pairs = 5;
  for (const [state, apart] of Object.entries(await measureScale(pairs))) {
    assert.equal(apart.length, pairs, state);
    for (const pixels of apart) assert.ok(pixels <= 1, `${state}: ${pixels.toFixed(2)} px apart`);
  }
});
