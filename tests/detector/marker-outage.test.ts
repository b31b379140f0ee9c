import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createMarkerOutbox } from '../../src/detector/marker-outbox.ts';
import { HlsStreamError } from '../../src/errors.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import type { StoreState } from '../../src/store/store.ts';
import { ForkedStore, kill } from '../store/forked-store.ts';
import { begins, ends, log, logName, markers, openWriter, picture } from './writing.ts';

/** A store whose connection can be cut. */
class CuttableStore extends MemoryStore {
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

describe('openMarkerWriter, when the store is away', () => {
  test('keeps what it has to say while the store is away, in order and once', async () => {
    const store = new CuttableStore();
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
    const store = new CuttableStore();
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
