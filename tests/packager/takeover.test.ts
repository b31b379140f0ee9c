import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { HlsStreamError } from '../../src/errors.ts';
import {
  emptyMediaState,
  type InitEntry,
  type MediaState,
  type PartEntry,
  partsLogName,
  type SegmentEntry,
} from '../../src/hls/playlist-log.ts';
import { sameRunFollows } from '../../src/hls/same-run.ts';
import { thisProcess } from '../../src/lease/holder.ts';
import { Lease } from '../../src/lease/lease.ts';
import { type LeaseRecord, leaseKey } from '../../src/lease/lease-record.ts';
import { PendingWrites } from '../../src/lease/pending-writes.ts';
import { readLast } from '../../src/packager/epoch.ts';
import { Publisher } from '../../src/packager/publisher.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import type { Store } from '../../src/store/store.ts';
import { restartableStore } from '../api/restartable-store.ts';
import { until } from '../until.ts';

const stream = {
  ...{ name: 'yard', epoch: 'e1', startedAt: 0, targetDuration: 1_000_000, partTarget: 210_000 },
  ...{ partHoldBack: 630_000, holdBack: 3_000_000, window: 60_000_000 },
};

function part(msn: number, index: number): PartEntry {
  return {
    ...{ type: 'part', msn, part: index, run: '0', pts: msn * 1e6 + index * 2e5, duration: 2e5, date: 0 },
    ...{ independent: index === 0, bytes: 1, discontinuity: false, discontinuitySequence: 0 },
  };
}

/** Keeps objects in a Map. */
function mapStorage(): Storage & { readonly objects: Map<string, Buffer> } {
  const objects = new Map<string, Buffer>();
  return {
    objects,
    write: async (path, chunks) => void objects.set(path, Buffer.concat(chunks)),
    read: async (path) => objects.get(path),
    remove: async (paths) => {
      for (const path of paths) objects.delete(path);
    },
    removeFolder: async () => {},
    folders: async () => [],
  };
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A publisher as the active encoder of a process has it; each call takes over from the one before. */
async function activate(store: Store, storage: Storage, clock = { now: 0 }) {
  const found = (await store.get(leaseKey('stream/yard'))) as LeaseRecord | undefined;
  const now = () => clock.now;
  const lease = await Lease.take({ store, subject: 'stream/yard', holder: await thisProcess(), now }, found);
  assert.ok(lease);
  const media = new PendingWrites({
    media: { storage, reachable: async () => {} },
    ...{ lease, signal: new AbortController().signal },
  });
  const troubles: unknown[] = [];
  const publisher = new Publisher(
    ...([store, emptyMediaState(stream), (error: unknown) => troubles.push(error)] as const),
    { lease, mediaWritten: () => media.flush() },
  );
  closing.push(
    () => publisher.close(),
    () => lease.release(),
    () => media.close(),
  );
  return { lease, media, publisher, troubles };
}

async function listed(store: Store): Promise<string[]> {
  const entries = await store.read(partsLogName('yard', 'e1'));
  return entries.map(({ value }) => `${(value as PartEntry).msn}.${(value as PartEntry).part}`);
}

/** A whole segment of one part. */
function segment(msn: number, extra: Partial<SegmentEntry> = {}): SegmentEntry {
  const { type: _, part: __, ...first } = part(msn, 0);
  return { ...first, type: 'segment', parts: [{ duration: 2e5, independent: true, bytes: 1 }], ...extra };
}

describe('a publisher whose store comes back empty while a break is open', () => {
  const init: InitEntry = {
    ...{ type: 'init', run: '0', anchor: { pts: 0, date: 0 }, codecs: 'avc1.64001f' },
    ...{ width: 640, height: 360, frameRate: 30, bandwidth: 1 },
  };

  for (const [how, entries] of [
    ['in a break of its own', [segment(0), segment(1), { type: 'break', msn: 2 }]],
    ['with its last segment', [segment(0), segment(1, { endsRun: true })]],
    [
      'behind what has left the list',
      [segment(0), segment(1), { type: 'removed', before: 1 }, { type: 'break', msn: 2 }],
    ],
  ] as const) {
    test(`tells again that the run is over, where that was said ${how}`, async () => {
      const store = restartableStore();
      const { publisher } = await activate(store, mapStorage());
      await publisher.announce();
      for (const entry of [init, ...entries]) await publisher.playlist(entry);
      assert.equal(sameRunFollows(publisher.state), false);
      await store.stop();
      store.start();
      await until(
        'the first two segments are kept',
        10,
        async () => (await readLast(store, 'yard'))?.nextMsn === 2,
      );
      const known = (await readLast(store, 'yard')) as MediaState;
      assert.equal(sameRunFollows(known), false);
      assert.deepEqual(known.segments, publisher.state.segments);
      // The run that follows is known by its init segment, before any part of it is.
      await publisher.playlist({ ...init, run: '1' });
      assert.equal(sameRunFollows((await readLast(store, 'yard')) as MediaState), false);
      await publisher.playlist(segment(2, { run: '1', discontinuity: true, discontinuitySequence: 1 }));
      assert.equal(sameRunFollows((await readLast(store, 'yard')) as MediaState), true);
    });
  }

  test('has no trouble with what the lost logs were to be cut off at, and cuts the new ones', async () => {
    const store = restartableStore();
    const { publisher, troubles } = await activate(store, mapStorage());
    await publisher.announce();
    await publisher.playlist(init);
    const play = async (from: number, to: number) => {
      for (let msn = from; msn < to; msn += 1) {
        await publisher.part(part(msn, 0));
        await publisher.playlist(segment(msn));
        if (msn >= 5) await publisher.playlist({ type: 'removed', before: msn - 4 });
      }
    };
    await play(0, 12);
    await store.stop();
    store.start();
    await until('what is listed is kept', 10, async () => (await readLast(store, 'yard'))?.nextMsn === 12);
    await play(12, 40);
    assert.deepEqual(troubles, []);
    assert.deepEqual(
      await listed(store),
      Array.from({ length: 11 }, (_, at) => `${29 + at}.0`),
    );
  });

  test('tells what storage had lost also where that could not be told at once', async () => {
    const store = restartableStore();
    const { publisher } = await activate(store, mapStorage());
    await publisher.announce();
    for (const entry of [init, segment(0), segment(1)]) await publisher.playlist(entry);
    const { append } = store;
    store.append = async () => {
      throw new HlsStreamError('STORE_NO_REPLICAS', 'not now');
    };
    await publisher.playlist({ type: 'lost', from: 1, before: 2 });
    store.append = append;
    const gap = async () => (await readLast(store, 'yard'))?.segments[1]?.filler?.kind;
    await until('the gap is known', 10, async () => (await gap()) === 'gap');
  });

  test('keeps the init segment of a run in the log, whoever goes on with it', async () => {
    const store = restartableStore();
    let msn = 0;
    for (let process = 0; process < 3; process += 1) {
      const { publisher } = await activate(store, mapStorage());
      Object.assign(publisher.state, await readLast(store, 'yard'));
      await publisher.announce();
      if (process === 0) await publisher.playlist(init);
      for (let count = 0; count < 70; count += 1, msn += 1) {
        await publisher.playlist(segment(msn));
        if (msn >= 5) await publisher.playlist({ type: 'removed', before: msn - 4 });
      }
      assert.equal((await readLast(store, 'yard'))?.init?.run, '0', `after process ${process}`);
    }
  });

  test('tells it again also when the break came while the store was away', async () => {
    const store = restartableStore();
    const { publisher } = await activate(store, mapStorage());
    await publisher.announce();
    for (const entry of [init, segment(0)]) await publisher.playlist(entry);
    await store.stop();
    await publisher.playlist({ type: 'break', msn: 1 });
    store.start();
    await until('the break is kept', 10, async () => (await readLast(store, 'yard'))?.brokenAt === 1);
    assert.equal(sameRunFollows((await readLast(store, 'yard')) as MediaState), false);
  });
});

describe('a publisher under a lease', () => {
  test('writes not one entry after another has taken over, whatever it thinks itself', async () => {
    const store = new MemoryStore();
    const stale = await activate(store, mapStorage());
    await stale.publisher.announce();
    await stale.publisher.part(part(0, 0));
    const active = await activate(store, mapStorage());
    // Its clock stands still, as that of a process that was stopped seems to: it believes that it holds.
    assert.equal(stale.lease.held, true);
    await stale.publisher.part(part(0, 1));
    await until('the lease is lost', 10, () => stale.lease.lost.aborted);
    await stale.publisher.part(part(0, 2));
    await active.publisher.part(part(1, 0));
    assert.deepEqual(await listed(store), ['0.0', '1.0']);
    assert.deepEqual(stale.troubles, [], 'being taken over is no trouble of the store');
  });

  test('goes on when the store came back empty: lease, fence and all that is listed are there again', async () => {
    const store = restartableStore();
    const { publisher, lease } = await activate(store, mapStorage());
    await publisher.announce();
    await publisher.part(part(0, 0));
    await store.stop();
    await publisher.part(part(0, 1));
    store.start();
    await until('two parts are listed', 10, async () => (await listed(store)).length === 2);
    await publisher.part(part(0, 2));
    assert.deepEqual(await listed(store), ['0.0', '0.1', '0.2']);
    assert.equal(lease.lost.aborted, false);
  });

  test('tells of media that waited in memory only when it is in storage', async () => {
    const store = restartableStore();
    const clock = { now: 0 };
    const storage = mapStorage();
    const { publisher, media } = await activate(store, storage, clock);
    await publisher.announce();
    await store.stop();
    clock.now = 10_000;
    await media.write('0.0.m4s', [Buffer.from('x')]);
    void publisher.part(part(0, 0));
    assert.equal(storage.objects.size, 0, 'who has the lease is not certain');
    const seen: boolean[] = [];
    const append = store.append;
    store.append = (log, value, options) => {
      if (log === partsLogName('yard', 'e1')) seen.push(storage.objects.has('0.0.m4s'));
      return append(log, value, options);
    };
    store.start();
    await until('one part is listed', 10, async () => (await listed(store)).length === 1);
    assert.deepEqual(seen, [true]);
  });
});
