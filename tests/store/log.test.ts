import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HlsStreamError } from '../../src/errors.ts';
import { followLog } from '../../src/store/log/follow.ts';
import { readAll } from '../../src/store/log/read-all.ts';
import { Refold } from '../../src/store/log/refold.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import type { LogEvent, Store } from '../../src/store/store.ts';
import { unexpected } from '../unexpected.ts';
import { withOwn } from './held-follow.ts';
import { until } from './store-contract.ts';

async function filled(count: number): Promise<Store> {
  const store = new MemoryStore();
  for (let n = 0; n < count; n += 1) await store.append('log', n);
  return store;
}

describe('readAll', () => {
  test('reads a log that takes several reads, or none', async () => {
    for (const count of [0, 1, 1000, 2500]) {
      const entries = await readAll(await filled(count), 'log');
      assert.deepEqual(
        entries.map(({ value }) => value),
        Array.from({ length: count }, (_, n) => n),
      );
    }
  });

  test('begins anew when the log is cut off in front between two reads', async () => {
    const store = await filled(2500);
    let reads = 0;
    const cut = withOwn(store, {
      async read(log, options) {
        reads += 1;
        const page = await store.read(log, options);
        const [, second] = reads === 1 ? await store.read(log, { latest: true, limit: 2 }) : [];
        if (second !== undefined) await store.trim(log, second.cursor);
        return page;
      },
    });
    assert.deepEqual(
      (await readAll(cut, 'log')).map(({ value }) => value),
      [2499],
    );
  });

  test('rejects with what the store says', async () => {
    const gone = new HlsStreamError('STORE_GONE', 'away');
    const away = withOwn(await filled(1), { read: () => Promise.reject(gone) });
    await assert.rejects(readAll(away, 'log'), gone);
  });
});

describe('followLog', () => {
  test('goes on where it was when following failed', async () => {
    const store = await filled(3);
    let failures = 0;
    const breaks = withOwn(store, {
      follow: (log, options = {}) => ({
        async *[Symbol.asyncIterator]() {
          for await (const event of store.follow(log, options)) {
            yield event;
            if (failures < 2) throw new HlsStreamError('STORE_FAILED', 'broken');
          }
        },
      }),
      onState(listener) {
        queueMicrotask(() => listener('up'));
        return () => {};
      },
    });
    const seen: unknown[] = [];
    const stop = new AbortController();
    const following = followLog({
      ...{ store: breaks, log: 'log', signal: stop.signal },
      take: (event) => seen.push(event.type === 'entry' ? event.value : event.type),
      failed: () => {
        failures += 1;
      },
    });
    await until(() => seen.length === 3);
    stop.abort();
    await following;
    assert.deepEqual([seen, failures], [[0, 1, 2], 2]);
  });

  test('ends without a word when the store is closed', async () => {
    const store = await filled(1);
    await store.close();
    const { signal } = new AbortController();
    await followLog({ store, log: 'log', signal, take: unexpected, failed: unexpected });
  });
});

describe('Refold', () => {
  const refold = () =>
    new Refold<number[], number>([], {
      begin: () => [],
      apply: (state, entry) => state.push(entry),
      caughtUp: (anew, present) => anew.length >= present.length,
    });
  const entry = (value: number): LogEvent => ({ type: 'entry', cursor: `g-${value}`, value });

  test('serves what it has until the log that began anew says as much', () => {
    const fold = refold();
    for (const value of [1, 2, 3]) fold.take(entry(value));
    fold.take({ type: 'reset' });
    for (const value of [4, 5]) fold.take(entry(value));
    assert.deepEqual(fold.state, [1, 2, 3]);
    fold.take(entry(6));
    assert.deepEqual(fold.state, [4, 5, 6]);
    fold.take(entry(7));
    assert.deepEqual(fold.state, [4, 5, 6, 7]);
  });

  test('begins anew again when the log does', () => {
    const fold = refold();
    fold.take(entry(1));
    fold.take(entry(2));
    fold.take({ type: 'reset' });
    fold.take(entry(3));
    fold.take({ type: 'reset' });
    fold.take(entry(4));
    fold.apply((state) => state.push(9));
    assert.deepEqual(fold.state, [1, 2, 9]);
    fold.take(entry(5));
    assert.deepEqual(fold.state, [4, 9, 5]);
  });
});
