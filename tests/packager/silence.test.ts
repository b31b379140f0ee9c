import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Silence } from '../../src/packager/silence.ts';
import fc from '../property.ts';

/** A watch that has seen frames after these pauses, in milliseconds, and the time of the last. */
function watched(stall: number, pauses: readonly number[]) {
  const silence = new Silence(stall);
  let now = 1000;
  silence.arrived(now);
  for (const pause of pauses) {
    now += pause;
    silence.arrived(now);
  }
  return { silence, now };
}

const isSilent = ({ silence, now }: ReturnType<typeof watched>, after: number) =>
  silence.lasts(now + after) >= silence.limit;

describe('Silence', () => {
  const steady = (rate: number) => Array(20).fill(1000 / rate);

  test('is a stall for a source of many frames a second, and three intervals for a slow one', () => {
    for (const rate of [60, 25, 5, 1]) {
      assert.equal(isSilent(watched(5000, steady(rate)), 4999), false, `${rate} frames/s`);
      assert.equal(isSilent(watched(5000, steady(rate)), 5000), true, `${rate} frames/s`);
    }
    assert.equal(isSilent(watched(5000, steady(0.2)), 14_999), false);
    assert.equal(isSilent(watched(5000, steady(0.2)), 15_000), true);
  });

  test('is not there before the first frame, and long for a source that is not known yet', () => {
    assert.equal(new Silence(1000).lasts(1e9), 0);
    for (const pauses of [[], [40], [40, 40]]) {
      assert.equal(isSilent(watched(1000, pauses), 14_999), false);
      assert.equal(isSilent(watched(1000, pauses), 15_000), true);
    }
  });

  test('learns neither a silence nor a burst, but that a source has become slow', () => {
    const usual = steady(25);
    for (const odd of [[60_000], [60_000, 40, 60_000], [0, 0, 0]])
      assert.equal(watched(2000, [...usual, ...odd]).silence.limit, 2000);
    assert.equal(watched(2000, [...usual, 10_000, 10_000, 10_000, 10_000]).silence.limit, 30_000);
  });

  test('never comes while a source keeps its rate, whatever it is and however it jitters', () => {
    const rates = fc.double({ min: 0.2, max: 60, noNaN: true });
    const jitter = fc.array(fc.double({ min: -0.5, max: 0.5, noNaN: true }), {
      minLength: 30,
      maxLength: 60,
    });
    fc.assert(
      fc.property(rates, jitter, fc.integer({ min: 1000, max: 600_000 }), (rate, shares, stall) => {
        const silence = new Silence(stall);
        let now = 0;
        for (const [index, share] of shares.entries()) {
          const next = Math.max(now, ((index + share) * 1000) / rate);
          assert.ok(silence.lasts(next) < silence.limit, `silent after ${next - now} ms at ${rate} frames/s`);
          now = next;
          silence.arrived(now);
        }
        assert.ok(silence.lasts(now + Math.max(stall, 9000 / rate) + 1) >= silence.limit, 'it does come');
      }),
      // Pairs of frames, and one of which few steps were known.
      {
        examples: [
          [0.5, Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 0.5 : -0.5)), 1000],
          [0.2, [0, -1 / 3, 0, -0.5, 0.5, ...Array(30).fill(0)], 1000],
        ],
      },
    );
  });
});
