import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Observation } from '../../src/detector/detector.ts';
import { createMarkerOutbox } from '../../src/detector/marker-outbox.ts';
import { openMarkerWriter } from '../../src/detector/marker-writer.ts';
import { HlsStreamError } from '../../src/errors.ts';
import {
  applyMarkerEntry,
  emptyMarkerState,
  type Marker,
  type MarkerEntry,
  markerLogName,
} from '../../src/hls/marker-log.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import type { Store, StoreState } from '../../src/store/store.ts';
import { ForkedStore, kill } from '../store/forked-store.ts';

const log = { info() {}, warn() {} };
const logName = markerLogName('room');
const DATE = 1_700_000_000_000_000;

function picture(pts: number, more: { dropped?: number; discontinuity?: boolean } = {}) {
  return { pts, date: DATE + pts, dropped: 0, discontinuity: false, ...more };
}

function begins(key: string, pts: number, more: Partial<Observation & { type: 'begin' }> = {}): Observation {
  return {
    type: 'begin',
    key,
    pts,
    date: DATE + pts,
    text: 'Visitor',
    class: 'visitor',
    data: { x: 0.5 },
    ...more,
  };
}

function ends(key: string, pts: number): Observation {
  return { type: 'end', key, pts };
}

async function openWriter(store: Store, more: { recognition?: number; lastSeen?: number } = {}) {
  const { recognition, lastSeen } = more;
  const detector = { name: 'eye', ...(recognition !== undefined && { recognition }) };
  const signal = new AbortController().signal;
  return openMarkerWriter({ store, stream: 'room', detector, log, lastSeen, signal });
}

async function markers(store: Store): Promise<Marker[]> {
  // The writer never waits, so its writes take a few turns.
  for (let i = 0; i < 20; i += 1) await turn();
  const state = emptyMarkerState();
  for (const { value } of await store.read(logName)) applyMarkerEntry(state, value as MarkerEntry);
  return state.order.map((id) => state.markers.get(id) as Marker);
}

/** A store whose connection can be cut. */
class Cut extends MemoryStore {
  state: StoreState = 'up';
  attempts = 0;
  readonly #listeners = new Set<(state: StoreState) => void>();

  override async append(...args: Parameters<MemoryStore['append']>) {
    this.attempts += 1;
    if (this.state === 'down') throw new HlsStreamError('STORE_GONE', 'away');
    return super.append(...args);
  }

  override onState(listener: (state: StoreState) => void) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  turnTo(state: StoreState) {
    this.state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }
}

describe('openMarkerWriter', () => {
  test('writes one marker for an event, open while it lasts', async () => {
    const store = new MemoryStore();
    const writer = await openWriter(store);
    writer.write(picture(0), []);
    writer.write(picture(40_000), [begins('a', 40_000)]);
    const marker = {
      id: `eye-${DATE / 1000 + 40}-0`,
      stream: 'room',
      pts: 40_000,
      date: DATE + 40_000,
      duration: null,
      text: 'Visitor',
      class: 'visitor',
      source: 'eye',
      data: { x: 0.5 },
    };
    assert.deepEqual(await markers(store), [marker]);
    writer.write(picture(80_000), [ends('a', 80_000)]);
    assert.deepEqual(await markers(store), [{ ...marker, duration: 40_000 }]);
    await writer.close();
  });

  test('gives each of several events of one instant an id of its own', async () => {
    const store = new MemoryStore();
    const writer = await openWriter(store);
    writer.write(picture(0), [begins('a', 0), begins('b', 0), begins('c', 0)]);
    assert.equal(new Set((await markers(store)).map(({ id }) => id)).size, 3);
    await writer.close();
  });

  test('a restarted detector takes over the open marker of the event it still sees', async () => {
    const store = new MemoryStore();
    const killed = await openWriter(store);
    killed.write(picture(1_000_000), [begins('a', 1_000_000)]);
    await markers(store);
    await killed.close();
    const writer = await openWriter(store);
    writer.write(picture(2_000_000), [begins('x', 2_000_000)]);
    writer.write(picture(3_000_000), []);
    writer.write(picture(3_400_000), [ends('x', 3_400_000)]);
    const found = await markers(store);
    assert.deepEqual(
      found.map(({ pts, duration, data }) => [pts, duration, data]),
      [[1_000_000, 2_400_000, { x: 0.5 }]],
    );
    await writer.close();
  });

  test('takes over the oldest first, and nothing of another class or another source', async () => {
    const store = new MemoryStore();
    const killed = await openWriter(store);
    killed.write(picture(0), [begins('a', 0), begins('b', 0, { class: 'other' })]);
    killed.write(picture(500_000), [begins('c', 500_000)]);
    const foreign = { ...((await markers(store))[0] as Marker), id: 'by-hand', source: 'api' };
    await store.append(logName, { operations: [{ op: 'open', marker: foreign }] } satisfies MarkerEntry);
    await killed.close();
    const writer = await openWriter(store);
    writer.write(picture(2_000_000), [begins('x', 2_000_000)]);
    writer.write(picture(2_500_001), [ends('x', 2_500_001)]);
    const found = await markers(store);
    assert.equal(found.find(({ source }) => source === 'api')?.duration, null);
    const own = found.filter(({ source }) => source === 'eye');
    assert.deepEqual(
      own.map(({ class: kind, pts, duration }) => [kind, pts, duration]),
      [
        ['visitor', 0, 2_500_001],
        ['other', 0, 2_000_000],
        ['visitor', 500_000, 1_500_000],
      ],
    );
    await writer.close();
  });

  test('closes what is not seen again at the first picture, and says how uncertain that is', async () => {
    const store = new MemoryStore();
    const killed = await openWriter(store);
    killed.write(picture(0), [begins('a', 0)]);
    await markers(store);
    await killed.close();
    const writer = await openWriter(store, { recognition: 1_000_000, lastSeen: 3_000_000 });
    writer.write(picture(5_000_000), []);
    writer.write(picture(6_000_000), []);
    assert.equal((await markers(store))[0]?.duration, null, 'it may still be recognised');
    writer.write(picture(6_040_000), [begins('b', 6_040_000)]);
    const [gone, fresh] = await markers(store);
    assert.equal(gone?.duration, 5_000_000);
    assert.deepEqual(gone?.data, { x: 0.5, endUncertainty: 2 });
    assert.equal(fresh?.pts, 6_040_000, 'what begins later is another event');
    await writer.close();
  });

  test('says how uncertain a beginning right after lost pictures is', async () => {
    const store = new MemoryStore();
    const writer = await openWriter(store);
    writer.write(picture(0, { dropped: 9 }), [begins('a', 0)]);
    writer.write(picture(40_000), [begins('b', 40_000)]);
    writer.write(picture(240_000, { dropped: 4 }), [begins('c', 240_000)]);
    const uncertain = (await markers(store)).map(({ data }) => data.beginUncertainty);
    assert.deepEqual(uncertain, [null, undefined, 0.16]);
    await writer.close();
  });

  test('closes at a break what does not go on after it, and leaves open what does', async () => {
    const store = new MemoryStore();
    const writer = await openWriter(store);
    writer.write(picture(0), [begins('a', 0), begins('b', 0)]);
    writer.write(picture(1_000_000), []);
    writer.write(picture(1_300_000, { discontinuity: true }), [ends('a', 1_300_000)]);
    writer.write(picture(1_340_000), [begins('c', 1_340_000)]);
    writer.write(picture(9_000_000), [ends('c', 9_000_000)]);
    writer.write(picture(9_040_000), [ends('b', 9_040_000)]);
    const found = (await markers(store)).map(({ pts, duration }) => [pts, duration]);
    assert.deepEqual(found, [
      [0, 1_000_000],
      [0, 9_040_000],
      [1_340_000, 0],
    ]);
    await writer.close();
  });

  test('ends all events with the source', async () => {
    const store = new MemoryStore();
    const writer = await openWriter(store);
    writer.write(picture(0), [begins('a', 0)]);
    writer.write(picture(700_000), []);
    writer.sourceEnded();
    assert.equal((await markers(store))[0]?.duration, 700_000);
    await writer.close();
  });

  test('leaves an event alone that somebody else closed or deleted', async () => {
    const store = new MemoryStore();
    const writer = await openWriter(store);
    writer.write(picture(0), [begins('a', 0), begins('b', 0)]);
    const [first, second] = (await markers(store)) as [Marker, Marker];
    await store.append(logName, {
      operations: [
        { op: 'close', id: first.id, duration: 5 },
        { op: 'delete', id: second.id },
      ],
    } satisfies MarkerEntry);
    await markers(store);
    writer.write(picture(900_000), [ends('a', 900_000), ends('b', 900_000)]);
    assert.deepEqual(
      (await markers(store)).map(({ id, duration }) => [id, duration]),
      [[first.id, 5]],
    );
    await writer.close();
  });

  test('keeps what it has to say while the store is away, in order and once', async () => {
    const store = new Cut();
    const writer = await openWriter(store);
    store.turnTo('down');
    for (let i = 0; i < 50; i += 1) {
      writer.write(picture(i * 40_000), [
        begins(`e${i}`, i * 40_000),
        ...(i > 0 ? [ends(`e${i - 1}`, i * 40_000)] : []),
      ]);
      await turn();
    }
    assert.deepEqual(await markers(store), []);
    assert.ok(store.attempts < 5, 'it waits instead of hammering');
    store.turnTo('up');
    const found = await markers(store);
    for (let i = 0; i < 200 && (await markers(store)).length < 50; i += 1) await turn();
    assert.equal((await markers(store)).length, 50, String(found.length));
    assert.deepEqual(
      (await markers(store)).map(({ duration }) => duration),
      [...Array(49).fill(40_000), null],
    );
    await writer.close();
  });

  test('writes its open events again when the store came back empty, so that they still get closed', async () => {
    const processes = new ForkedStore();
    try {
      const sync = await processes.startSync();
      const store = processes.client();
      const writer = await openWriter(store);
      const settled = async () => {
        for (;;) {
          const found = await markers(store).catch(() => []);
          if (found.length === 2 && found.filter(({ duration }) => duration === null).length === 1)
            return found;
        }
      };
      writer.write(picture(0), [begins('a', 0), begins('b', 0)]);
      writer.write(picture(40_000), [ends('b', 40_000)]);
      const before = await settled();
      await kill(sync);
      writer.write(picture(80_000), [begins('c', 80_000), ends('c', 80_000)]);
      await processes.startSync();
      const after = await settled();
      assert.deepEqual(
        after.map(({ pts, duration }) => [pts, duration]),
        [
          [0, null],
          [80_000, 0],
        ],
      );
      assert.equal(after[0]?.id, before.find(({ duration }) => duration === null)?.id);
      writer.write(picture(120_000), [ends('a', 120_000)]);
      await writer.close();
      assert.equal((await markers(store))[0]?.duration, 120_000);
    } finally {
      await processes.close();
    }
  });

  test('drops the oldest when too much has to wait, and leaves in time with the store away', async () => {
    const store = new Cut();
    const outbox = createMarkerOutbox(store, logName, log, { limit: 10 });
    store.turnTo('down');
    for (let i = 0; i < 25; i += 1) outbox.add(String(i), { operations: [{ op: 'delete', id: String(i) }] });
    await turn();
    assert.equal(outbox.waiting, 10);
    store.turnTo('up');
    for (let i = 0; i < 100 && outbox.waiting > 0; i += 1) await turn();
    const ids = (await store.read(logName)).map(({ value }) => JSON.stringify(value).match(/\d+/)?.[0]);
    assert.deepEqual(
      ids,
      [...Array(10).keys()].map((i) => String(15 + i)),
    );
    store.turnTo('down');
    outbox.add('late', { operations: [] });
    await outbox.close(20);
    assert.equal(outbox.waiting, 1);
  });
});
