import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listedDateRanges, removedDateRanges, renderDateRange } from '../../src/hls/date-range.ts';
import { listedFrom } from '../../src/hls/listed-from.ts';
import {
  applyMarkerEntry,
  emptyMarkerState,
  type Marker,
  type MarkerState,
} from '../../src/hls/marker-log.ts';
import { marker } from './marker.ts';
import { NOON, SimulatedStream } from './simulated-stream.ts';

function open(state: MarkerState, facts: Partial<Marker>): void {
  applyMarkerEntry(state, { operations: [{ op: 'open', marker: marker(facts) }] });
}

/** Segments of one second from `first` on; four of them are listed. */
function slidTo(first: number): SimulatedStream {
  const played = new SimulatedStream({ window: 4_000_000 });
  for (let count = 0; count < first + 4; count += 1) played.segment([250_000, 250_000, 250_000, 250_000]);
  assert.equal(played.state.segments[0]?.pts, first * 1_000_000);
  return played;
}

const ids = (ranges: readonly { id: string }[]) => ranges.map(({ id }) => id).join('');

describe('listedDateRanges', () => {
  test('lists what maps to listed media in the order of PTS: reaching in, inside, still open', () => {
    const markers = emptyMarkerState();
    open(markers, { id: 'f', pts: 14_500_000 });
    open(markers, { id: 'e', pts: 12_000_000, duration: 100_000_000 });
    open(markers, { id: 'd', pts: 11_000_000, duration: 0 });
    open(markers, { id: 'c', pts: 2_000_000, duration: 8_500_000 });
    open(markers, { id: 'b', pts: 1_000_000, duration: null });
    open(markers, { id: 'a', pts: 1_000_000, duration: 1_000_000 });
    assert.equal(ids(listedDateRanges(slidTo(10).state, markers)), 'bcde');
  });

  test('gives the same list back until something about it changes', () => {
    const markers = emptyMarkerState();
    const played = slidTo(2);
    open(markers, { id: 'a', pts: 2_500_000, duration: 1_000_000 });
    open(markers, { id: 'b', pts: 6_600_000 });
    const first = listedDateRanges(played.state, markers);
    assert.equal(ids(first), 'a');
    assert.equal(listedDateRanges(played.state, markers), first);
    played.part(250_000);
    assert.equal(listedDateRanges(played.state, markers), first);
    played.part(250_000);
    played.part(250_000);
    const second = listedDateRanges(played.state, markers);
    assert.equal(ids(second), 'ab');
    played.part(250_000, true);
    assert.equal(listedDateRanges(played.state, markers), second);
    played.segment([250_000, 250_000, 250_000, 250_000]);
    assert.equal(ids(listedDateRanges(played.state, markers)), 'b');
  });

  test('keeps the date range of a deleted marker as long as its media, as a duration is never withdrawn', () => {
    const markers = emptyMarkerState();
    open(markers, { id: 'a', pts: 2_500_000, duration: 1_000_000 });
    open(markers, { id: 'b', pts: 2_500_000, duration: null });
    applyMarkerEntry(markers, {
      operations: [
        { op: 'delete', id: 'a' },
        { op: 'delete', id: 'b' },
      ],
    });
    assert.equal(ids(listedDateRanges(slidTo(2).state, markers)), 'ab');
    assert.equal(ids(listedDateRanges(slidTo(3).state, markers)), 'a');
    assert.equal(ids(listedDateRanges(slidTo(4).state, markers)), '');
    assert.deepEqual(removedDateRanges(slidTo(4).state, markers, 1_000_000), ['a']);
    assert.deepEqual(removedDateRanges(slidTo(4).state, markers, 2_000_000), ['a', 'b']);
  });

  test('counts in media what left of late, though PTS jumps over a long silence', () => {
    const markers = emptyMarkerState();
    open(markers, { id: 'a', pts: 500_000, duration: 100_000 });
    open(markers, { id: 'b', pts: 2_500_000, duration: 100_000 });
    const played = new SimulatedStream({ window: 4_000_000 });
    const second = [250_000, 250_000, 250_000, 250_000];
    for (let count = 0; count < 3; count += 1) played.segment(second);
    played.startRun(3_600_000_000);
    for (let count = 0; count < 4; count += 1) played.segment(second);
    assert.equal(played.state.segments[0]?.pts, 3_603_000_000);
    assert.deepEqual(removedDateRanges(played.state, markers, 1_000_000), ['b']);
    assert.deepEqual(removedDateRanges(played.state, markers, 3_000_000), ['a', 'b']);
    assert.equal(listedFrom(played.state, 3_000_000), 0);
    for (let count = 0; count < 20; count += 1) played.segment(second);
    assert.ok(played.state.removed.length <= 12, 'no more is remembered than the skip boundary needs');
    assert.deepEqual(removedDateRanges(played.state, markers, 12_000_000), []);
  });

  test('lists nothing when no media is listed', () => {
    const markers = emptyMarkerState();
    open(markers, { id: 'a' });
    assert.deepEqual(listedDateRanges(new SimulatedStream().state, markers), []);
  });
});

describe('renderDateRange', () => {
  test('writes any text as a quoted-string on one line', () => {
    const facts = { id: 'x', class: 'c', pts: 1, date: NOON, duration: 500_000 };
    const text = 'a"b\r\n\u0000\u2028c\ud800 e\u0301 <img onerror>, =';
    assert.equal(
      renderDateRange({ ...facts, text }),
      '#EXT-X-DATERANGE:ID="x",CLASS="c",START-DATE="2026-01-02T12:00:00.000Z",DURATION=0.500000,' +
        'X-TEXT="a\'b c\ufffd \u00e9 <img onerror>, =",X-PTS=0.000001\n',
    );
  });
});
