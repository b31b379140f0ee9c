import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { applyMarkerEntry, emptyMarkerState, type MarkerState } from '../../src/hls/marker-log.ts';
import { fateOfFrame, type PictureRun, type RunBegin } from '../../src/hls/marker-runs.ts';
import { marker } from './marker.ts';

const [first, second, third]: readonly RunBegin[] = [
  { id: 'a', at: 0, from: 0 },
  { id: 'b', at: 130, from: 100 },
  { id: 'c', at: 200, from: 180 },
];

function see(state: MarkerState, id: string, pts: number, run?: PictureRun) {
  return applyMarkerEntry(state, {
    operations: [{ op: 'open', marker: marker({ id, pts, data: { x: 1 } }), ...(run && { run }) }],
  });
}

function begin(state: MarkerState, begins: RunBegin) {
  return applyMarkerEntry(state, { operations: [], begins });
}

function told(state: MarkerState) {
  return state.order.map((id) => [id, state.markers.get(id)?.data.frameLost === true]);
}

describe('fateOfFrame', () => {
  test('is in the media up to where that ends, in a gap behind it, and lost where the next run has begun', () => {
    const begun = [first, second, third] as RunBegin[];
    const fates = (run: PictureRun, ...all: number[]) => all.map((pts) => fateOfFrame(begun, run, pts));
    assert.deepEqual(fates({ id: 'a', at: 0 }, 99, 100, 129, 130, 500), [
      ...['shown', 'in-gap', 'in-gap', 'lost', 'lost'],
    ]);
    assert.deepEqual(fates({ id: 'b', at: 130 }, 179, 180, 200), ['shown', 'in-gap', 'lost']);
    assert.deepEqual(fates({ id: 'c', at: 200 }, 200, 1e6), ['shown', 'shown']);
    assert.deepEqual(fates({ id: 'unheard', at: 50 }, 90, 110, 140), ['shown', 'in-gap', 'lost']);
    assert.deepEqual(fates({ id: 'to come', at: 300 }, 310), ['shown'], 'what begins is about to be said');
  });
});

describe('a marker log in which runs begin', () => {
  test('keeps what is listed, has what lies in the gap say so, and withdraws what would lie on another frame', () => {
    const state = emptyMarkerState();
    begin(state, first as RunBegin);
    const run = { id: 'a', at: 0 };
    for (const [id, pts] of [
      ['listed', 90],
      ['gap', 110],
      ['other', 140],
    ] as const)
      see(state, id, pts, run);
    see(state, 'posted', 140);
    const changes = begin(state, second as RunBegin);
    assert.deepEqual(
      changes.map(({ op, marker: { id } }) => [op, id]),
      [
        ['edit', 'gap'],
        ['delete', 'other'],
      ],
    );
    assert.deepEqual(told(state), [
      ['listed', false],
      ['gap', true],
      ['posted', false],
    ]);
    assert.equal(state.dateRanges.has('other'), false, 'no date range is left of what was never listed');
    assert.deepEqual(begin(state, second as RunBegin), [], 'said again it changes nothing');
  });

  test('takes what comes late as it would have taken it in time', () => {
    const state = emptyMarkerState();
    for (const run of [first, second, third]) begin(state, run as RunBegin);
    const run = { id: 'a', at: 0 };
    assert.equal(see(state, 'other', 140, run).length, 0);
    see(state, 'gap', 110, run);
    see(state, 'listed', 90, run);
    see(state, 'present', 210, { id: 'c', at: 200 });
    assert.deepEqual(told(state), [
      ['listed', false],
      ['gap', true],
      ['present', false],
    ]);
  });

  test('has a marker say that its frame is lost, whatever else is written of it later', () => {
    const state = emptyMarkerState();
    see(state, 'gap', 110, { id: 'a', at: 0 });
    begin(state, second as RunBegin);
    applyMarkerEntry(state, { operations: [{ op: 'edit', id: 'gap', changes: { data: { x: 2 } } }] });
    applyMarkerEntry(state, { operations: [{ op: 'close', id: 'gap', duration: 50 }] });
    assert.deepEqual(state.markers.get('gap')?.data, { frameLost: true, x: 2 });
    assert.equal(state.markers.get('gap')?.duration, 50);
  });
});
