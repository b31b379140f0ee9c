import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Frame } from '../../src/container/frame.ts';
import { scaleFrame } from '../../src/thumbnails/scale.ts';

function white(width: number, height: number): Frame {
  return { pts: 0, capturedAt: 0, width, height, data: new Uint8Array(width * height * 4).fill(255) };
}

/** A row for each line of the tile: `#` is white, `.` is black; all of it must be opaque. */
function drawn(data: Uint8ClampedArray, width: number): string[] {
  const pixels = Array.from({ length: data.length / 4 }, (_, at) => {
    assert.equal(data[at * 4 + 3], 255);
    return data[at * 4] === 255 ? '#' : '.';
  });
  return Array.from({ length: pixels.length / width }, (_, row) =>
    pixels.slice(row * width, (row + 1) * width).join(''),
  );
}

describe('scaleFrame', () => {
  test('a frame of the aspect of its tile fills it', () => {
    assert.deepEqual(drawn(scaleFrame(white(64, 36), { width: 4, height: 2 }), 4), ['####', '####']);
  });

  test('a frame of another shape stands in the middle of black, nothing stretched', () => {
    assert.deepEqual(drawn(scaleFrame(white(16, 32), { width: 8, height: 4 }), 8), [
      '...##...',
      '...##...',
      '...##...',
      '...##...',
    ]);
    assert.deepEqual(drawn(scaleFrame(white(64, 16), { width: 8, height: 6 }), 8), [
      '........',
      '........',
      '########',
      '########',
      '........',
      '........',
    ]);
  });
});
