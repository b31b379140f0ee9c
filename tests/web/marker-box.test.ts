import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { markersAtFrame } from '../../web/markers/at-frame.ts';
import { boxOfData } from '../../web/markers/box.ts';
import { type Marker, readMarker } from '../../web/markers/marker-list.ts';
import { withMarkers } from '../../web/objects/boxes.ts';
import { areaAround } from '../../web/objects/marker-pictures.ts';

const told = { id: 'a', time: 2.5, date: '2026-01-01T00:00:00.000Z', text: 'Cat', class: 'pet' };
const marker = (pts: number, more: Partial<Marker> = {}): Marker => ({
  ...{ id: String(pts), pts, date: pts, duration: 0, text: 'Cat', class: 'pet', source: 's' },
  ...more,
});

describe('boxOfData', () => {
  test('reads a box of four shares, and one by its sides', () => {
    assert.deepEqual(boxOfData({ box: [0.1, 0.2, 0.3, 0.4] }), [0.1, 0.2, 0.3, 0.4]);
    assert.deepEqual(boxOfData({ x: 0, y: 0.5, width: 0.25, height: 0.5, more: 1 }), [0, 0.5, 0.25, 0.5]);
    assert.deepEqual(readMarker({ ...told, data: { box: [0, 0, 1, 1] } })?.box, [0, 0, 1, 1]);
  });

  test('reads none in what a program meant otherwise', () => {
    for (const data of [
      ...[undefined, null, 'box', {}, { box: 'big' }, { box: [0, 0, 640, 360] }, { box: [0, 0, 0, 0] }],
      ...[{ x: 10, y: 10, width: 5, height: 5 }, { x: 0.1, y: 0.1 }, { box: [-0.1, 0, 0.5, 0.5] }],
    ])
      assert.equal(boxOfData(data), undefined, JSON.stringify(data));
    assert.equal('box' in (readMarker({ ...told, data: {} }) ?? {}), false);
  });
});

describe('markersAtFrame', () => {
  test('finds those of that very frame among many', () => {
    const list = [
      marker(0),
      marker(1000, { id: 'b' }),
      marker(1000, { id: 'c' }),
      marker(1010),
      marker(5000),
    ];
    assert.deepEqual(
      markersAtFrame(list, 1001, 3).map(({ id }) => id),
      ['b', 'c'],
    );
    assert.deepEqual(markersAtFrame(list, 1005, 3), []);
    assert.deepEqual(markersAtFrame([], 1005, 3), []);
  });
});

describe('withMarkers', () => {
  const box = [0.1, 0.1, 0.2, 0.2] as const;
  const seen = (exact: boolean) => [{ source: 's', exact, objects: [{ label: 'cat', box }] }];

  test('adds the box of a marker, but for one that is drawn there anyway', () => {
    assert.deepEqual(withMarkers([], [marker(0, { box })])[0]?.objects, [
      { label: 'Cat', class: 'pet', box },
    ]);
    assert.equal(withMarkers(seen(true), [marker(0, { box: [0.11, 0.1, 0.2, 0.19] })]).length, 1);
    assert.equal(withMarkers(seen(true), [marker(0, { box: [0.5, 0.1, 0.2, 0.2] })]).length, 2);
    assert.equal(withMarkers(seen(false), [marker(0, { box })]).length, 2);
    assert.equal(withMarkers(seen(true), [marker(0)]).length, 1);
  });
});

describe('areaAround', () => {
  test('holds all of the box, lies in the picture and has one shape', () => {
    for (const box of [
      [0, 0, 0.01, 0.01],
      [0.95, 0.9, 0.05, 0.1],
      [0.2, 0, 0.1, 1],
      [0, 0.4, 1, 0.05],
      [0.4, 0.4, 0.1, 0.2],
    ] as const) {
      const { left, top, width, height } = areaAround(box, 1920, 1080);
      assert.ok(left >= 0 && top >= 0 && left + width <= 1920.001 && top + height <= 1080.001, `${box}`);
      assert.ok(Math.abs(width / height - 1.6) < 0.001, `${box}`);
      const middle = [(box[0] + box[2] / 2) * 1920, (box[1] + box[3] / 2) * 1080] as const;
      assert.ok(middle[0] > left && middle[0] < left + width && middle[1] > top && middle[1] < top + height);
    }
  });
});
