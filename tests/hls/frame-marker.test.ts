import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newMarker } from '../../src/api/http/schemas.ts';
import { isFault, readFrameMarking } from '../../src/hls/frame-marker.ts';
import { tried } from '../long.ts';
import fc from '../property.ts';

const deep = (depth: number): unknown => (depth === 0 ? {} : { a: deep(depth - 1) });

const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  text: [undefined, '', 'x', 'x'.repeat(1000), 'x'.repeat(1001), '😀'.repeat(501), 5, null, ['x'], '\u0000'],
  class: [undefined, 'note', 'a b', '', 'x'.repeat(64), 'x'.repeat(65), null, 7, 'ä', 'a\n'],
  duration: [undefined, null, 0, 2.5, -1, 604_800, 604_801, Number.POSITIVE_INFINITY, Number.NaN, '2', true],
  data: [
    undefined,
    {},
    { a: [1, null] },
    [1],
    null,
    'x',
    deep(15),
    deep(16),
    { x: 'x'.repeat(5000) },
    Array(2000).fill(0),
  ],
  id: [undefined, 'a', 'events', '..', '../x', 'x'.repeat(128), 'x'.repeat(129), 5, null, 'a\n'],
  extra: [undefined, 1, null],
};

describe('readFrameMarking', () => {
  test('takes what POST /markers takes, and refuses what it refuses, at the same place', () => {
    const any = fc.record(
      Object.fromEntries(Object.entries(VALUES).map(([name, values]) => [name, fc.constantFrom(...values)])),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(any, fc.jsonValue()), (value) => {
        const given: unknown = JSON.parse(JSON.stringify(value), (_, inner) => inner);
        if (
          typeof given === 'object' &&
          given !== null &&
          ('end' in given || 'time' in given || 'date' in given)
        )
          return;
        const ours = readFrameMarking(given);
        const theirs = newMarker.safeParse(given);
        assert.equal(!isFault(ours), theirs.success, JSON.stringify(given));
        if (isFault(ours) || !theirs.success) return;
        assert.deepEqual(
          { ...ours, id: 'id' in ours ? ours.id : undefined },
          {
            ...theirs.data,
            id: theirs.data.id,
            duration: theirs.data.duration === null ? null : Math.round(theirs.data.duration * 1e6),
          },
        );
      }),
      { numRuns: tried(3000, 30_000) },
    );
  });

  test('has no time of its own, for it is that of its frame', () => {
    for (const field of ['time', 'date', 'sourcePts', 'frame']) {
      const read = readFrameMarking({ text: 'x', [field]: 1 });
      assert.ok(isFault(read) && read.path === `/${field}`);
    }
  });

  test('ends what was opened under its id', () => {
    assert.deepEqual(readFrameMarking({ id: 'door', end: true }), { id: 'door', end: true });
    for (const [value, path] of [
      [{ end: true }, '/id'],
      [{ id: 'door', end: false }, '/end'],
      [{ id: 'door', end: true, text: 'x' }, ''],
      [{ id: 'a b', end: true }, '/id'],
    ] as const) {
      const read = readFrameMarking(value);
      assert.ok(isFault(read) && read.path === path, JSON.stringify(value));
    }
  });
});
