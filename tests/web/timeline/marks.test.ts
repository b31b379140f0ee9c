import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Marker } from '../../../web/markers/marker-list.ts';
import { lanesOf } from '../../../web/timeline/lanes.ts';
import { indexMarkers } from '../../../web/timeline/marker-index.ts';
import { layOutMarks, type Mark, markAt, type Scale } from '../../../web/timeline/marks.ts';
import fc from '../../property.ts';

const marker = (at: number, duration: number | null = 0, kind = 'motion'): Marker => ({
  ...{ id: `${kind}${at}`, date: at * 1e6, pts: at * 1e6, text: '', class: kind, source: 'test' },
  duration: duration === null ? null : duration * 1e6,
});
/** Dates `from` to `to` in seconds over `width` pixels. */
const scale = (from: number, to: number, width: number): Scale => ({
  ...{ from: from * 1e6, to: to * 1e6, width },
  x: (date) => ((date / 1e6 - from) / (to - from)) * width,
});
const shape = { head: 4, apart: 2, widest: 32 };
const layOut = (list: readonly Marker[], on: Scale) => layOutMarks(indexMarkers(list), on, shape);
const brief = (marks: readonly Mark[]) => marks.map(({ x, count }) => [Math.round(x), count]);

describe('layOutMarks', () => {
  test('an instant is a tick, an interval reaches to its end, what goes on reaches to the end of the view', () => {
    const marks = layOut([marker(10), marker(20, 30), marker(60, null)], scale(0, 100, 1000));
    assert.deepEqual(
      marks.map(({ x, end, open }) => [x, end, open]),
      [
        [100, 104, false],
        [200, 500, false],
        [600, 1000, true],
      ],
    );
  });

  test('heads that touch are one cluster, wherever they lie, and spread when zoomed', () => {
    for (let at = 3; at < 90; at += 0.37) {
      const list = [marker(at), marker(at + 0.4), marker(at + 0.9)];
      assert.deepEqual(
        layOut(list, scale(0, 100, 1000)).map(({ count }) => count),
        [3],
      );
      assert.deepEqual(brief(layOut(list, scale(at - 1, at + 9, 1000))), [
        [100, 1],
        [140, 1],
        [190, 1],
      ]);
    }
  });

  test('stand in order, too, where what came later has the earlier dates: the clock was set back', () => {
    const on = scale(0, 100, 1000);
    const setBack = { ...on, x: (date: number) => (date < 50e6 ? on.x(date) + 500 : on.x(date) - 500) };
    const marks = layOut([marker(60), marker(90), marker(10), marker(10.2), marker(40)], setBack);
    assert.deepEqual(brief(marks), [
      [100, 1],
      [400, 1],
      [600, 2],
      [900, 1],
    ]);
  });

  test('no marker is lost or counted twice, and marks stand in order', () => {
    const instants = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 300 });
    fc.assert(
      fc.property(instants, fc.integer({ min: 1, max: 2000 }), (dates, width) => {
        const marks = layOut(
          dates.map((at) => marker(at)),
          scale(0, 100, width),
        );
        assert.equal(
          marks.reduce((sum, { count }) => sum + count, 0),
          dates.length,
        );
        marks.forEach((mark, at) => {
          assert.ok(at === 0 || mark.x >= (marks[at - 1]?.x ?? 0));
          assert.ok(mark.head - mark.x <= shape.widest + shape.head + 1e-6);
        });
      }),
    );
  });

  test('clusters stay the same while the view is panned', () => {
    const list = Array.from({ length: 2000 }, (_, at) => marker(at / 10 + ((at * 7) % 10) / 50));
    const inside = (marks: readonly Mark[]) =>
      marks
        .filter(({ x, head }) => x > 100 && head < 900)
        .map(({ first, count }) => [list.indexOf(indexMarkers(list).markers[first] as Marker), count]);
    const before = inside(layOut(list, scale(50, 150, 1000)));
    const after = layOut(list, scale(50.123, 150.123, 1000)).map(({ first, count }) => [first, count]);
    const index = indexMarkers(list);
    const asPlaces = after.map(([first = 0, count]) => [list.indexOf(index.markers[first] as Marker), count]);
    for (const mark of before) {
      assert.ok(
        asPlaces.some((other) => other[0] === mark[0] && other[1] === mark[1]),
        `cluster ${mark}`,
      );
    }
  });

  test('what began before the view and lasts is one mark, however many events it is', () => {
    const marks = layOut([marker(1, 60), marker(2, 70), marker(3, null), marker(55)], scale(50, 100, 1000));
    assert.deepEqual(
      marks.map(({ count, end }) => [count, Math.round(end)]),
      [
        [3, 1000],
        [1, 104],
      ],
    );
  });

  test('says when a cluster mixes classes', () => {
    const on = scale(0, 100, 1000);
    assert.equal(layOut([marker(10), marker(10.1)], on)[0]?.mixed, false);
    assert.equal(layOut([marker(10), marker(10.1, 0, 'other')], on)[0]?.mixed, true);
  });

  test('ten thousand markers are not more marks than there is room for', () => {
    const list = Array.from({ length: 10_000 }, (_, at) => marker(at / 100));
    assert.ok(layOut(list, scale(0, 100, 1000)).length <= 1000 / (shape.widest / 2) + 1);
  });
});

describe('markAt', () => {
  const marks = layOut([marker(10, 30), marker(20), marker(60)], scale(0, 100, 1000));

  test('finds the nearest head in reach, else what lies under the pointer', () => {
    assert.equal(markAt(marks, 197, 6)?.x, 200);
    assert.equal(markAt(marks, 150, 6)?.x, 100);
    assert.equal(markAt(marks, 595, 6)?.x, 600);
    assert.equal(markAt(marks, 595, 3), undefined);
    assert.equal(markAt(marks, 500, 6), undefined);
    assert.equal(markAt([], 500, 6), undefined);
  });

  test('reaches further for a finger', () => {
    assert.equal(markAt(marks, 580, 22)?.x, 600);
    assert.equal(markAt(marks, 575, 22), undefined);
  });
});

describe('lanesOf', () => {
  test('gives each class a row, by name, and those beyond the last a row together', () => {
    const list = ['d', 'b', 'a', 'c', 'a'].map((kind, at) => marker(at, 0, kind));
    const brief = (most: number) =>
      lanesOf(list, most).map(({ kind, index }) => [kind, index.markers.length]);
    assert.deepEqual(brief(4), [
      ['a', 2],
      ['b', 1],
      ['c', 1],
      ['d', 1],
    ]);
    assert.deepEqual(brief(3), [
      ['a', 2],
      ['b', 1],
      [undefined, 2],
    ]);
    assert.deepEqual(lanesOf([], 3), []);
  });

  test('puts events that overlap on different steps, three at most, and uses a free one again', () => {
    const events = [marker(0, 10), marker(2, 3), marker(4, 10), marker(5.5, 2), marker(6, 1), marker(20, 1)];
    const [lane] = lanesOf(events, 3);
    assert.deepEqual([...(lane?.stack.levels ?? [])], [0, 1, 2, 1, 1, 0]);
  });

  test('gives the whole row to what overlaps nothing', () => {
    const [lane] = lanesOf([marker(0, 2), marker(2, 2), marker(3, 5), marker(9), marker(10, null)], 3);
    assert.deepEqual([...(lane?.stack.depths ?? [])], [1, 2, 2, 1, 1]);
  });
});
