import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pictureArea } from '../../../web/objects/picture-area.ts';

const box = (left: number, top: number, width: number, height: number) => ({ left, top, width, height });

describe('pictureArea', () => {
  test('is all of a box of the same shape', () => {
    assert.deepEqual(pictureArea(box(0, 0, 640, 360), 16 / 9, 1), box(0, 0, 640, 360));
    assert.deepEqual(pictureArea(box(10, 20, 640, 360), 16 / 9, 2), box(20, 40, 1280, 720));
  });

  test('lies in the middle of a wider or a taller one', () => {
    assert.deepEqual(pictureArea(box(0, 0, 1000, 360), 16 / 9, 1), box(180, 0, 640, 360));
    assert.deepEqual(pictureArea(box(0, 0, 640, 500), 16 / 9, 1), box(0, 70, 640, 360));
  });

  test('grows to whole pixels of the device, and never leaves a gap beside it', () => {
    for (const scale of [1, 1.25, 1.5, 2, 2.625, 3]) {
      for (const width of [333, 389.5, 390, 1280.4]) {
        const at = box(7.3, 11.7, width, 200);
        const area = pictureArea(at, 4 / 3, scale);
        for (const edge of Object.values(area)) assert.equal(edge, Math.round(edge));
        const exact = Math.min(width, (200 * 4) / 3);
        const left = (at.left + (width - exact) / 2) * scale;
        assert.ok(area.left <= left + 0.02 && area.left > left - 1);
        assert.ok(area.left + area.width >= left + exact * scale - 0.02);
        assert.ok(area.width < exact * scale + 2);
      }
    }
  });
});
