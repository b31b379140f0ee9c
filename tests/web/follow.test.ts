import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { aheadOf, follow, type Playhead } from '../../web/player/follow.ts';
import { steadyRate } from '../../web/player/rate-controller.ts';

const promise = { partTarget: 0.343, targetDuration: 2, partHoldBack: 1.029, holdBack: 6 };
const edge = 1_700_000_000_000_000;
const head: Playhead = {
  following: true,
  lowLatency: true,
  arriving: false,
  latency: 1.5,
  ahead: 0.8,
  elapsed: 0.1,
  shown: edge - 1.2e6,
  edge,
};
const decide = (change: Partial<Playhead>) => follow(promise, steadyRate(1.2), { ...head, ...change });

describe('follow', () => {
  test('steers towards the target at the live edge', () => {
    assert.deepEqual([decide({}).playbackRate, decide({}).jump], [1.08, false]);
  });

  test('leaves a viewer who looks back alone, however far behind', () => {
    const step = decide({ following: false, shown: edge - 300e6, latency: 301 });
    assert.deepEqual([step.playbackRate, step.jump], [1, false]);
  });

  test('plays plain HLS at its own pace', () => {
    assert.equal(decide({ lowLatency: false, latency: 7 }).playbackRate, 1);
  });

  test('jumps to its distance once, as soon as what it leaves out is buffered', () => {
    const arriving = { arriving: true, latency: 2.6 };
    const waiting = decide({ ...arriving, ahead: 1 });
    assert.deepEqual([waiting.jump, waiting.arriving, waiting.playbackRate], [false, true, 1]);
    const jumping = decide({ ...arriving, ahead: 1.5 });
    assert.deepEqual([jumping.jump, jumping.arriving], [true, false]);
    assert.equal(decide({ arriving: true, latency: 1.3 }).arriving, false);
    assert.equal(decide({ ...arriving, ahead: 5, lowLatency: false }).jump, false);
  });

  test('jumps when playback fell far behind the edge', () => {
    assert.equal(decide({ shown: edge - 10e6, latency: 10 }).jump, true);
  });
});

describe('aheadOf', () => {
  const ranges = (...pairs: [number, number][]) => ({
    length: pairs.length,
    start: (index: number) => pairs[index]?.[0] ?? 0,
    end: (index: number) => pairs[index]?.[1] ?? 0,
  });

  test('is what the range round the playhead has left', () => {
    assert.equal(aheadOf(ranges([0, 5], [10, 14]), 11), 3);
  });

  test('is nothing outside every range', () => {
    assert.equal(aheadOf(ranges([0, 5]), 7), 0);
    assert.equal(aheadOf(ranges(), 7), 0);
  });
});
