import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CheckpointedFold, type SavedFold } from '../../src/store/log/checkpoint.ts';
import { followLog } from '../../src/store/log/follow.ts';
import { LogOwner } from '../../src/store/log/owner.ts';
import { readAll } from '../../src/store/log/read-all.ts';
import type { Fence, Store } from '../../src/store/store.ts';
import { unexpected } from '../unexpected.ts';
import { withOwn } from './held-follow.ts';
import { type OpenedStore, until } from './store-contract.ts';

/** Sets a key, or takes it away; `*` are all of them. */
interface Fact {
  readonly key: string;
  readonly value: number | undefined;
}

type Facts = Map<string, number>;

const facts: SavedFold<Facts, Fact, string, readonly [string, number]> = {
  empty: () => new Map(),
  apply(state, { key, value }) {
    if (key === '*') state.clear();
    else if (value === undefined) state.delete(key);
    else state.set(key, value);
    return [key];
  },
  save: (state) => [...state],
  load: (saved) => new Map(saved),
  weight: () => 1,
  size: (state) => state.size,
};

const sorted = (state: Facts) => [...state].sort(([a], [b]) => (a < b ? -1 : 1));

/** What somebody knows who begins to read the log now. */
async function newcomer(store: Store, log: string): Promise<CheckpointedFold<Facts, Fact, string, unknown>> {
  const fold = new CheckpointedFold(facts);
  for (const entry of await readAll(store, log)) fold.take(entry);
  return fold;
}

/** What a log that has an owner keeps to, with any engine. */
export function logOwnerContract(engine: string, open: () => Promise<OpenedStore>): void {
  describe(`a log with an owner (${engine})`, () => {
    let opened: OpenedStore;
    let store: Store;
    let other: Store;
    let count = 0;
    const fresh = () => `owned/${process.pid}/${count++}`;
    before(async () => {
      opened = await open();
      store = opened.store;
      other = await opened.another();
    });
    after(() => opened.close());
    const own = (store: Store, log: string, fence?: () => Fence) => {
      const failures: unknown[] = [];
      const failed = (error: unknown) => failures.push(error);
      return {
        owner: new LogOwner({ store, log, fold: facts, fence, checkpointAfter: 20, soon: 20, failed }),
        failures,
      };
    };
    /** Adds facts about few keys; what they say in the end is the number of the last one about each. */
    const write = async (store: Store, log: string, count: number, from = 0) => {
      for (let n = from; n < from + count; n += 1) {
        const value = n % 7 === 0 ? undefined : n;
        await store.append(log, { key: `k${n % 11}`, value } satisfies Fact);
      }
    };
    const expected = (count: number) => {
      const state: Facts = new Map();
      for (let n = 0; n < count; n += 1)
        facts.apply(state, { key: `k${n % 11}`, value: n % 7 === 0 ? undefined : n }, '');
      return sorted(state);
    };

    test('stays short, and says the same to whoever begins to read it', async () => {
      const log = fresh();
      const { owner, failures } = own(store, log);
      const stop = new AbortController();
      const followers: { fold: CheckpointedFold<Facts, Fact, string, unknown> }[] = [];
      const follow = (from: Store) => {
        const follower = { fold: new CheckpointedFold(facts) };
        followers.push(follower);
        void followLog({
          ...{ store: from, log, signal: stop.signal },
          take(event) {
            if (event.type === 'reset') follower.fold = new CheckpointedFold(facts);
            else follower.fold.take(event);
          },
          failed: unexpected,
        });
      };
      for (let round = 0; round < 10; round += 1) {
        await write(other, log, 50, round * 50);
        follow(round % 2 === 0 ? other : store);
        assert.deepEqual(sorted((await newcomer(other, log)).state), expected((round + 1) * 50));
      }
      const last = expected(500);
      const isLast = (state: Facts) => JSON.stringify(sorted(state)) === JSON.stringify(last);
      await until(() => followers.every(({ fold }) => isLast(fold.state)));
      await until(async () => (await readAll(other, log)).length < 100);
      const reader = await newcomer(other, log);
      assert.deepEqual([reader.cutOff, reader.settled], [true, true]);
      assert.deepEqual(sorted(reader.state), last);
      assert.deepEqual(failures, []);
      stop.abort();
      owner.close();
    });

    test('lets go of what is gone, though nothing comes after it', async () => {
      const log = fresh();
      const { owner, failures } = own(store, log);
      for (let n = 0; n < 300; n += 1) await store.append(log, { key: `k${n}`, value: n } satisfies Fact);
      await until(() => owner.state.size === 300);
      await store.append(log, { key: '*', value: undefined } satisfies Fact);
      const held = async () =>
        (await readAll(other, log)).reduce(
          (sum, { value }) => sum + ((value as { saved?: unknown[] }).saved?.length ?? 1),
          0,
        );
      await until(async () => (await held()) < 20);
      assert.deepEqual(sorted((await newcomer(other, log)).state), []);
      assert.deepEqual(failures, []);
      owner.close();
    });

    test('is gone on with by the next owner, wherever the last one died', async () => {
      const log = fresh();
      for (let round = 0; round < 12; round += 1) {
        // It dies with the n-th thing it writes.
        let left = round % 4;
        const dying = withOwn(store, {
          append(...args) {
            left -= 1;
            return left < 0 ? new Promise(() => {}) : store.append(...args);
          },
          trim: (...args) => (round % 3 === 0 ? new Promise(() => {}) : store.trim(...args)),
        });
        const { owner } = own(dying, log);
        await write(other, log, 30, round * 30);
        await until(() => JSON.stringify(sorted(owner.state)) === JSON.stringify(expected((round + 1) * 30)));
        owner.close();
        assert.deepEqual(sorted((await newcomer(other, log)).state), expected((round + 1) * 30));
      }
      const { owner } = own(store, log);
      await write(other, log, 100, 360);
      await until(async () => (await readAll(other, log)).length < 120);
      assert.deepEqual(sorted((await newcomer(other, log)).state), expected(460));
      owner.close();
    });

    test('is left alone by an owner whose lease was taken over', async () => {
      const log = fresh();
      const key = `lease-${log}`;
      const first = await store.compareAndSet(key, undefined, 'one');
      assert.ok(first.ok);
      const { owner, failures } = own(store, log, () => ({ key, token: first.token }));
      await store.compareAndSet(key, 'one', 'two');
      await write(other, log, 60);
      await until(() => failures.length > 0);
      const entries = await readAll(other, log);
      assert.equal(entries.length, 60);
      assert.equal((failures[0] as { code?: string }).code, 'STORE_FENCED');
      owner.close();
    });

    test('that begins with a checkpoint which never was whole is mended', async () => {
      const log = fresh();
      await store.append(log, { type: 'checkpoint', schema: 1, id: 'late' });
      await store.append(log, {
        ...{ type: 'checkpoint-part', schema: 1, id: 'late', index: 1, of: 3 },
        saved: [['gone', 1]],
      });
      await write(other, log, 15);
      assert.equal((await newcomer(other, log)).settled, false);
      const { owner } = own(store, log);
      await until(async () => (await newcomer(other, log)).settled);
      assert.deepEqual(sorted((await newcomer(other, log)).state), expected(15));
      owner.close();
    });
  });
}
