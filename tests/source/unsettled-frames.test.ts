import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Frame } from '../../src/container/frame.ts';
import { UnsettledFrames } from '../../src/source/unsettled-frames.ts';

/** The number of the frame that is given next, or that something is said of. */
function numberOf(item: ReturnType<UnsettledFrames['next']>): unknown {
  if (item === undefined) return undefined;
  return 'data' in item ? item.number : { of: item.frame.number };
}

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
      [0, 1, 2].map(() => numberOf(kept.next(first))),
      [0, 1, 2],
    );
    kept.settle(1, 0);
    assert.deepEqual(
      [2, 3, 4].map(() => numberOf(kept.next(second))),
      [2, 3, 4],
    );
    assert.equal(kept.next(second), undefined);
    kept.add(frame(5));
    assert.equal(numberOf(kept.next(second)), 5);
  });

  test('what is said late is kept until it is listed, too, however long its frame is', () => {
    const kept = new UnsettledFrames();
    const late = (number: number) => ({ frame: { number, pts: number * 1000 }, objects: [] });
    const [first, second, third] = [{}, {}, {}];
    const all = (taker: object) => Array.from({ length: 4 }, () => numberOf(kept.next(taker)));
    kept.add(frame(0));
    assert.equal(numberOf(kept.next(first)), 0);
    kept.add(frame(1));
    kept.hear(late(0));
    kept.hear(late(1));
    // The frame was listed before it heard of more.
    kept.settle(0, 0);
    assert.deepEqual(all(first), [1, { of: 0 }, { of: 1 }, undefined]);
    assert.deepEqual(all(second), [1, { of: 0 }, { of: 1 }, undefined]);
    // It has heard both, and of the second one the frame is not listed.
    kept.settle(0, 2);
    assert.deepEqual(all(third), [1, { of: 1 }, undefined, undefined]);
    kept.settle(1, 1);
    assert.deepEqual(all({}), [undefined, undefined, undefined, undefined]);
  });

  test('keeps no more than it may: the oldest goes, and what was said of it comes to the next', () => {
    const kept = new UnsettledFrames();
    const large = 48 * 1024 * 1024;
    kept.add(frame(0, large, [{ text: 'lost' }]));
    assert.ok(kept.enough);
    kept.add(frame(1, large));
    kept.add(frame(2, large));
    const next = kept.next({});
    assert.ok(next !== undefined && 'data' in next);
    assert.equal(next.number, 1);
    assert.deepEqual(next.annotations?.markers, [
      { text: 'lost', class: 'note', duration: 0, data: {}, moved: { by: 1000, number: 0, index: 0 } },
    ]);
  });
});
