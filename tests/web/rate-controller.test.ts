import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { afterStall, steadyRate, stepRate } from '../../web/player/rate-controller.ts';
import fc from '../property.ts';

const step = (latency: number, ahead = 1) => stepRate(steadyRate(1.2), { latency, ahead, elapsed: 0.1 }).rate;

describe('stepRate', () => {
  test('plays at exactly 1 near the target', () => {
    assert.equal(step(1.2), 1);
    assert.equal(step(1.25), 1);
    assert.equal(step(1.15), 1);
  });

  test('plays faster when late and slower when early, in proportion, within bounds', () => {
    assert.equal(step(1.3), 1.05);
    assert.equal(step(1.1), 0.95);
    assert.equal(step(5), 1.08);
    assert.equal(step(0.2), 0.92);
  });

  test('never plays faster into an empty buffer, but may play slower', () => {
    assert.equal(step(3, 0.05), 1);
    assert.equal(step(0.5, 0.05), 0.92);
  });

  test('never leaves its bounds, whatever it is told', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true }),
        fc.double({ min: 0, max: 10, noNaN: true }),
        (latency, ahead) => {
          const rate = step(latency, ahead);
          assert.ok(rate >= 0.92 && rate <= 1.08);
        },
      ),
    );
  });

  test('settles at the target from either side and stays there', () => {
    for (const first of [0.6, 2.4]) {
      let state = steadyRate(1.2);
      let latency = first;
      for (let tenths = 0; tenths < 600; tenths += 1) {
        state = stepRate(state, { latency, ahead: 0.5, elapsed: 0.1 });
        latency -= (state.rate - 1) * 0.1;
      }
      assert.ok(Math.abs(latency - 1.2) <= 0.02, `${latency}`);
      assert.equal(state.rate, 1);
    }
  });
});

describe('afterStall', () => {
  test('keeps a little more distance, up to a bound, and gives it back slowly', () => {
    let state = afterStall(steadyRate(1.2));
    assert.ok(Math.abs(state.target - 1.3) < 1e-9);
    state = stepRate(state, { latency: 1.3, ahead: 1, elapsed: 15 });
    assert.ok(Math.abs(state.target - 1.25) < 1e-9);
    state = stepRate(state, { latency: 1.3, ahead: 1, elapsed: 1000 });
    assert.equal(state.target, 1.2);
    for (let stalls = 0; stalls < 100; stalls += 1) state = afterStall(state);
    assert.equal(state.target, 3.2);
  });
});
