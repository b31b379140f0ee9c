import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readObjectFrames } from '../../web/api/object-json.ts';

const box = [0.1, 0.2, 0.3, 0.4];

describe('readObjectFrames', () => {
  test('reads what a server writes', () => {
    const outline = [
      [0, 0],
      [1, 0],
      [1, 1],
    ];
    const object = { label: 'cat', score: 0.5, track: '7', class: 'pet', box, outline };
    assert.deepEqual(readObjectFrames({ frames: [{ pts: 12.345678, source: 's', objects: [object] }] }), [
      { pts: 12_345_678, source: 's', objects: [object] },
    ]);
  });

  test('leaves out what cannot be drawn, and keeps the rest', () => {
    const objects = [
      ...[null, 7, {}, { label: 'a' }, { label: 'b', box: [0, 0, 1] }, { label: 'c', box: [0, 0, 2, 1] }],
      ...[
        { label: 'd', box: [0, 0, 0, 1] },
        { label: 'e', box: ['0', 0, 1, 1] },
        { label: 'f', box: [0, 0, Number.NaN, 1] },
      ],
      { label: 'good', box, score: 'high', outline: [[0, 0], 'x', [2, 2]] },
    ];
    assert.deepEqual(readObjectFrames({ frames: [{ pts: 1, objects }, { pts: 'late' }, null] }), [
      { pts: 1_000_000, source: '', objects: [{ label: 'good', box }] },
    ]);
    for (const bad of [undefined, null, 3, [], { frames: 'none' }])
      assert.deepEqual(readObjectFrames(bad), []);
  });
});
