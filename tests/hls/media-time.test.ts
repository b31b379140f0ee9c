import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fromIsoDate, toIsoDate } from '../../src/clock.ts';
import { dateAtPts, ptsAtDate } from '../../src/hls/media-time.ts';
import { emptyMediaState } from '../../src/hls/playlist-log.ts';
import fc from '../property.ts';
import { legal, play } from './legal-stream.ts';
import { NOON, SimulatedStream, stream } from './simulated-stream.ts';

/** Two segments of one second, ten seconds of nothing, one segment and half an open one. */
function withGap(): SimulatedStream {
  const played = new SimulatedStream();
  for (let count = 0; count < 2; count += 1) played.segment([250_000, 250_000, 250_000, 250_000]);
  played.startRun(10_000_000);
  played.segment([250_000, 250_000, 250_000, 250_000]);
  played.part(250_000);
  played.part(250_000);
  return played;
}

describe('ptsAtDate and dateAtPts', () => {
  test('undo each other wherever media is listed', () => {
    fc.assert(
      fc.property(legal, fc.double({ min: 0, max: 1, noNaN: true }), (steps, place) => {
        const { state } = play(steps, () => {});
        const stretches = [...state.segments, ...state.openParts];
        for (const { pts, date, duration } of stretches) {
          const offset = Math.floor(place * (duration - 1));
          assert.equal(ptsAtDate(state, date + offset), pts + offset);
          assert.equal(dateAtPts(state, pts + offset), date + offset);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('lead out of a gap to where media goes on, and beyond the list by its nearest clock', () => {
    const { state } = withGap();
    assert.equal(ptsAtDate(state, NOON + 5_000_000), 12_000_000);
    assert.equal(dateAtPts(state, 5_000_000), NOON + 12_000_000);
    assert.equal(ptsAtDate(state, NOON - 3), -3);
    assert.equal(ptsAtDate(state, NOON + 20_000_000), 20_000_000);
    assert.equal(dateAtPts(state, 20_000_000), NOON + 20_000_000);
  });

  test('take a date that was written to the millisecond for the instant that it names', () => {
    const { state } = withGap();
    for (const off of [-400, 348]) {
      const shifted = {
        ...state,
        segments: state.segments.map((segment) => ({ ...segment, date: segment.date + off })),
        openParts: state.openParts.map((part) => ({ ...part, date: part.date + off })),
      };
      for (const { pts, date } of [...shifted.segments, ...shifted.openParts]) {
        const named = ptsAtDate(shifted, fromIsoDate(toIsoDate(date)) ?? 0) ?? -1;
        assert.ok(named >= pts && named <= pts + 500, `${named} for ${pts}`);
      }
      // Where the list ends.
      const edge = fromIsoDate(toIsoDate(NOON + 13_500_000 + off)) ?? 0;
      assert.ok((ptsAtDate(shifted, edge) ?? Infinity) <= 13_500_000);
    }
  });

  test('know nothing when nothing is listed', () => {
    assert.equal(ptsAtDate(emptyMediaState(stream), NOON), undefined);
    assert.equal(dateAtPts(emptyMediaState(stream), 0), undefined);
  });
});
