import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Frame } from '../../src/container/frame.ts';
import { UnsettledFrames } from '../../src/source/unsettled-frames.ts';

function frame(number: number, bytes = 4, markers: { text: string }[] = []): Frame {
  const full = markers.map(({ text }) => ({ text, class: 'note', duration: 0, data: {} }));
  const said = full.length > 0 ? { annotations: { markers: full } } : {};
  return {
    number,
    pts: number * 1000,
    capturedAt: 0,
    width: 2,
    height: 2,
    data: new Uint8Array(bytes),
    ...said,
  };
}

describe('UnsettledFrames', () => {
  test('gives a successor again what was not listed, and each taker every frame once', () => {
    const kept = new UnsettledFrames();
    const [first, second] = [{}, {}];
    for (let number = 0; number < 5; number += 1) kept.add(frame(number));
    assert.deepEqual(
      [kept.next(first)?.number, kept.next(first)?.number, kept.next(first)?.number],
      [0, 1, 2],
    );
    kept.settle(1);
    assert.deepEqual(
      [2, 3, 4].map(() => kept.next(second)?.number),
      [2, 3, 4],
    );
    assert.equal(kept.next(second), undefined);
    kept.add(frame(5));
    assert.equal(kept.next(second)?.number, 5);
  });

  test('keeps no more than it may: the oldest goes, and what was said of it comes to the next', () => {
    const kept = new UnsettledFrames();
    const large = 48 * 1024 * 1024;
    kept.add(frame(0, large, [{ text: 'lost' }]));
    assert.ok(kept.enough);
    kept.add(frame(1, large));
    kept.add(frame(2, large));
    const next = kept.next({});
    assert.equal(next?.number, 1);
    assert.deepEqual(next?.annotations?.markers, [
      { text: 'lost', class: 'note', duration: 0, data: {}, moved: { by: 1000, number: 0, index: 0 } },
    ]);
  });
});
