import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { markerFold } from '../../src/hls/marker-checkpoint.ts';
import type { Marker, MarkerEntry, MarkerOperation } from '../../src/hls/marker-log.ts';
import { LogOwner } from '../../src/store/log/owner.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import type { Store } from '../../src/store/store.ts';
import { heldFollow } from '../store/held-follow.ts';
import { unexpected } from '../unexpected.ts';
import { begins, ends, logName, markers, openWriter, picture } from './writing.ts';

function append(store: Store, ...operations: MarkerOperation[]): Promise<string> {
  return store.append(logName, { operations } satisfies MarkerEntry);
}

/** Has the marker log's owner cut it off in front of a checkpoint, with what others append meanwhile. */
async function cutOff(store: Store, like: Marker): Promise<void> {
  const owner = new LogOwner({
    store,
    log: logName,
    fold: markerFold,
    checkpointAfter: 10,
    failed: unexpected,
  });
  const [first] = await store.read(logName, { limit: 1 });
  for (let n = 0; (await store.read(logName, { limit: 1 }))[0]?.cursor === first?.cursor; n += 1) {
    await append(store, { op: 'open', marker: { ...like, id: `other-${n}`, source: 'api', duration: 0 } });
    await turn();
  }
  owner.close();
}

describe('openMarkerWriter, when the marker log is cut off', () => {
  test('takes over its open markers from the checkpoint', async () => {
    const store = new MemoryStore();
    const killed = await openWriter(store);
    killed.write(picture(0), [begins('a', 0), begins('b', 0)]);
    const [first, second] = (await markers(store)) as [Marker, Marker];
    await killed.close();
    await append(store, { op: 'close', id: second.id, duration: 7 });
    await cutOff(store, first);
    const writer = await openWriter(store);
    writer.write(picture(1_000_000), [begins('x', 1_000_000)]);
    writer.write(picture(2_000_000), [ends('x', 2_000_000)]);
    const own = (await markers(store)).filter(({ source }) => source === 'eye');
    assert.deepEqual(
      own.map(({ id, duration }) => [id, duration]),
      [
        [first.id, 2_000_000],
        [second.id, 7],
      ],
    );
    await writer.close();
  });

  test('leaves alone what somebody else has ended meanwhile, and goes on with the rest', async () => {
    const engine = new MemoryStore();
    const slow = heldFollow(engine);
    const writer = await openWriter(slow.store);
    writer.write(picture(0), [begins('a', 0), begins('b', 0)]);
    const [first, second] = (await markers(engine)) as [Marker, Marker];
    slow.hold();
    await append(engine, { op: 'close', id: first.id, duration: 5 });
    await cutOff(engine, first);
    slow.release();
    for (let n = 0; n < 50; n += 1) await turn();
    writer.write(picture(900_000), [ends('a', 900_000), ends('b', 900_000)]);
    const own = (await markers(engine)).filter(({ source }) => source === 'eye');
    assert.deepEqual(
      own.map(({ id, duration }) => [id, duration]),
      [
        [first.id, 5],
        [second.id, 900_000],
      ],
    );
    assert.equal(writer.counts.closed, 1);
    await writer.close();
  });
});
