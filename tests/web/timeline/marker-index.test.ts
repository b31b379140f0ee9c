import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Marker } from '../../../web/markers/marker-list.ts';
import { firstAt, forEachVisible, indexMarkers } from '../../../web/timeline/marker-index.ts';
import fc from '../../property.ts';

const marker = (id: string, date: number, duration: number | null = 0): Marker => ({
  ...{ id, date, duration, pts: date, text: id, class: 'motion', source: 'test' },
});

function visible(list: readonly Marker[], from: number, to: number): string[] {
  const index = indexMarkers(list);
  const found: string[] = [];
  forEachVisible(index, from, to, (at) => found.push(index.markers[at]?.id ?? ''));
  return found;
}

describe('forEachVisible', () => {
  test('finds what a walk over all markers finds, in order, for any intervals', () => {
    const durations = fc.oneof(fc.constant(null), fc.constant(0), fc.integer({ min: 1, max: 400 }));
    const markers = fc.array(fc.tuple(fc.integer({ min: 0, max: 1000 }), durations), { maxLength: 80 });
    const edge = fc.integer({ min: -10, max: 1010 });
    fc.assert(
      fc.property(markers, edge, edge, (made, one, other) => {
        const list = made.map(([date, duration], at) => marker(String(at), date, duration));
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        const expected = list
          .toSorted((a, b) => a.date - b.date)
          .filter(
            ({ date, duration }) =>
              date <= to && (date >= from || (duration === null ? true : date + duration > from)),
          );
        assert.deepEqual(
          visible(list, from, to),
          expected.map(({ id }) => id),
        );
      }),
    );
  });

  test('looks at few markers when few are visible, however many there are', () => {
    const list = Array.from({ length: 10_000 }, (_, at) => marker(String(at), at * 1000, at % 7));
    list[3] = marker('long', 3000, null);
    const index = indexMarkers(list);
    let reads = 0;
    const counted = (values: Float64Array) =>
      new Proxy(values, {
        get(target, key) {
          if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1;
          return Reflect.get(target, key);
        },
      });
    const watched = { ...index, starts: counted(index.starts), latest: counted(index.latest) };
    const found: number[] = [];
    forEachVisible(watched, 9_000_500, 9_003_500, (at) => found.push(at));
    assert.deepEqual(found, [3, 9001, 9002, 9003]);
    assert.ok(reads < 120, `${reads} reads for 4 of 10 000 markers`);
  });

  test('sorts by date when the clock of a source was set back', () => {
    assert.deepEqual(visible([marker('late', 50), marker('early', 20)], 0, 100), ['early', 'late']);
  });

  test('an empty list shows nothing', () => {
    assert.deepEqual(visible([], 0, 100), []);
  });
});

describe('firstAt', () => {
  test('is the number of smaller values', () => {
    const values = Float64Array.from([1, 2, 2, 5]);
    assert.deepEqual(
      [0, 1, 2, 3, 5, 6].map((least) => firstAt(values, least)),
      [0, 0, 1, 3, 3, 4],
    );
  });
});
