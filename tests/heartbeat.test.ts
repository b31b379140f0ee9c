import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HEARTBEAT, Silence } from '../src/heartbeat.ts';

test('silence is counted from what was heard last', () => {
  const silence = new Silence(0);
  assert.equal(silence.look(HEARTBEAT), HEARTBEAT);
  assert.equal(silence.look(2 * HEARTBEAT), 2 * HEARTBEAT);
  silence.heard();
  assert.equal(silence.look(3 * HEARTBEAT), HEARTBEAT);
});

test('time in which the listener did not run itself does not count: suspended for an hour, stopped, short of a processor', () => {
  const silence = new Silence(0);
  assert.equal(silence.look(3_600_000), HEARTBEAT);
  // Every look comes four times late.
  for (let look = 1; look <= 4; look += 1) silence.look(3_600_000 + look * 4 * HEARTBEAT);
  assert.equal(silence.look(3_600_000 + 20 * HEARTBEAT), 6 * HEARTBEAT);
});
