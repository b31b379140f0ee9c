import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dateRangeId, dateRangesWithin } from '../../src/hls/date-range.ts';
import { markerFold, type SavedMarker } from '../../src/hls/marker-checkpoint.ts';
import type { MarkerLogEntry, MarkerOperation, MarkerState } from '../../src/hls/marker-log.ts';
import { CheckpointedFold, isCheckpoint } from '../../src/store/log/checkpoint.ts';
import type { LogEntry } from '../../src/store/store.ts';
import fc from '../property.ts';
import { marker } from './marker.ts';

const ids = [...'abcdefgh'];

/** Few ids and places, so that operations meet. */
const operation: fc.Arbitrary<MarkerOperation> = fc.oneof(
  fc
    .record({
      id: fc.constantFrom(...ids),
      pts: fc.nat(30),
      duration: fc.option(fc.nat(5)),
      run: fc.option(fc.nat(2), { nil: undefined }),
    })
    .map(
      ({ run, ...facts }): MarkerOperation => ({
        ...{ op: 'open', marker: marker(facts) },
        ...(run !== undefined && { run: { id: `${run}`, at: 10 * run } }),
      }),
    ),
  fc.record({ op: fc.constant('close' as const), id: fc.constantFrom(...ids), duration: fc.nat(9) }),
  fc.record({
    op: fc.constant('edit' as const),
    id: fc.constantFrom(...ids),
    changes: fc.record({ duration: fc.option(fc.nat(9)) }),
  }),
  fc.record({ op: fc.constant('delete' as const), id: fc.constantFrom(...ids) }),
);

/** What may happen to a log; `parts` are written one by one, so that others come between, and perhaps not all. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.array(operation, { maxLength: 3 }).map((operations) => ({ operations })) },
  {
    weight: 1,
    arbitrary: fc.record({ run: fc.nat(2), before: fc.nat(9) }).map(({ run, before }) => ({
      operations: [],
      begins: { id: `${run}`, at: 10 * run, from: 10 * run - before },
    })),
  },
  { weight: 2, arbitrary: fc.nat(30).map((before) => ({ type: 'release' as const, schema: 1, before })) },
  { weight: 2, arbitrary: fc.constantFrom('checkpoint' as const, 'part' as const, 'part' as const) },
  { weight: 1, arbitrary: fc.constantFrom('trim' as const, 'dies' as const, 'reader' as const) },
);

type Fold = CheckpointedFold<MarkerState, MarkerLogEntry, unknown, SavedMarker>;

/** A log and its owner, an entry at a time. */
class SimulatedLog {
  entries: LogEntry[] = [];
  /** As long as it is read from its true beginning: the right one. */
  readonly owner: Fold = new CheckpointedFold(markerFold);
  readonly readers: { readonly fold: Fold; seen: number }[] = [];
  #count = 0;
  #writing: { readonly id: string; readonly parts: readonly SavedMarker[][]; index: number } | undefined;

  append(value: unknown): void {
    const entry = { cursor: `g-${this.#count}`, value: structuredClone(value) };
    this.#count += 1;
    this.entries.push(entry);
    this.owner.take(entry);
  }

  /** Nobody writes down what an empty log says. */
  begin(): void {
    if (this.#count === 0) return;
    const id = `c${this.#count}`;
    const saved = markerFold.save(this.owner.state);
    const parts = [saved.slice(0, 2), saved.slice(2, 4), saved.slice(4)];
    this.append({ type: 'checkpoint', schema: 1, id });
    this.#writing = { id, parts, index: 0 };
  }

  part(): void {
    const writing = this.#writing;
    if (writing === undefined) return;
    const { id, parts, index } = writing;
    writing.index += 1;
    if (writing.index === parts.length) this.#writing = undefined;
    this.append({
      ...{ type: 'checkpoint-part', schema: 1, id, index, of: parts.length },
      saved: parts[index],
    });
  }

  dies(): void {
    this.#writing = undefined;
  }

  trim(): void {
    const from = this.entries.findIndex(({ cursor }) => cursor === this.owner.trimBefore);
    if (from > 0) this.entries = this.entries.slice(from);
  }

  read(reader: { readonly fold: Fold; seen: number }, until = this.#count): void {
    for (const entry of this.entries) {
      const number = Number(entry.cursor.slice(2));
      if (number < reader.seen || number >= until) continue;
      reader.fold.take(entry);
      reader.seen = number + 1;
    }
  }

  /** One who begins now, and has read no further than it is now when the log goes on. */
  startReader(): void {
    const reader = { fold: new CheckpointedFold(markerFold), seen: 0 };
    this.readers.push(reader);
    this.read(reader);
  }
}

/** All that anybody is told of it. */
function shown(state: MarkerState) {
  return {
    markers: state.order.map((id) => state.markers.get(id)),
    ranges: [...state.dateRanges.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    gone: [...state.gone].sort(),
    open: [...state.open].sort(),
    seenIn: [...state.seenIn].sort(),
    begun: state.begun,
  };
}

describe('the fold of a marker log with checkpoints', () => {
  test('is the same for whoever begins to read it, wherever it was cut off', () => {
    let cut = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const log = new SimulatedLog();
        for (const each of steps) {
          if (each === 'checkpoint') log.begin();
          else if (each === 'part') log.part();
          else if (each === 'dies') log.dies();
          else if (each === 'trim') log.trim();
          else if (each === 'reader') log.startReader();
          else log.append(each);
          for (const reader of log.readers) log.read(reader);
        }
        log.startReader();
        if (log.entries[0]?.cursor !== 'g-0') cut += 1;
        for (const { fold } of log.readers) {
          assert.equal(fold.settled, true);
          assert.deepEqual(shown(fold.state), shown(log.owner.state));
        }
      }),
      { numRuns: 300 },
    );
    assert.ok(cut > 20, `${cut} logs were cut off: that shows nothing`);
  });

  test('tells what changed behind the checkpoint, and nothing before it is whole', () => {
    const log = new SimulatedLog();
    log.append({ operations: [{ op: 'open', marker: marker({ id: 'a', pts: 1, duration: null }) }] });
    log.begin();
    log.append({ operations: [{ op: 'close', id: 'a', duration: 5 }] });
    for (let part = 0; part < 3; part += 1) log.part();
    const fold = new CheckpointedFold(markerFold);
    const told = log.entries.slice(1).map((entry) => fold.take(entry));
    assert.deepEqual(
      told.map((events) => events.length),
      [0, 0, 0, 0, 5],
    );
    const changes = told.flat().flatMap((event) => event.changes.map(({ op }) => `${event.cursor} ${op}`));
    assert.deepEqual(changes, ['g-2 close']);
    assert.equal(fold.state.markers.get('a')?.duration, 5);
    assert.deepEqual([fold.cutOff, fold.settled], [true, true]);
  });

  test('still lists the date range of a marker that was made shorter, for it keeps the duration it had', () => {
    const log = new SimulatedLog();
    log.append({ operations: [{ op: 'open', marker: marker({ id: 'a', pts: 0, duration: 20_000_000 }) }] });
    log.append({ operations: [{ op: 'edit', id: 'a', changes: { duration: 1_000_000 } }] });
    for (let checkpoints = 0; checkpoints < 2; checkpoints += 1) {
      log.begin();
      for (let parts = 0; parts < 3; parts += 1) log.part();
    }
    log.trim();
    assert.notEqual(log.entries[0]?.cursor, 'g-0');
    log.startReader();
    const listed = [log.owner, ...log.readers.map(({ fold }) => fold)].map(({ state }) =>
      dateRangesWithin(state, 10_000_000, 15_000_000).map(({ id }) => id),
    );
    assert.deepEqual(listed, [['a'], ['a']]);
  });

  test('refuses what a newer version has written', () => {
    const fold = new CheckpointedFold(markerFold);
    const value = { type: 'something new', schema: 2 };
    assert.throws(() => fold.take({ cursor: 'g-0', value }), { code: 'STORE_NEWER' });
  });

  test('takes what the first version wrote, which has no schema', () => {
    const fold = new CheckpointedFold(markerFold);
    const value = { operations: [{ op: 'open', marker: marker({ id: 'a' }) }] };
    fold.take({ cursor: 'g-0', value });
    assert.equal(fold.state.markers.size, 1);
    assert.equal(isCheckpoint(value), false);
  });
});

describe('the ID of a date range', () => {
  const open = (id: string, pts: number, opened?: string): MarkerOperation => ({
    ...{ op: 'open', marker: marker({ id, pts, duration: 0 }) },
    ...(opened !== undefined && { opened }),
  });
  const idOf = (state: MarkerState, id: string) => {
    const range = state.dateRanges.get(id);
    return range && dateRangeId(range);
  };

  test('carries the cursor, so that an id used again is another', () => {
    const state = markerFold.empty();
    markerFold.apply(state, { operations: [open('a', 10)] }, 'g-0');
    assert.equal(idOf(state, 'a'), 'a@g-0');
    assert.deepEqual(markerFold.apply(state, { operations: [open('a', 20)] }, 'g-1'), []);
    assert.equal(idOf(state, 'a'), 'a@g-0', 'it is taken while it is kept');
    markerFold.apply(state, { type: 'release', schema: 1, before: 11 }, 'g-2');
    markerFold.apply(state, { operations: [open('a', 20)] }, 'g-3');
    assert.equal(idOf(state, 'a'), 'a@g-3');
  });

  test('stays what it was when the marker is opened again in a log that was lost, and over a checkpoint', () => {
    const state = markerFold.empty();
    markerFold.apply(state, { operations: [open('a', 10, 'g-0'), open('b', 11)] }, 'h-7');
    markerFold.apply(state, { operations: [{ op: 'delete', id: 'b' }] }, 'h-8');
    const loaded = markerFold.load(markerFold.save(state));
    for (const each of [state, loaded]) {
      assert.deepEqual([idOf(each, 'a'), idOf(each, 'b')], ['a@g-0', 'b@h-7']);
      assert.deepEqual([...each.gone], ['b']);
    }
  });
});
