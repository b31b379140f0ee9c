import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PlayerState } from '../../web/player/player-state.ts';
import { createRecovery } from '../../web/player/recovery.ts';

const LIVE = { isExpected: true, isLive: true };
const state = (time: number, more: Partial<PlayerState> = {}): PlayerState => ({
  ...{ clock: [], range: { start: 0, end: 0 }, date: undefined, latency: undefined },
  ...{ held: false, sought: undefined, waits: false },
  ...{ paused: false, following: true, picture: true, failed: false, time },
  ...more,
});

describe('recovery', () => {
  test('loads again when playback stands still for six seconds, and then waits longer each time', () => {
    let now = 0;
    const recovery = createRecovery(() => now);
    recovery.begin();
    assert.equal(recovery.mustReload(state(1), LIVE), false);
    const tries: number[] = [];
    for (now = 0; now < 60_000; now += 200) {
      if (recovery.mustReload(state(1, { failed: true }), LIVE)) tries.push(now);
    }
    assert.deepEqual(tries.slice(0, 5), [0, 1000, 3000, 7000, 15_000]);
    assert.ok(tries.slice(5).every((at, index) => at - (tries[index + 4] ?? 0) <= 10_200));
  });

  test('takes no pause, end or absence for a fault', () => {
    let now = 0;
    const recovery = createRecovery(() => now);
    recovery.begin();
    for (now = 0; now < 30_000; now += 1000) {
      assert.equal(recovery.mustReload(state(1, { paused: true }), LIVE), false);
      assert.equal(recovery.mustReload(state(2), { isExpected: true, isLive: false }), false);
      assert.equal(
        recovery.mustReload(state(2, { failed: true }), { isExpected: false, isLive: true }),
        false,
      );
    }
  });

  test('gives a player whose requests waited its time once they are sent, and one that gave up none', () => {
    let now = 0;
    const recovery = createRecovery(() => now);
    recovery.begin();
    recovery.mustReload(state(1), LIVE);
    for (now = 1000; now < 30_000; now += 1000)
      assert.equal(recovery.mustReload(state(1, { waits: true }), LIVE), false);
    const sent = now - 1000;
    now = sent + 5900;
    assert.equal(recovery.mustReload(state(1), LIVE), false);
    assert.equal(recovery.mustReload(state(1, { waits: true, failed: true }), LIVE), true);
    recovery.begin();
    now += 1000;
    recovery.mustReload(state(1), LIVE);
    now += 6100;
    assert.equal(recovery.mustReload(state(1), LIVE), true);
  });

  test('notices a hang only after its time, and forgets it with the first progress', () => {
    let now = 0;
    const recovery = createRecovery(() => now);
    recovery.begin();
    recovery.mustReload(state(1), LIVE);
    now = 5900;
    assert.equal(recovery.mustReload(state(1), LIVE), false);
    now = 6100;
    assert.equal(recovery.mustReload(state(1), LIVE), true);
    recovery.begin();
    now = 7000;
    assert.equal(recovery.mustReload(state(2), LIVE), false);
    now = 12_500;
    assert.equal(recovery.mustReload(state(3), LIVE), false);
  });
});
