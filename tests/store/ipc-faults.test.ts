import assert from 'node:assert/strict';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { after, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { LogEvent } from '../../src/store/store.ts';
import { ClientProcess, ForkedStore, kill } from './forked-store.ts';
import { until } from './store-contract.ts';

describe('IpcStore when processes die or stop', () => {
  const forked = new ForkedStore();
  beforeEach(async () => {
    if (forked.sync === undefined || forked.sync.exitCode !== null || forked.sync.signalCode !== null) {
      await forked.startSync();
    }
  });
  after(async () => {
    await forked.close();
  });

  test('every call in progress rejects with STORE_GONE at once when sync is killed', async () => {
    // Whoever waited for an answer would be told of that, and much later.
    const store = forked.client({ timeout: 60_000 });
    await store.set('here', 1);
    forked.sync?.kill('SIGSTOP');
    const calls = Array.from({ length: 500 }, (_, n) => store.append('log1', n));
    const outcomes = Promise.allSettled(calls);
    // Let them leave, so that they are lost inside a process that will never answer.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const killed = kill(forked.sync as NonNullable<typeof forked.sync>);
    for (const outcome of await outcomes) {
      assert.equal(outcome.status, 'rejected');
      assert.equal((outcome.reason as { code: string }).code, 'STORE_GONE');
    }
    await killed;
    await assert.rejects(store.get('here'), { code: 'STORE_GONE' });
    await assert.rejects(store.publish('channel1', 1), { code: 'STORE_GONE' });
  });

  test('follows, subscriptions and calls go on with the next sync, which is told as up', async () => {
    const store = forked.client();
    const states: string[] = [];
    store.onState((state) => states.push(state));
    const follower = store.follow('log2')[Symbol.asyncIterator]();
    const listener = store.subscribe('channel2')[Symbol.asyncIterator]();
    await store.append('log2', 'old');
    assert.equal(seenIn(await follower.next()), 'old');
    const waiting = follower.next();
    await kill(forked.sync as NonNullable<typeof forked.sync>);
    await until(() => states.length === 1);
    await forked.startSync();
    await until(() => states.length === 2);
    assert.deepEqual(states, ['down', 'up']);
    assert.equal(await store.subscribers('channel2'), 1);
    await store.append('log2', 'new');
    await store.publish('channel2', 'hello');
    assert.equal(seenIn(await waiting), 'reset');
    assert.equal(seenIn(await follower.next()), 'new');
    assert.deepEqual((await listener.next()).value, { value: 'hello', dropped: 0 });
  });

  test('a follow with nothing folded yet gets no reset from the next sync', async () => {
    const store = forked.client();
    const states: string[] = [];
    store.onState((state) => states.push(state));
    const next = store.follow('log3')[Symbol.asyncIterator]().next();
    await store.get('in order behind the follow');
    await kill(forked.sync as NonNullable<typeof forked.sync>);
    await forked.startSync();
    await until(() => states.length === 2);
    await store.append('log3', 'first');
    assert.equal(seenIn(await next), 'first');
  });

  test('a client process follows on over three killings, in order, each life after a reset', async () => {
    const [writer, reader] = [forked.client(), forked.forkClient('follow', 'log4')];
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
      await Promise.all(sent.map((value) => writer.append('log4', value)));
      await until(() => reader.reports.at(-1)?.[0] === `${life}/299`);
      const seen = reader.reports.splice(0).map(([value]) => value);
      assert.deepEqual(seen, life === 0 ? sent : ['reset', ...sent]);
    }
  });

  test('a call without an answer rejects with STORE_TIMEOUT, and the store goes on afterwards', async () => {
    const store = forked.client({ timeout: 500 });
    await store.set('key', 1);
    forked.sync?.kill('SIGSTOP');
    await assert.rejects(store.get('key'), { code: 'STORE_TIMEOUT' });
    forked.sync?.kill('SIGCONT');
    assert.equal(await store.get('key'), 1);
  });

  test('a publisher drops rather than heaps up while sync is stopped, and says how many were lost', async () => {
    const store = forked.client();
    const listener = store.subscribe('frames6')[Symbol.asyncIterator]();
    await until(async () => (await store.subscribers('frames6')) === 1);
    forked.sync?.kill('SIGSTOP');
    const published = Array.from({ length: 100 }, (_, n) => store.publish('frames6', n));
    forked.sync?.kill('SIGCONT');
    await Promise.all(published);
    await store.publish('frames6', 100);
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
    const subscriber = forked.forkClient('subscribe', 'frames7');
    await until(async () => (await store.subscribers('frames7')) === 1);
    subscriber.process.kill('SIGSTOP');
    const frame = { data: new Uint8Array(160 * 90 * 4) };
    for (let n = 0; n < 1600; n += 1) await store.publish('frames7', { n, ...frame });
    // By now its heap is as wide as garbage makes it; 2400 frames more would be 132 MiB.
    const before = await rssOf(forked.sync?.pid);
    for (let n = 1600; n < 4000; n += 1) await store.publish('frames7', { n, ...frame });
    const grown = (await rssOf(forked.sync?.pid)) - before;
    assert.ok(grown < 66, `sync grew by ${grown} MiB`);
    subscriber.process.kill('SIGCONT');
    await until(() => subscriber.reports.at(-1)?.[0] === 3999);
    let next = 0;
    for (const [n, dropped] of subscriber.reports as [number, number][]) {
      assert.equal(n, next + dropped);
      next = n + 1;
    }
    assert.ok(subscriber.reports.length <= 60 + 8 + 1, `${subscriber.reports.length} were kept`);
  });

  test('a killed client is forgotten, one killed in the middle of calls too', async () => {
    const store = forked.client();
    const subscribers = [forked.forkClient('subscribe', 'c8'), forked.forkClient('subscribe', 'c8')];
    const appender = forked.forkClient('append', 'log8');
    await until(async () => (await store.subscribers('c8')) === 2 && (await store.read('log8')).length > 5);
    for (const client of [...subscribers, appender]) {
      const gone = once(client.process, 'disconnect');
      client.process.kill('SIGKILL');
      await gone;
    }
    assert.equal(await store.subscribers('c8'), 0);
    const entries = (await store.read('log8')).map(({ value }) => value);
    assert.deepEqual(
      entries,
      Array.from({ length: entries.length }, (_, n) => n),
    );
  });

  test('a cluster worker is a client like any other', async () => {
    const store = forked.client();
    cluster.setupPrimary({
      exec: fileURLToPath(new URL('./fixtures/client.js', import.meta.url)),
      args: ['follow', 'log9'],
      serialization: 'advanced',
    });
    const worker = cluster.fork({ HLSSTREAM_LAUNCHED: '1' });
    try {
      forked.relay.attachClient(worker);
      const { reports } = new ClientProcess(worker.process);
      const value = { bytes: new Uint8Array([1, 2]), map: new Map([['a', 1]]) };
      await store.append('log9', value);
      await until(() => reports.length > 0);
      assert.deepEqual(reports, [[value]]);
    } finally {
      await kill(worker.process);
    }
  });
});

function seenIn({ value }: IteratorResult<LogEvent>): unknown {
  return value.type === 'entry' ? value.value : value.type;
}

/** Resident memory of a process in MiB. */
async function rssOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
