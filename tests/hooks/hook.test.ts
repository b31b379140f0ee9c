import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { markerFold } from '../../src/hls/marker-checkpoint.ts';
import { markerLogName } from '../../src/hls/marker-log.ts';
import type { SentEvent } from '../../src/hooks/event.ts';
import type { Outcome } from '../../src/hooks/lanes.ts';
import { LogOwner } from '../../src/store/log/owner.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import type { Store } from '../../src/store/store.ts';
import { unexpected } from '../unexpected.ts';
import { until } from '../until.ts';
import { begin, closeOpened, end, marker, openHook, ToldReceiver, word, write } from './telling.ts';

/** Before the markers of these tests. */
const LONG_AGO = 1_794_000_000_000_000;

/** Has the marker log cut off behind all that is in it now. */
async function cutOff(store: Store): Promise<void> {
  const log = markerLogName('yard');
  const [newest] = await store.read(log, { latest: true, limit: 1 });
  const owner = new LogOwner({ store, log, fold: markerFold, checkpointAfter: 4, failed: unexpected });
  for (let n = 0; ; n += 1) {
    const [oldest] = await store.read(log, { limit: 1 });
    const [, digits] = /-(\d+)$/.exec(oldest?.cursor ?? '') ?? [];
    if (Number(digits) > Number(/-(\d+)$/.exec(newest?.cursor ?? '')?.[1])) break;
    await begin(store, `filler-${n}`, { class: 'filler', duration: 0, date: LONG_AGO });
    await new Promise((resolve) => setImmediate(resolve));
  }
  owner.close();
}

describe('Hook', () => {
  afterEach(closeOpened);

  test('tells of markers that begin, are edited, end and are deleted, in that order', async () => {
    const store = new MemoryStore();
    const receiver = new ToldReceiver();
    const { hook, counts } = await openHook(store, receiver);
    await begin(store, 'a');
    await write(store, { op: 'edit', id: 'a', changes: { text: 'Two' } });
    await end(store, 'a');
    await write(store, { op: 'delete', id: 'a' });
    await receiver.has(4);
    await hook.close();
    assert.deepEqual(receiver.told, ['begun a', 'edited a', 'ended a', 'deleted a']);
    const [begun, edited, ended, deleted] = receiver.events as [SentEvent, SentEvent, SentEvent, SentEvent];
    assert.equal(begun.timestamp, begun.marker?.date);
    assert.equal(Date.parse(ended.timestamp) - Date.parse(begun.timestamp), 2000);
    assert.deepEqual([begun.marker?.duration, ended.marker?.duration], [null, 2]);
    assert.deepEqual([edited.marker?.text, deleted.marker?.text], ['Two', 'Two']);
    assert.equal(
      begun.link,
      `http://cams.example.org/?stream=yard&t=${encodeURIComponent(begun.marker?.date ?? '')}#marker=a`,
    );
    assert.equal(begun.picture, 'http://cams.example.org/streams/yard/picture.jpg?time=1');
    assert.equal(new Set(receiver.events.map(({ id }) => id)).size, 4);
    assert.deepEqual(counts, { sent: 4, failed: 0, dropped: 0, queued: 0 });
  });

  test('tells of the begin and the end of what came as a whole, and of each of a batch', async () => {
    const store = new MemoryStore();
    const receiver = new ToldReceiver();
    await openHook(store, receiver);
    const [a, b] = [marker('a', { duration: 0 }), marker('b')];
    await write(store, { op: 'open', marker: a }, { op: 'open', marker: b });
    await receiver.has(3);
    assert.deepEqual([...receiver.told].sort(), ['begun a', 'begun b', 'ended a']);
  });

  test('goes on after a restart with what came meanwhile, step by step, and tells nothing twice', async () => {
    const store = new MemoryStore();
    const receiver = new ToldReceiver();
    await begin(store, 'old', { date: LONG_AGO, duration: 5 });
    await begin(store, 'older', { date: LONG_AGO, pts: 500_000 });
    const first = await openHook(store, receiver);
    await begin(store, 'a');
    await receiver.has(2);
    await first.hook.close();
    await write(store, { op: 'edit', id: 'a', changes: { text: 'Two' } });
    await end(store, 'a');
    await write(store, { op: 'delete', id: 'a' });
    await begin(store, 'b', { duration: 1 });
    const second = await openHook(store, receiver);
    await receiver.has(7);
    await second.hook.close();
    await openHook(store, receiver);
    await end(store, 'older');
    await receiver.has(8);
    // What had ended before it was told of the first time is no news; what goes on is.
    assert.deepEqual(receiver.told, [
      ...['begun older', 'begun a', 'edited a', 'ended a', 'deleted a'],
      ...['begun b', 'ended b', 'ended older'],
    ]);
  });

  test('tells what happened while the log was cut off behind its place, by what is there', async () => {
    const store = new MemoryStore();
    const receiver = new ToldReceiver();
    const first = await openHook(store, receiver, { classes: ['person'] });
    for (const id of ['ends', 'goes on', 'deleted', 'ended']) await begin(store, id.replace(' ', '-'));
    await end(store, 'ended');
    await receiver.has(5);
    await first.hook.close();
    receiver.told.length = 0;
    await end(store, 'ends');
    await write(store, { op: 'delete', id: 'deleted' });
    await begin(store, 'new');
    await begin(store, 'short', { duration: 1 });
    await cutOff(store);
    const second = await openHook(store, receiver, { classes: ['person'] });
    await receiver.has(5);
    await end(store, 'goes-on');
    await receiver.has(6);
    await second.hook.close();
    assert.deepEqual([...receiver.told].sort(), [
      ...['begun new', 'begun short', 'deleted deleted', 'ended ends', 'ended goes-on', 'ended short'],
    ]);
  });

  test('tells of named classes only, and of a marker that comes into or out of them as one that begins or goes', async () => {
    const store = new MemoryStore();
    const receiver = new ToldReceiver();
    const { hook } = await openHook(store, receiver, { classes: ['person'] });
    await begin(store, 'cat', { class: 'cat' });
    await begin(store, 'a');
    await write(store, { op: 'edit', id: 'cat', changes: { class: 'person' } });
    await write(store, { op: 'edit', id: 'a', changes: { class: 'cat' } });
    await end(store, 'a');
    await end(store, 'cat');
    await receiver.has(4);
    await hook.close();
    assert.deepEqual(
      ['a', 'cat'].map((id) => receiver.told.filter((each) => each.endsWith(` ${id}`))),
      [
        ['begun a', 'deleted a'],
        ['begun cat', 'ended cat'],
      ],
    );
  });

  test('tells of streams that come up, are lost and end, and again of none that stands as it was told', async () => {
    const store = new MemoryStore();
    const receiver = new ToldReceiver();
    const first = await openHook(store, receiver);
    // One that was away all the time is no news.
    first.stands({ condition: 'lost', reason: 'its source is silent' });
    first.stands({ condition: 'up' });
    first.stands({ condition: 'up' });
    first.stands({ condition: 'lost', reason: 'its source is silent' });
    await receiver.has(2);
    await first.hook.close();
    const second = await openHook(store, receiver);
    second.stands({ condition: undefined });
    second.stands({ condition: 'lost' });
    second.stands({ condition: 'up' });
    second.stands({ condition: 'ended' });
    await receiver.has(4);
    await second.hook.close();
    assert.deepEqual(receiver.told, ['up', 'lost', 'up', 'ended']);
    assert.equal(receiver.events[1]?.reason, 'its source is silent');
  });

  test('tells other streams than those named nothing', async () => {
    const store = new MemoryStore();
    const receiver = new ToldReceiver();
    const { hook, stands, counts } = await openHook(store, receiver, { streams: ['door'] });
    await begin(store, 'a');
    stands({ condition: 'up' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await hook.close();
    assert.deepEqual([receiver.told, counts.queued], [[], 0]);
  });

  test('keeps what a receiver does not take over a restart, and the order of each marker', async () => {
    const store = new MemoryStore();
    const away = new ToldReceiver(() => ({ type: 'failed', reason: 'cannot be reached', after: 60_000 }));
    const first = await openHook(store, away);
    for (const id of ['a', 'b', 'c']) await begin(store, id);
    for (const id of ['c', 'a', 'b']) await end(store, id);
    await until('six wait', 10, () => first.counts.queued === 6);
    await until('it is said', 10, () => first.log.length > 0);
    assert.match(first.log[0] ?? '', /the receiver cannot be reached; trying again/);
    await first.hook.close();
    const receiver = new ToldReceiver();
    const second = await openHook(store, receiver);
    await receiver.has(6);
    await second.hook.close();
    for (const id of ['a', 'b', 'c'])
      assert.ok(receiver.told.indexOf(`begun ${id}`) < receiver.told.indexOf(`ended ${id}`), id);
    const again = new ToldReceiver();
    const third = await openHook(store, again);
    await third.hook.close();
    assert.deepEqual(again.told, []);
  });

  test('drops whole markers when too much waits, counts and says it, and forgets their ends, too', async () => {
    const store = new MemoryStore();
    let isOpen = false;
    const receiver = new ToldReceiver(
      (): Outcome => (isOpen ? { type: 'sent' } : { type: 'interrupted', reason: 'away' }),
      1,
    );
    receiver.answer = async () => {
      await until('it is back', 10, () => isOpen);
      return { type: 'sent' };
    };
    const { hook, counts, log } = await openHook(store, receiver, { queue: 10 });
    for (let n = 0; n < 20; n += 1) await begin(store, `m${n}`);
    await until('ten are dropped', 10, () => counts.dropped === 10);
    for (let n = 0; n < 20; n += 1) await end(store, `m${n}`);
    await until('all ends are read', 10, () => counts.dropped >= 15);
    isOpen = true;
    await until('all that waits is told', 10, () => counts.queued === 0);
    await hook.close();
    assert.match(log[0] ?? '', /events were dropped/);
    assert.equal(counts.sent + counts.dropped, 40);
    for (const each of receiver.told.filter((said) => said.startsWith('ended')))
      assert.ok(receiver.told.includes(each.replace('ended', 'begun')), each);
    assert.ok(receiver.told.includes('ended m19'));
  });

  test('tells one that is gone nothing more, until it is begun again', async () => {
    const store = new MemoryStore();
    const gone = new ToldReceiver(() => ({ type: 'gone', reason: 'answered 410 Gone' }));
    const first = await openHook(store, gone);
    await begin(store, 'a');
    await until('it is gone', 10, () => first.hook.trouble !== undefined);
    gone.answer = () => ({ type: 'sent' });
    await begin(store, 'b');
    await until('two are dropped', 10, () => first.counts.dropped === 2);
    await first.hook.close();
    assert.deepEqual(gone.told, []);
    const receiver = new ToldReceiver();
    const second = await openHook(store, receiver);
    await end(store, 'b');
    await begin(store, 'c');
    await receiver.has(1);
    await second.hook.close();
    assert.ok(receiver.told.includes('begun c'));
  });

  test('keeps its own log short, and all that waits in it', async () => {
    const store = new MemoryStore();
    const receiver = new ToldReceiver();
    let slow: (() => void) | undefined;
    receiver.answer = (event) =>
      word(event) === 'begun slow'
        ? new Promise((resolve) => {
            slow = () => resolve({ type: 'interrupted', reason: 'away' });
          })
        : { type: 'sent' };
    const first = await openHook(store, receiver);
    await begin(store, 'slow');
    for (let n = 0; n < 800; n += 1) await begin(store, `m${n}`, { duration: 0 });
    await receiver.has(1600);
    await until(
      'the log is cut off',
      10,
      async () => (await store.read('hooks/test', { limit: 10_000 })).length < 1600,
    );
    slow?.();
    receiver.answer = () => ({ type: 'interrupted', reason: 'away' });
    await first.hook.close();
    const again = new ToldReceiver();
    const second = await openHook(store, again);
    await again.has(1);
    await second.hook.close();
    assert.ok(again.told.includes('begun slow'), String(again.told));
    assert.ok(again.told.length < 30, String(again.told.length));
  });
});
