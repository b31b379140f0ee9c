import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  applyMarkerEntry,
  emptyMarkerState,
  type Marker,
  type MarkerState,
} from '../../src/hls/marker-log.ts';
import { type MarkerQuery, markerToJson, queryMarkers } from '../../src/hls/marker-query.ts';
import fc from '../property.ts';
import { marker } from './marker.ts';

function fold(markers: readonly Marker[]): MarkerState {
  const state = emptyMarkerState();
  for (const opened of markers) applyMarkerEntry(state, { operations: [{ op: 'open', marker: opened }] });
  return state;
}

function ids(state: MarkerState, query: Partial<MarkerQuery>): string {
  return queryMarkers(state, { limit: 1000, ...query })
    .markers.map(({ id }) => id)
    .join('');
}

const state = fold([
  marker({ id: 'a', pts: 10, duration: 5 }),
  marker({ id: 'b', pts: 20, duration: null }),
  marker({ id: 'c', pts: 30, duration: 0, class: 'other' }),
  marker({ id: 'd', pts: 30, duration: 100 }),
  marker({ id: 'e', pts: 40 }),
]);

describe('queryMarkers', () => {
  test('lists what begins strictly after and up to a time, ascending', () => {
    assert.equal(ids(state, {}), 'abcde');
    assert.equal(ids(state, { after: 10 }), 'bcde');
    assert.equal(ids(state, { after: 10, before: 30 }), 'bcd');
    assert.equal(ids(state, { before: 29 }), 'ab');
    assert.equal(ids(state, { class: 'other' }), 'c');
  });

  test('adds, when asked, what reaches into the range: closed beyond its start, or still open', () => {
    assert.equal(ids(state, { after: 14, before: 25, overlapping: true }), 'ab');
    assert.equal(ids(state, { after: 15, before: 25, overlapping: true }), 'b');
    assert.equal(ids(state, { after: 35, before: 36, overlapping: true }), 'bd');
  });

  test('pages without loss or repetition, also when the marker at the border goes', () => {
    const pages: string[] = [];
    let page: string | undefined;
    do {
      const answer = queryMarkers(state, { limit: 2, page });
      pages.push(answer.markers.map(({ id }) => id).join(''));
      page = answer.next ?? undefined;
    } while (page !== undefined);
    assert.deepEqual(pages, ['ab', 'cd', 'e']);
    const copy = structuredClone(state);
    const { next } = queryMarkers(copy, { limit: 3 });
    applyMarkerEntry(copy, { operations: [{ op: 'delete', id: 'c' }] });
    assert.equal(ids(copy, { page: next ?? '' }), 'de');
  });

  test('refuses a token that is not one of its own', () => {
    for (const page of ['', 'x', '1', ':a', '1:', '1:a b', '1e400:a']) {
      assert.throws(() => queryMarkers(state, { limit: 1, page }), { code: 'BAD_PARAMETER' }, page);
    }
  });

  test('agrees with a plain filter over every marker', () => {
    const facts = fc.record({
      pts: fc.nat(30),
      duration: fc.option(fc.nat(10)),
      class: fc.constantFrom('x', 'y'),
    });
    const query = fc.record({
      after: fc.option(fc.nat(30), { nil: undefined }),
      before: fc.option(fc.nat(30), { nil: undefined }),
      overlapping: fc.boolean(),
      class: fc.constantFrom(undefined, 'x'),
      limit: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(facts, { maxLength: 25 }), query, (list, asked) => {
        const markers = list.map((each, index) => marker({ ...each, id: `m${index}` }));
        const folded = fold(markers);
        const { after = -1, before = 1000 } = asked;
        const expected = markers
          .filter(({ pts, duration, class: name }) => {
            const reaches =
              asked.overlapping && pts <= after && (duration === null || pts + duration > after);
            return (pts > after || reaches) && pts <= before && (asked.class ?? name) === name;
          })
          .sort((a, b) => a.pts - b.pts || (a.id < b.id ? -1 : 1));
        const found: Marker[] = [];
        let page: string | undefined;
        do {
          const answer = queryMarkers(folded, { ...asked, page });
          assert.ok(answer.markers.length <= asked.limit);
          found.push(...answer.markers);
          page = answer.next ?? undefined;
        } while (page !== undefined);
        assert.deepEqual(found, expected);
      }),
    );
  });
});

describe('markerToJson', () => {
  test('writes seconds to the microsecond, the date to the millisecond and null for an open event', () => {
    assert.deepEqual(markerToJson(marker({ id: 'x', pts: 1_234_567, duration: null, data: { score: 1 } })), {
      id: 'x',
      stream: 'test',
      time: 1.234567,
      date: '2026-01-02T12:00:01.235Z',
      duration: null,
      text: 'seen',
      class: 'event',
      source: 'test',
      data: { score: 1 },
    });
    assert.equal(markerToJson(marker({ duration: 2_000_001 })).duration, 2.000001);
  });
});
