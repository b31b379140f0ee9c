import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { applyChanges, dropBefore, markerList, readMarker } from '../../web/markers/marker-list.ts';
import fc from '../property.ts';

const json = (id: string, time: number, duration: number | null = 0) => ({
  id,
  stream: 's',
  time,
  date: new Date(1_700_000_000_000 + time * 1000).toISOString(),
  duration,
  text: `text of ${id}`,
  class: 'motion',
  source: 'test',
  data: {},
});
const marker = (id: string, time: number, duration: number | null = 0) => {
  const read = readMarker(json(id, time, duration));
  assert.ok(read !== undefined);
  return read;
};

describe('readMarker', () => {
  test('reads seconds into microseconds and dates into the epoch', () => {
    const read = readMarker(json('a', 12.345678, 0.4));
    assert.equal(read?.pts, 12_345_678);
    assert.equal(read?.date, 1_700_000_012_345_000);
    assert.equal(read?.duration, 400_000);
  });

  test('an event that goes on has no duration', () => {
    assert.equal(readMarker(json('a', 1, null))?.duration, null);
  });

  test('what is no marker is none', () => {
    for (const value of [null, 7, 'x', {}, { id: 'a' }, { ...json('a', 1), date: 'yesterday' }]) {
      assert.equal(readMarker(value), undefined);
    }
  });
});

describe('applyChanges', () => {
  const list = markerList([marker('b', 2), marker('a', 1)]);

  test('keeps markers in the order of their time', () => {
    assert.deepEqual(
      applyChanges(list, [{ op: 'open', marker: marker('c', 1.5) }]).map(({ id }) => id),
      ['a', 'c', 'b'],
    );
  });

  test('said twice is said once', () => {
    const open = { op: 'open', marker: marker('c', 3) };
    assert.deepEqual(applyChanges(applyChanges(list, [open]), [open]), applyChanges(list, [open]));
  });

  test('close and edit replace, delete removes, an unknown id does no harm', () => {
    const changed = applyChanges(list, [
      { op: 'close', marker: marker('a', 1, 2) },
      { op: 'delete', marker: marker('b', 2) },
      { op: 'delete', marker: marker('z', 2) },
    ]);
    assert.deepEqual(
      changed.map(({ id, duration }) => [id, duration]),
      [['a', 2_000_000]],
    );
  });

  test('does what putting everything in and sorting anew would do', () => {
    const change = fc.record({
      op: fc.constantFrom('open', 'close', 'edit', 'delete'),
      id: fc.constantFrom(...'abcdefgh'),
      time: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(change), fc.array(change), (before, after) => {
        const read = (made: typeof before) =>
          made.map(({ op, id, time }) => ({ op, marker: marker(id, time) }));
        const start = markerList(read(before).map((made) => made.marker));
        const byId = new Map(start.map((made) => [made.id, made]));
        for (const { op, marker: made } of read(after)) {
          if (op === 'delete') byId.delete(made.id);
          else byId.set(made.id, made);
        }
        assert.deepEqual(applyChanges(start, read(after)), markerList(byId.values()));
      }),
    );
  });

  test('no change gives the very same list', () => {
    assert.equal(applyChanges(list, []), list);
  });
});

describe('dropBefore', () => {
  test('drops what ended before the window and keeps what reaches into it or goes on', () => {
    const list = markerList([
      marker('old', 1, 1),
      marker('long', 1, 60),
      marker('open', 1, null),
      marker('new', 50),
    ]);
    const start = 1_700_000_030_000_000;
    assert.deepEqual(
      dropBefore(list, start).map(({ id }) => id),
      ['long', 'open', 'new'],
    );
    assert.equal(dropBefore(list, 0), list);
  });
});
