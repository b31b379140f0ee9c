import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  applyMarkerEntry,
  emptyMarkerState,
  type Marker,
  type MarkerOperation,
  type MarkerState,
} from '../../src/hls/marker-log.ts';
import { markerAt } from '../../src/hls/marker-order.ts';
import { pruneMarkers } from '../../src/hls/marker-prune.ts';
import fc from '../property.ts';
import { marker } from './marker.ts';

function fold(...operations: MarkerOperation[]): MarkerState {
  const state = emptyMarkerState();
  for (const operation of operations) applyMarkerEntry(state, { operations: [operation] });
  return state;
}

const open = (facts: Partial<Marker>): MarkerOperation => ({ op: 'open', marker: marker(facts) });

describe('applyMarkerEntry', () => {
  test('says what each operation changed and counts versions', () => {
    const state = emptyMarkerState();
    const a = marker({ id: 'a', pts: 5 });
    assert.deepEqual(applyMarkerEntry(state, { operations: [{ op: 'open', marker: a }] }), [
      { op: 'open', marker: a },
    ]);
    const closed = { ...a, duration: 7 };
    assert.deepEqual(applyMarkerEntry(state, { operations: [{ op: 'close', id: 'a', duration: 7 }] }), [
      { op: 'close', marker: closed },
    ]);
    const edited = { ...closed, text: 'new' };
    assert.deepEqual(
      applyMarkerEntry(state, { operations: [{ op: 'edit', id: 'a', changes: { text: 'new' } }] }),
      [{ op: 'edit', marker: edited }],
    );
    assert.deepEqual(applyMarkerEntry(state, { operations: [{ op: 'delete', id: 'a' }] }), [
      { op: 'delete', marker: edited },
    ]);
    assert.equal(state.version, 4);
    assert.equal(state.markers.size, 0);
  });

  test('passes over unknown ids, second openings and ids that are gone', () => {
    const state = fold(open({ id: 'a' }), { op: 'delete', id: 'a' });
    const { version } = state;
    const operations: MarkerOperation[] = [
      open({ id: 'a' }),
      { op: 'close', id: 'a', duration: 1 },
      { op: 'edit', id: 'b', changes: { text: 'x' } },
      { op: 'delete', id: 'c' },
    ];
    assert.deepEqual(applyMarkerEntry(state, { operations }), []);
    assert.equal(state.version, version);
  });

  test('freezes what EXT-X-DATERANGE says: the opening, and the first duration', () => {
    const state = fold(
      open({ id: 'a', text: 'first', duration: null }),
      { op: 'edit', id: 'a', changes: { text: 'second' } },
      { op: 'close', id: 'a', duration: 10 },
      { op: 'edit', id: 'a', changes: { duration: 20 } },
      { op: 'delete', id: 'a' },
    );
    const range = state.dateRanges.get('a');
    assert.equal(range?.text, 'first');
    assert.equal(range?.duration, 10);
  });
});

/** Few ids and places, so that operations meet. */
const operation: fc.Arbitrary<MarkerOperation> = fc.oneof(
  fc
    .record({
      id: fc.constantFrom(...'abcdefgh'),
      pts: fc.integer({ min: 0, max: 20 }),
      duration: fc.option(fc.integer({ min: 0, max: 5 })),
    })
    .map((facts): MarkerOperation => open(facts)),
  fc.record({ op: fc.constant('close' as const), id: fc.constantFrom(...'abcdefgh'), duration: fc.nat(9) }),
  fc.record({
    op: fc.constant('edit' as const),
    id: fc.constantFrom(...'abcdefgh'),
    changes: fc.record({ duration: fc.option(fc.nat(9)) }),
  }),
  fc.record({ op: fc.constant('delete' as const), id: fc.constantFrom(...'abcdefgh') }),
);

describe('MarkerState after random operations', () => {
  test('keeps its order, its open set and its bounds in step with its markers', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
        const state = fold(...operations);
        const markers = [...state.markers.values()];
        const sorted = markers.toSorted((a, b) => a.pts - b.pts || (a.id < b.id ? -1 : 1));
        assert.deepEqual(
          state.order.map((_, index) => markerAt(state, index)),
          sorted,
        );
        const openIds = markers.filter(({ duration }) => duration === null).map(({ id }) => id);
        assert.deepEqual([...state.open].sort(), openIds.sort());
        assert.ok(markers.every(({ duration }) => (duration ?? 0) <= state.longest));
        assert.ok([...state.markers.keys()].every((id) => !state.gone.has(id)));
      }),
    );
  });

  test('loses by pruning exactly what ended before, whatever was pruned already', () => {
    fc.assert(
      fc.property(
        fc.array(operation, { maxLength: 40 }),
        fc.array(fc.nat(30), { maxLength: 5 }),
        (operations, places) => {
          const state = fold(...operations);
          const all = [...state.markers.values()];
          const ranges = [...state.dateRanges.values()];
          for (const place of places.toSorted((a, b) => a - b)) {
            pruneMarkers(state, place);
            const end = (pts: number, ...durations: (number | null | undefined)[]) =>
              durations.includes(null)
                ? Number.POSITIVE_INFINITY
                : pts + Math.max(0, ...durations.map((d) => d ?? 0));
            const firstOf = (id: string) => ranges.find((range) => range.id === id)?.duration ?? 0;
            const left = all.filter(({ id, pts, duration }) => end(pts, duration, firstOf(id)) >= place);
            assert.deepEqual(new Set(state.order), new Set(left.map(({ id }) => id)));
            assert.equal(state.order.length, state.markers.size);
            // A marker deleted while open counts as an instant.
            const reach = (id: string, pts: number) => {
              const stands = all.find((kept) => kept.id === id);
              return end(pts, stands === undefined ? 0 : stands.duration, firstOf(id));
            };
            const leftRanges = ranges.filter(({ id, pts }) => reach(id, pts) >= place);
            assert.deepEqual([...state.dateRanges.keys()].sort(), leftRanges.map(({ id }) => id).sort());
          }
        },
      ),
    );
  });

  test('does no work when nothing can have ended', () => {
    const state = fold(open({ id: 'a', pts: 100, duration: 5 }), open({ id: 'b', pts: 1, duration: null }));
    assert.equal(state.earliestEnd, 105);
    pruneMarkers(state, 105);
    assert.deepEqual(state.order, ['b', 'a']);
    pruneMarkers(state, 106);
    assert.deepEqual(state.order, ['b']);
    assert.equal(state.earliestEnd, Number.POSITIVE_INFINITY);
  });
});
