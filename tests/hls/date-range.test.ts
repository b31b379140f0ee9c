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
import { restoringEntries } from '../../src/hls/marker-restore.ts';
import { tried } from '../long.ts';
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

  test('names a date range the same when its opening had to be written again, to a store that came back empty', () => {
    const opening = { op: 'open', marker: marker({ id: 'a', pts: 0 }), instance: 'only' } as const;
    const lost = emptyMarkerState();
    applyMarkerEntry(lost, { operations: [opening] }, 'first-7');
    // Whoever posted it got no answer, and says it again; others write again what they know.
    const again = emptyMarkerState();
    applyMarkerEntry(again, { operations: [opening] }, 'second-1');
    for (const { entry } of restoringEntries(lost, emptyMarkerState()))
      applyMarkerEntry(again, entry, 'second-2');
    const restored = emptyMarkerState();
    for (const { entry } of restoringEntries(lost, emptyMarkerState()))
      applyMarkerEntry(restored, entry, 'second-1');
    const listed = [lost, again, restored].map(({ dateRanges }) =>
      [...dateRanges.values()].map(renderDateRange),
    );
    assert.match(listed[0]?.[0] ?? '', /ID="a@only"/);
    assert.deepEqual(listed, Array(3).fill(listed[0]));
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

describe('a crowd of events', () => {
  test('a playlist lists no more than it can carry, and none that it lists leaves for those that come later', () => {
    const markers = emptyMarkerState();
    const media = new SimulatedStream({ window: 60_000_000 });
    for (let count = 0; count < 60; count += 1) media.segment([1_000_000]);
    const each = tried(1000, 5000);
    let listed: readonly string[] = [];
    for (let batch = 0; batch < 20; batch += 1) {
      const operations = Array.from({ length: each }, (_, index) => ({
        op: 'open' as const,
        // Not in the order of their time.
        marker: marker({
          id: `${batch}.${index}`,
          pts: ((index * 7919) % each) * (60_000_000 / each),
          duration: 1000,
        }),
      }));
      applyMarkerEntry(markers, { operations }, `g-${batch}`);
      const now = listedDateRanges(media.state, markers).map(({ id }) => id);
      const present = new Set(now);
      assert.deepEqual(
        listed.filter((id) => !present.has(id)),
        [],
        `batch ${batch}`,
      );
      listed = now;
    }
    assert.equal(markers.dateRanges.size, 20 * each);
    assert.ok(listed.length >= 2048 && listed.length <= 4096, `${listed.length}`);
    const ranges = listedDateRanges(media.state, markers);
    const text = ranges.map(renderDateRange).join('');
    assert.ok(text.length < 600_000, `${text.length} bytes`);
    assert.deepEqual(
      ranges.map(({ pts }) => pts),
      ranges.map(({ pts }) => pts).toSorted((a, b) => a - b),
    );
  });

  test('none leaves for those that come after a new life of Redis began, whose numbers are short again', () => {
    const markers = emptyMarkerState();
    const media = new SimulatedStream({ window: 600_000_000 });
    for (let count = 0; count < 60; count += 1) media.segment([1_000_000]);
    const post = (cursor: string, pts: number) =>
      applyMarkerEntry(
        markers,
        { operations: [{ op: 'open', marker: marker({ id: cursor, pts, duration: 0 }) }] },
        cursor,
      );
    for (let count = 0; count < 128; count += 1) post(`1795769971940-${count}`, 1_000_000 + count * 100_000);
    const before = listedDateRanges(media.state, markers).map(({ id }) => id);
    assert.equal(before.length, 128);
    for (let count = 0; count < 20; count += 1) post(`1795769990000-${count}`, 14_000_000 + count * 100_000);
    assert.deepEqual(
      listedDateRanges(media.state, markers).map(({ id }) => id),
      before,
    );
  });

  test('finding what is listed costs no more for all that is kept beyond it', () => {
    const markers = emptyMarkerState();
    const media = new SimulatedStream({ window: 60_000_000 });
    media.startRun(600_000_000_000);
    for (let count = 0; count < 60; count += 1) media.segment([1_000_000]);
    for (let batch = 0; batch < 50; batch += 1) {
      const operations = Array.from({ length: 1000 }, (_, index) => ({
        op: 'open' as const,
        marker: marker({ id: `${batch}.${index}`, pts: (batch * 1000 + index) * 10_000_000, duration: 1000 }),
      }));
      applyMarkerEntry(markers, { operations }, `g-${batch}`);
    }
    let looked = 0;
    const { dateRanges } = markers;
    const get = dateRanges.get.bind(dateRanges);
    dateRanges.get = (id) => {
      looked += 1;
      return get(id);
    };
    applyMarkerEntry(
      markers,
      { operations: [{ op: 'open', marker: marker({ id: 'now', pts: 600_030_000_000 }) }] },
      'g-50',
    );
    looked = 0;
    assert.deepEqual(
      listedDateRanges(media.state, markers).map(({ id }) => id),
      ['now'],
    );
    assert.ok(looked < 100, `${looked} of ${dateRanges.size} were looked at`);
  });
});
