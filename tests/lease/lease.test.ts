import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { thisProcess } from '../../src/lease/holder.ts';
import { Lease } from '../../src/lease/lease.ts';
import { type LeaseRecord, leaseKey } from '../../src/lease/lease-record.ts';
import { takeLease } from '../../src/lease/take-lease.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import type { Store } from '../../src/store/store.ts';
import { restartableStore } from '../api/restartable-store.ts';

const subject = 'stream/yard';
const never = new AbortController().signal;
const opened: Lease[] = [];

/** Takes it as another process would, from whoever has it. */
async function wrest(store: Store, now = () => 0): Promise<Lease> {
  const found = (await store.get(leaseKey(subject))) as LeaseRecord | undefined;
  const lease = await Lease.take({ store, subject, holder: await elsewhere(), now }, found);
  assert.ok(lease);
  opened.push(lease);
  return lease;
}

/** A holder on another host. */
async function elsewhere() {
  return { ...(await thisProcess()), host: 'elsewhere', pid: 4711, place: 'elsewhere' };
}

afterEach(async () => {
  for (const lease of opened.splice(0)) await lease.release();
});

describe('Lease', () => {
  test('holds by its own clock for its time to live after a sign of life', async () => {
    let time = 0;
    const lease = await wrest(new MemoryStore(), () => time);
    time = 1499;
    assert.equal(lease.held, true);
    time = 1500;
    assert.equal(lease.held, false);
    assert.equal(await lease.confirm(), 'held');
    assert.equal(lease.held, true);
  });

  test('keeps its fence through all signs of life', async () => {
    const store = new MemoryStore();
    const lease = await wrest(store);
    const { fence } = lease;
    for (let beat = 0; beat < 5; beat += 1) assert.equal(await lease.confirm(), 'held');
    assert.deepEqual(lease.fence, fence);
    await store.append('log', 1, { fence });
  });

  test('lets a stale holder write nothing, and tells it who took over', async () => {
    const store = new MemoryStore();
    const stale = await wrest(store);
    const active = await wrest(store);
    await assert.rejects(store.append('log', 'stale', { fence: stale.fence }), { code: 'STORE_FENCED' });
    await store.append('log', 'active', { fence: active.fence });
    assert.equal(await stale.renewFence(), 'lost');
    assert.equal(stale.held, false);
    assert.match(String(stale.lost.reason.message), /stream\/yard.*process 4711 on elsewhere/);
    assert.equal(stale.lost.reason.code, 'STREAM_TAKEN');
    assert.equal(await active.confirm(), 'held');
    await store.append('log', 'still active', { fence: active.fence });
  });

  test('is taken again, fence included, when the store comes back empty', async () => {
    const store = restartableStore();
    const lease = await wrest(store);
    await store.stop();
    assert.equal(await lease.confirm(), 'unknown');
    store.start();
    assert.equal(await lease.confirm(), 'held');
    await store.append('log', 1, { fence: lease.fence });
  });

  test('renews a fence that the store forgot, without anybody else noticing', async () => {
    const store = new MemoryStore();
    const lease = await wrest(store);
    const { fence } = lease;
    // As a store that was restored from an older copy: same record, newer token.
    await store.compareAndSet(fence.key, await store.get(fence.key), await store.get(fence.key));
    await assert.rejects(store.append('log', 1, { fence }), { code: 'STORE_FENCED' });
    assert.equal(await lease.renewFence(), 'held');
    await store.append('log', 1, { fence: lease.fence });
  });

  test('takes a sign of life for its own whose answer was lost', async () => {
    const store = new MemoryStore();
    const lease = await wrest(store);
    const record = (await store.get(leaseKey(subject))) as LeaseRecord;
    await store.set(leaseKey(subject), { ...record, beat: record.beat + 1 });
    assert.equal(await lease.confirm(), 'held');
  });
});

describe('takeLease', () => {
  test('takes what nobody holds, and refuses who does not wait, naming the holder', async () => {
    const store = new MemoryStore();
    const lease = await takeLease({ store, subject, wait: false, signal: never });
    assert.ok(lease);
    opened.push(lease);
    const refused = takeLease({ store, subject, wait: false, signal: never });
    await assert.rejects(refused, { code: 'STREAM_BUSY', message: new RegExp(`process ${process.pid} on `) });
  });

  test('hands over at once when the holder gives it back', async () => {
    const store = new MemoryStore();
    const first = await wrest(store);
    const waiting: string[] = [];
    const second = takeLease({
      ...{ store, subject, wait: true, signal: never },
      onWaiting: ({ host }) => {
        waiting.push(host);
        void first.release();
      },
    });
    const lease = await second;
    assert.ok(lease);
    opened.push(lease);
    assert.deepEqual(waiting, ['elsewhere']);
  });

  test('takes over from one that died on this machine without waiting for its time to live', async () => {
    const store = new MemoryStore();
    const gone = { ...(await thisProcess()), start: 'long ago' };
    const dead = await Lease.take({ store, subject, holder: gone }, undefined);
    assert.ok(dead);
    const lease = await takeLease({ store, subject, wait: false, signal: never, now: () => 0 });
    assert.ok(lease);
    opened.push(lease);
    assert.equal(await dead.confirm(), 'lost');
  });

  test('takes over from one that is silent for longer than its time to live, by the clock of the waiter', async () => {
    const store = new MemoryStore();
    const silent: LeaseRecord = { holder: await elsewhere(), beat: 7, ttl: 1500 };
    await store.set(leaseKey(subject), silent);
    let time = 0;
    const now = () => {
      time += 600;
      return time;
    };
    const lease = await takeLease({ store, subject, wait: false, signal: never, now });
    assert.ok(lease);
    opened.push(lease);
    assert.ok(time > 1500 && time < 6000);
  });

  test('gives up with the signal', async () => {
    const store = new MemoryStore();
    await wrest(store);
    const stop = new AbortController();
    const taking = takeLease({
      ...{ store, subject, wait: true, signal: stop.signal },
      onWaiting: () => stop.abort(),
    });
    assert.equal(await taking, undefined);
  });
});
