import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { ChannelMessage, LogEvent, Store } from '../../src/store/store.ts';
import { interleavings } from './interleavings.ts';

/** A store under test, with ways to reach the same data from elsewhere. */
export interface OpenedStore {
  readonly store: Store;
  /** One more client of the same data; an engine in this process may give its only one. */
  another(): Promise<Store>;
  /** Ends everything `open` started. */
  close(): Promise<void>;
}

/** What every engine of the store must do. Nothing in here knows an engine. */
export function storeContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name} store`, () => {
    let opened: OpenedStore;
    let store: Store;
    let other: Store;
    let count = 0;
    /** A name that no other test uses. */
    const fresh = () => `contract/${process.pid}/${count++}`;

    before(async () => {
      opened = await open();
      store = opened.store;
      other = await opened.another();
    });
    after(async () => {
      await opened.close();
    });

    describe('dictionary', () => {
      test('gives what was set, to every client', async () => {
        const key = fresh();
        const value = {
          text: 'é',
          list: [1, null, { deep: true }],
          bytes: new Uint8Array([1, 2, 255]),
          at: 2 ** 52,
        };
        await store.set(key, value);
        assert.deepEqual(await store.get(key), value);
        assert.deepEqual(await other.get(key), value);
      });

      test('gives undefined for a key that is not there', async () => {
        assert.equal(await store.get(fresh()), undefined);
      });

      test('says of a deletion whether the key was there', async () => {
        const key = fresh();
        await store.set(key, 0);
        assert.equal(await other.delete(key), true);
        assert.equal(await store.delete(key), false);
        assert.equal(await store.get(key), undefined);
      });

      test('lists the keys of a prefix, sorted', async () => {
        const prefix = fresh();
        for (const end of ['/b', '/a', '/a/c']) await store.set(prefix + end, end);
        assert.deepEqual(await other.keys(`${prefix}/`), [`${prefix}/a`, `${prefix}/a/c`, `${prefix}/b`]);
      });

      test('refuses to set undefined', async () => {
        await assert.rejects(store.set(fresh(), undefined), { code: 'STORE_BAD_VALUE' });
      });

      test('refuses what is no structured data, and nothing else beside it', async () => {
        const [bad, good] = [fresh(), fresh()];
        const refused = assert.rejects(store.set(bad, { f: () => {} }), { code: 'STORE_BAD_VALUE' });
        await Promise.all([refused, store.set(good, 1)]);
        assert.equal(await store.get(good), 1);
      });

      test('merges entries into a dictionary, making it if need be', async () => {
        const key = fresh();
        await Promise.all([store.update(key, { a: 1, b: 1 }), other.update(key, { c: 3 })]);
        await store.update(key, { b: 2 });
        assert.deepEqual(await store.get(key), { a: 1, b: 2, c: 3 });
      });

      test('refuses to merge into what is no dictionary', async () => {
        const key = fresh();
        await store.set(key, [1]);
        await assert.rejects(store.update(key, { a: 1 }), { code: 'STORE_BAD_VALUE' });
        assert.deepEqual(await store.get(key), [1]);
      });

      test('is not changed by who changes a value before or after', async () => {
        const key = fresh();
        const value = { list: [1] };
        await store.set(key, value);
        value.list.push(2);
        const got = (await store.get(key)) as typeof value;
        got.list.push(3);
        assert.deepEqual(await store.get(key), { list: [1] });
      });
    });

    describe('compareAndSet', () => {
      test('lets one of many in, with a token above all before', async () => {
        const key = fresh();
        const first = await store.compareAndSet(key, undefined, { holder: 0 });
        assert.ok(first.ok);
        const results = await Promise.all(
          [1, 2, 3, 4].map((holder) =>
            (holder % 2 ? store : other).compareAndSet(key, { holder: 0 }, { holder }),
          ),
        );
        const [won, ...others] = results.filter((result) => result.ok);
        assert.equal(others.length, 0);
        assert.ok(won?.ok && won.token > first.token);
        const found = await store.get(key);
        for (const result of results) if (!result.ok) assert.deepEqual(result.found, found);
      });

      test('removes the key when the new value is undefined', async () => {
        const key = fresh();
        await store.set(key, 'held');
        assert.equal((await store.compareAndSet(key, 'held', undefined)).ok, true);
        assert.equal(await store.get(key), undefined);
        assert.deepEqual(await store.compareAndSet(key, 'held', 'x'), { ok: false, found: undefined });
      });

      test('gives a fence: whoever was overtaken can neither append nor trim', async () => {
        const [key, log] = [fresh(), fresh()];
        const mine = await store.compareAndSet(key, undefined, 'mine');
        assert.ok(mine.ok);
        const old = { key, token: mine.token };
        const first = await store.append(log, 1, { fence: old });
        const theirs = await other.compareAndSet(key, 'mine', 'theirs');
        assert.ok(theirs.ok);
        await assert.rejects(store.append(log, 2, { fence: old }), { code: 'STORE_FENCED' });
        await assert.rejects(store.trim(log, first, { fence: old }), { code: 'STORE_FENCED' });
        await other.append(log, 3, { fence: { key, token: theirs.token } });
        await assert.rejects(store.append(log, 4, { fence: { key: fresh(), token: 1 } }), {
          code: 'STORE_FENCED',
        });
        assert.deepEqual(await values(store, log), [1, 3]);
      });
    });

    describe('logs', () => {
      test('keep the order of each client and one order for all', async () => {
        const log = fresh();
        const write = (from: Store, who: string) =>
          Promise.all(Array.from({ length: 200 }, (_, n) => from.append(log, { who, n })));
        const cursors = (await Promise.all([write(store, 'a'), write(other, 'b')])).flat();
        const entries = await other.read(log);
        assert.equal(entries.length, 400);
        assert.deepEqual(new Set(entries.map(({ cursor }) => cursor)), new Set(cursors));
        assert.deepEqual(entries, await store.read(log));
        for (const who of ['a', 'b']) {
          const numbers = entries
            .map(({ value }) => value as { who: string; n: number })
            .filter((v) => v.who === who);
          assert.deepEqual(
            numbers.map(({ n }) => n),
            Array.from({ length: 200 }, (_, n) => n),
          );
        }
      });

      test('are read after a cursor, up to a limit, or from the newest', async () => {
        const log = fresh();
        const cursors = [];
        for (let n = 0; n < 10; n += 1) cursors.push(await store.append(log, n));
        const read = async (options: Parameters<Store['read']>[1]) =>
          (await other.read(log, options)).map(({ value }) => value);
        assert.deepEqual(await read({ limit: 3 }), [0, 1, 2]);
        assert.deepEqual(await read({ after: cursors[6] as string }), [7, 8, 9]);
        assert.deepEqual(await read({ after: cursors[1] as string, limit: 2 }), [2, 3]);
        assert.deepEqual(await read({ limit: 2, latest: true }), [8, 9]);
        assert.deepEqual(await read({ after: cursors[8] as string, limit: 5, latest: true }), [9]);
        assert.deepEqual(await read({ after: cursors[9] as string }), []);
      });

      test('that nobody wrote to are empty', async () => {
        assert.deepEqual(await store.read(fresh()), []);
        assert.deepEqual(await store.read(fresh(), { latest: true, limit: 1 }), []);
      });

      test('take an entry with the same id once, also after it was trimmed away', async () => {
        const log = fresh();
        const first = await store.append(log, 'a', { id: 'one' });
        assert.equal(await other.append(log, 'a again', { id: 'one' }), first);
        const last = await store.append(log, 'b', { id: 'two' });
        await store.trim(log, last);
        assert.equal(await store.append(log, 'a again', { id: 'one' }), first);
        assert.deepEqual(await values(store, log), ['b']);
      });

      test('that are ephemeral are like others while the store lives', async () => {
        const log = fresh();
        const options = { ephemeral: true, id: 'one' };
        const first = await store.append(log, 1, options);
        assert.equal(await other.append(log, 1, options), first);
        const second = await other.append(log, 2, { ephemeral: true });
        assert.equal(await store.trim(log, second), 1);
        assert.deepEqual(await store.read(log), [{ cursor: second, value: 2 }]);
        await store.drop(log);
        assert.deepEqual(await store.read(log), []);
      });

      test('lose all before a cursor when trimmed, and say how many', async () => {
        const log = fresh();
        const cursors = [];
        for (let n = 0; n < 5; n += 1) cursors.push(await store.append(log, n));
        assert.equal(await other.trim(log, cursors[3] as string), 3);
        assert.equal(await store.trim(log, cursors[1] as string), 0);
        assert.deepEqual(await values(store, log), [3, 4]);
        assert.equal((await store.read(log, { after: cursors[2] as string })).length, 2);
        await assert.rejects(store.read(log, { after: cursors[1] as string }), { code: 'STORE_BAD_CURSOR' });
      });

      test('are gone for good when dropped, which only the newest fence may do', async () => {
        const log = fresh();
        const key = fresh();
        const first = await store.compareAndSet(key, undefined, 'a');
        const second = await other.compareAndSet(key, 'a', 'b');
        assert.ok(first.ok && second.ok);
        await store.append(log, 1, { id: 'one' });
        const old = { fence: { key, token: first.token } };
        await assert.rejects(store.drop(log, old), { code: 'STORE_FENCED' });
        assert.equal((await other.read(log)).length, 1);
        await other.drop(log, { fence: { key, token: second.token } });
        assert.deepEqual(await store.read(log), []);
        await store.drop(log);
      });

      test('refuse a cursor that is none, and a senseless limit', async () => {
        const log = fresh();
        await store.append(log, 1);
        for (const after of ['', 'nonsense', 'elsewhere-0']) {
          await assert.rejects(store.read(log, { after }), { code: 'STORE_BAD_CURSOR' }, after);
          await assert.rejects(store.trim(log, after), { code: 'STORE_BAD_CURSOR' }, after);
        }
        for (const limit of [0, 1.5, 10_001]) {
          await assert.rejects(store.read(log, { limit }), { code: 'STORE_BAD_VALUE' });
        }
      });
    });

    describe('follow', () => {
      test('gives the log from its start, then what comes, to each follower', async () => {
        const log = fresh();
        const followers = [follow(store, log), follow(other, log)];
        for (let n = 0; n < 3; n += 1) await other.append(log, n);
        const late = follow(store, log);
        await store.append(log, 3);
        for (const follower of [...followers, late]) {
          assert.deepEqual(await take(follower, 4), [0, 1, 2, 3]);
          await follower.return?.();
        }
      });

      test('goes on after a cursor without reset', async () => {
        const log = fresh();
        await store.append(log, 0);
        const after = await store.append(log, 1);
        await store.append(log, 2);
        const follower = follow(other, log, after);
        await other.append(log, 3);
        assert.deepEqual(await take(follower, 2), [2, 3]);
        await follower.return?.();
      });

      test('gives every entry once, in order, to a follower who is far behind', async () => {
        const log = fresh();
        const follower = follow(other, log);
        const all = Array.from({ length: 3000 }, (_, n) => n);
        await Promise.all(all.map((n) => store.append(log, n)));
        assert.deepEqual(await take(follower, 3000), all);
        await follower.return?.();
      });

      test('says reset first when the cursor is of another life', async () => {
        const log = fresh();
        await store.append(log, 'a');
        const follower = follow(store, log, 'elsewhere-0');
        assert.deepEqual(await take(follower, 2), ['reset', 'a']);
        await follower.return?.();
      });

      test('says reset first when entries after the cursor were trimmed away, and only then', async () => {
        const log = fresh();
        const cursors = [];
        for (let n = 0; n < 5; n += 1) cursors.push(await store.append(log, n));
        await store.trim(log, cursors[3] as string);
        const missed = follow(other, log, cursors[1]);
        const missedNothing = follow(other, log, cursors[2]);
        assert.deepEqual(await take(missed, 3), ['reset', 3, 4]);
        assert.deepEqual(await take(missedNothing, 2), [3, 4]);
        await Promise.all([missed.return?.(), missedNothing.return?.()]);
      });

      test('ends on its signal, on return and on break, also while it waits', async () => {
        const log = fresh();
        await store.append(log, 0);
        const abort = new AbortController();
        const aborted = store.follow(log, { signal: abort.signal })[Symbol.asyncIterator]();
        await aborted.next();
        const waiting = aborted.next();
        abort.abort();
        assert.equal((await waiting).done, true);
        const returned = follow(store, log);
        await returned.next();
        const pending = returned.next();
        await returned.return?.();
        assert.equal((await pending).done, true);
        for await (const event of store.follow(log)) {
          assert.equal(event.type, 'entry');
          break;
        }
        for await (const _ of store.follow(log, { signal: AbortSignal.abort() }))
          assert.fail('it was over before');
      });
    });

    describe('channels', () => {
      test('bring what is published to all who listen, in order', async () => {
        const channel = fresh();
        const listeners = [subscribe(store, channel), subscribe(other, channel)];
        await until(async () => (await store.subscribers(channel)) === 2);
        for (let n = 0; n < 5; n += 1) assert.equal(await other.publish(channel, { n }), 2);
        for (const listener of listeners) {
          for (let n = 0; n < 5; n += 1) {
            assert.deepEqual((await listener.next()).value, { value: { n }, dropped: 0 });
          }
          await listener.return?.();
        }
        await until(async () => (await store.subscribers(channel)) === 0);
        assert.equal(await store.publish(channel, 'nobody'), 0);
      });

      test('drop the oldest for a subscriber who does not read, and say how many just there', async () => {
        const channel = fresh();
        const listener = subscribe(other, channel, 4);
        await until(async () => (await store.subscribers(channel)) === 1);
        for (let n = 0; n < 100; n += 1) await store.publish(channel, n);
        const received: ChannelMessage[] = [];
        while (received.at(-1)?.value !== 99) received.push((await listener.next()).value as ChannelMessage);
        let next = 0;
        for (const { value, dropped } of received) {
          assert.equal(value, next + dropped);
          next = (value as number) + 1;
        }
        assert.ok(received.length <= 20, `${received.length} messages waited`);
        await listener.return?.();
      });

      test('tell subscribers what the sender itself had to drop', async () => {
        const channel = fresh();
        const listener = subscribe(other, channel);
        await until(async () => (await store.subscribers(channel)) === 1);
        await store.publish(channel, 'x', { lost: 3 });
        assert.deepEqual((await listener.next()).value, { value: 'x', dropped: 3 });
        await listener.return?.();
      });

      test('count nobody who has left by signal', async () => {
        const channel = fresh();
        const abort = new AbortController();
        const listener = other.subscribe(channel, { signal: abort.signal })[Symbol.asyncIterator]();
        await until(async () => (await store.subscribers(channel)) === 1);
        const waiting = listener.next();
        abort.abort();
        assert.equal((await waiting).done, true);
        await until(async () => (await store.subscribers(channel)) === 0);
      });
    });

    test('behaves as its model under any interleaving of three clients', async () => {
      await interleavings([store, other, await opened.another()], fresh);
    });

    // The last test: where there is one client only, it is closed for all.
    test('ends iterations and refuses calls once closed', async () => {
      const closing = await opened.another();
      const [log, channel] = [fresh(), fresh()];
      const pending = [follow(closing, log).next(), subscribe(closing, channel).next()];
      await closing.close();
      for (const result of await Promise.all(pending)) assert.equal(result.done, true);
      await assert.rejects(closing.get('x'), { code: 'STORE_CLOSED' });
      await assert.rejects(closing.publish('x', 1), { code: 'STORE_CLOSED' });
      assert.throws(() => follow(closing, log), { code: 'STORE_CLOSED' });
      await closing.close();
    });
  });
}

function follow(store: Store, log: string, after?: string): AsyncIterator<LogEvent> {
  return store.follow(log, after === undefined ? {} : { after })[Symbol.asyncIterator]();
}

function subscribe(store: Store, channel: string, queue = 64): AsyncIterator<ChannelMessage> {
  return store.subscribe(channel, { queue })[Symbol.asyncIterator]();
}

/** The next `count` events: the value of an entry, or the word reset. */
async function take(follower: AsyncIterator<LogEvent>, count: number): Promise<unknown[]> {
  const taken: unknown[] = [];
  while (taken.length < count) {
    const { value, done } = await follower.next();
    assert.notEqual(done, true, 'the follow ended');
    const event = value as LogEvent;
    taken.push(event.type === 'entry' ? event.value : event.type);
  }
  return taken;
}

async function values(store: Store, log: string): Promise<unknown[]> {
  return (await store.read(log)).map(({ value }) => value);
}

/** Waits until `condition` holds; the test's own time limit ends a wait in vain. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(2);
}
