import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { LogEvent } from '../../src/store/store.ts';
import { ForkedStore, kill } from './forked-store.ts';
import { until } from './store-contract.ts';

describe('IpcStore when processes die or stop', () => {
  let forked: ForkedStore;
  beforeEach(async () => {
    forked = new ForkedStore();
    await forked.startSync();
  });
  afterEach(async () => {
    await forked.close();
  });

  test('every call in progress rejects with STORE_GONE at once when sync is killed', async () => {
    const store = forked.client();
    await store.set('here', 1);
    forked.sync?.kill('SIGSTOP');
    const calls = Array.from({ length: 500 }, (_, n) => store.append('log', n));
    const outcomes = Promise.allSettled(calls);
    // Let them leave, so that they are lost inside a process that will never answer.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const killedAt = performance.now();
    forked.sync?.kill('SIGKILL');
    for (const outcome of await outcomes) {
      assert.equal(outcome.status, 'rejected');
      assert.equal((outcome.reason as { code: string }).code, 'STORE_GONE');
    }
    assert.ok(performance.now() - killedAt < 1000);
    await assert.rejects(store.get('here'), { code: 'STORE_GONE' });
    await assert.rejects(store.publish('channel', 1), { code: 'STORE_GONE' });
  });

  test('follows, subscriptions and calls go on with the next sync, which is told as up', async () => {
    const store = forked.client();
    const states: string[] = [];
    store.onState((state) => states.push(state));
    const follower = store.follow('log')[Symbol.asyncIterator]();
    const listener = store.subscribe('channel')[Symbol.asyncIterator]();
    await store.append('log', 'old');
    assert.equal(valueOf(await follower.next()), 'old');
    const waiting = follower.next();
    await kill(forked.sync as NonNullable<typeof forked.sync>);
    await until(() => states.length === 1);
    await forked.startSync();
    await until(() => states.length === 2);
    assert.deepEqual(states, ['down', 'up']);
    assert.equal(await store.subscribers('channel'), 1);
    await store.append('log', 'new');
    await store.publish('channel', 'hello');
    assert.equal(valueOf(await waiting), 'reset');
    assert.equal(valueOf(await follower.next()), 'new');
    assert.deepEqual((await listener.next()).value, { value: 'hello', dropped: 0 });
  });

  test('a follow with nothing folded yet gets no reset from the next sync', async () => {
    const store = forked.client();
    const states: string[] = [];
    store.onState((state) => states.push(state));
    const next = store.follow('log')[Symbol.asyncIterator]().next();
    await store.get('in order behind the follow');
    await kill(forked.sync as NonNullable<typeof forked.sync>);
    await forked.startSync();
    await until(() => states.length === 2);
    await store.append('log', 'first');
    assert.equal(valueOf(await next), 'first');
  });

  test('a client process follows on over three killings, in order, each life after a reset', async () => {
    const [writer, reader] = [forked.client(), forked.forkClient('follow', 'log')];
    for (let life = 0; life < 3; life += 1) {
      if (life > 0) {
        await kill(forked.sync as NonNullable<typeof forked.sync>);
        await forked.startSync();
        await until(() =>
          writer.get('x').then(
            () => true,
            () => false,
          ),
        );
      }
      const sent = Array.from({ length: 300 }, (_, n) => `${life}/${n}`);
      await Promise.all(sent.map((value) => writer.append('log', value)));
      await until(() => reader.reports.at(-1)?.[0] === `${life}/299`);
      const seen = reader.reports.splice(0).map(([value]) => value);
      assert.deepEqual(seen, life === 0 ? sent : ['reset', ...sent]);
    }
  });

  test('a call without an answer rejects with STORE_TIMEOUT, and the store goes on afterwards', async () => {
    const store = forked.client({ timeout: 500 });
    await store.set('key', 1);
    forked.sync?.kill('SIGSTOP');
    const startedAt = performance.now();
    await assert.rejects(store.get('key'), { code: 'STORE_TIMEOUT' });
    assert.ok(performance.now() - startedAt < 1000);
    forked.sync?.kill('SIGCONT');
    assert.equal(await store.get('key'), 1);
  });

  test('a publisher drops rather than heaps up while sync is stopped, and says how many were lost', async () => {
    const store = forked.client();
    const listener = store.subscribe('frames')[Symbol.asyncIterator]();
    await until(async () => (await store.subscribers('frames')) === 1);
    forked.sync?.kill('SIGSTOP');
    const published = Array.from({ length: 100 }, (_, n) => store.publish('frames', n));
    forked.sync?.kill('SIGCONT');
    await Promise.all(published);
    await store.publish('frames', 100);
    let next = 0;
    while (next <= 100) {
      const { value, dropped } = (await listener.next()).value as { value: number; dropped: number };
      assert.equal(value, next + dropped);
      assert.ok(value < 16 || value === 100, `${value} was queued`);
      next = value + 1;
    }
  });

  test('a stopped subscriber costs its queue and no more, delays nobody, and reads on with an exact count', async () => {
    const store = forked.client();
    const subscriber = forked.forkClient('subscribe', 'frames');
    await until(async () => (await store.subscribers('frames')) === 1);
    subscriber.process.kill('SIGSTOP');
    const frame = { data: new Uint8Array(160 * 90 * 4) };
    const before = await rssOf(forked.sync?.pid);
    for (let n = 0; n < 600; n += 1) await store.publish('frames', { n, ...frame });
    // 600 frames are 33 MiB; 60 of them may wait in sync, the rest must not.
    const grown = (await rssOf(forked.sync?.pid)) - before;
    assert.ok(grown < 25, `sync grew by ${grown} MiB`);
    subscriber.process.kill('SIGCONT');
    await until(() => subscriber.reports.at(-1)?.[0] === 599);
    let next = 0;
    for (const [n, dropped] of subscriber.reports as [number, number][]) {
      assert.equal(n, next + dropped);
      next = n + 1;
    }
    assert.ok(subscriber.reports.length <= 60 + 8 + 1, `${subscriber.reports.length} were kept`);
  });

  test('a killed client is forgotten, one killed in the middle of calls too', async () => {
    const store = forked.client();
    const subscribers = [forked.forkClient('subscribe', 'c'), forked.forkClient('subscribe', 'c')];
    const appender = forked.forkClient('append', 'log');
    await until(async () => (await store.subscribers('c')) === 2 && (await store.read('log')).length > 5);
    for (const client of [...subscribers, appender]) {
      const gone = once(client.process, 'disconnect');
      client.process.kill('SIGKILL');
      await gone;
    }
    assert.equal(await store.subscribers('c'), 0);
    const entries = (await store.read('log')).map(({ value }) => value);
    assert.deepEqual(
      entries,
      Array.from({ length: entries.length }, (_, n) => n),
    );
  });
});

function valueOf({ value }: IteratorResult<LogEvent>): unknown {
  return value.type === 'entry' ? value.value : value.type;
}

/** Resident memory of a process in MiB. */
async function rssOf(pid: number | undefined): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
