import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { HlsStreamError } from '../../src/errors.ts';
import { PendingWrites } from '../../src/lease/pending-writes.ts';
import { DiskStorage } from '../../src/storage/disk.ts';
import type { Storage } from '../../src/storage/storage.ts';

/** A lease whose standing the test turns. */
class TestLease {
  held = true;
  standing: 'held' | 'lost' | 'unknown' = 'held';
  readonly #lost = new AbortController();
  get lost(): AbortSignal {
    return this.#lost.signal;
  }
  async confirm() {
    if (this.standing === 'lost') this.#lost.abort(new HlsStreamError('STREAM_TAKEN', 'taken'));
    this.held = this.standing === 'held';
    return this.standing;
  }
}

const bytes = (text: string) => [Buffer.from(text)];

/** Storage over a server that the test takes away, which comes back with all that it held. */
class AwayStorage implements Storage {
  away = false;
  readonly objects = new Map<string, string>();
  /** What was done, in order. */
  readonly done: string[] = [];
  async #ask(): Promise<void> {
    if (this.away) throw new HlsStreamError('STORE_GONE', 'away');
  }
  async write(path: string, chunks: readonly Uint8Array[]) {
    await this.#ask();
    this.done.push(`write ${path}`);
    this.objects.set(path, String(Buffer.concat(chunks)));
  }
  async read(path: string) {
    await this.#ask();
    const text = this.objects.get(path);
    return text === undefined ? undefined : Buffer.from(text);
  }
  async remove(paths: readonly string[]) {
    await this.#ask();
    this.done.push(`remove ${paths.join(' ')}`);
    for (const path of paths) this.objects.delete(path);
  }
  removeFolder = () => this.#ask();
  async folders() {
    return [];
  }
  reachable = () => this.#ask();
}

/** How many bytes wait in memory of `count` objects of this size; written one after another until one waits for room. */
async function heldOf(pending: PendingWrites, count: number, chunk: Buffer): Promise<number> {
  let settled = 0;
  const writing = (async () => {
    for (let index = 0; index < count; index += 1) {
      await pending.write(`${index}`, [chunk]);
      settled += 1;
    }
  })();
  writing.catch(() => {});
  let before = -1;
  // Nothing here takes longer than a turn of the event loop but waiting for room.
  while (settled > before) {
    before = settled;
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  return settled * chunk.length;
}

describe('PendingWrites', () => {
  let folder: string;
  let disk: DiskStorage;
  let lease: TestLease;
  let stop: AbortController;
  let storage: PendingWrites;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hlsstream-pending-'));
    disk = new DiskStorage(folder);
    lease = new TestLease();
    stop = new AbortController();
    storage = new PendingWrites({
      media: { storage: disk, reachable: async () => {} },
      ...{ lease, signal: stop.signal, limit: 10 },
    });
  });
  afterEach(async () => {
    lease.standing = 'held';
    await storage.close();
    await rm(folder, { recursive: true });
  });

  test('writes through while the lease surely holds', async () => {
    await storage.write('a', bytes('one'));
    assert.equal(String(await disk.read('a')), 'one');
    assert.equal(storage.holds('a'), false);
  });

  test('asks before it writes when the lease is not certain any more', async () => {
    lease.held = false;
    await storage.write('a', bytes('one'));
    assert.equal(String(await disk.read('a')), 'one');
  });

  test('keeps media in memory while the store is away, and writes all of it in order afterwards', async (t) => {
    // Nothing is written by the clock alone.
    t.mock.timers.enable({ apis: ['setTimeout'] });
    lease.held = false;
    lease.standing = 'unknown';
    await storage.write('a', bytes('one'));
    await storage.write('b', bytes('two'));
    await storage.remove(['c']);
    assert.equal(await disk.read('a'), undefined);
    assert.equal(String(await storage.read('a')), 'one');
    await disk.write('c', bytes('old'));
    lease.held = true;
    await storage.write('d', bytes('3'));
    assert.equal(await disk.read('d'), undefined, 'what came before must be there first');
    await storage.flush();
    assert.deepEqual(
      await Promise.all(['a', 'b', 'c', 'd'].map(async (path) => String(await disk.read(path)))),
      ['one', 'two', 'undefined', '3'],
    );
    for (const path of ['a', 'b', 'd']) assert.equal(storage.holds(path), false);
  });

  test('lets writes wait for room when memory is full, until it is there or the process stops', async () => {
    lease.held = false;
    lease.standing = 'unknown';
    await storage.write('a', bytes('12345678'));
    let settled = false;
    const waits = storage.write('b', bytes('1234')).finally(() => {
      settled = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(settled, false);
    lease.standing = 'held';
    await storage.flush();
    await waits;
    assert.equal(String(await disk.read('b')), '1234');
    lease.held = false;
    lease.standing = 'unknown';
    await storage.write('e', bytes('1'));
    const stopped = storage.write('c', bytes('1234567890'));
    stop.abort();
    await assert.rejects(stopped, { code: 'STORAGE_FAILED' });
  });

  test('writes nothing any more when somebody else has the lease, waiting media included', async () => {
    lease.held = false;
    lease.standing = 'unknown';
    await storage.write('a', bytes('one'));
    lease.standing = 'lost';
    await assert.rejects(storage.write('b', bytes('two')), { code: 'STREAM_TAKEN' });
    await assert.rejects(storage.flush(), { code: 'STREAM_TAKEN' });
    assert.deepEqual([await disk.read('a'), await disk.read('b')], [undefined, undefined]);
  });

  describe('over a storage that may be away', () => {
    let away: AwayStorage;
    let pending: PendingWrites;
    const open = (limit?: number) =>
      new PendingWrites({
        media: { storage: away, reachable: away.reachable },
        ...{ lease, signal: stop.signal, ...(limit !== undefined && { limit }) },
      });
    beforeEach(() => {
      away = new AwayStorage();
      pending = open();
    });
    afterEach(() => pending.close());

    test('keeps what it cannot take in order, and lets nothing be listed until all of it can be read', async () => {
      await pending.write('a', bytes('1'));
      away.away = true;
      await pending.write('b', bytes('2'));
      await pending.write('c', bytes('3'));
      await pending.remove(['a', 'c']);
      await pending.write('d', bytes('4'));
      await assert.rejects(pending.flush(), { code: 'STORE_GONE' });
      assert.equal(String(await pending.read('b')), '2');
      away.away = false;
      await pending.flush();
      assert.deepEqual(away.done, ['write a', 'write b', 'write d', 'remove a c']);
      assert.deepEqual([...away.objects.keys()], ['b', 'd']);
    });

    test('lets nothing be listed while it is away, though nothing waits: it may have lost what it held', async () => {
      await pending.write('a', bytes('1'));
      away.away = true;
      await assert.rejects(pending.flush(), { code: 'STORE_GONE' });
      away.away = false;
      await pending.flush();
    });

    test('writes what waits though nobody asks, once it is back', async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      away.away = true;
      await pending.write('a', bytes('1'));
      away.away = false;
      t.mock.timers.tick(1000);
      for (let turn = 0; turn < 50 && pending.holds('a'); turn += 1) await Promise.resolve();
      assert.deepEqual(away.done, ['write a']);
    });

    test('drops what waited for it when somebody else has the lease meanwhile: their media has the same names', async () => {
      away.away = true;
      await pending.write('0.0.m4s', bytes('ours'));
      lease.held = false;
      lease.standing = 'lost';
      await assert.rejects(pending.write('0.1.m4s', bytes('ours')), { code: 'STREAM_TAKEN' });
      away.away = false;
      away.objects.set('0.0.m4s', 'theirs');
      await assert.rejects(pending.flush(), { code: 'STREAM_TAKEN' });
      await pending.remove(['0.0.m4s']);
      await pending.close();
      assert.deepEqual(away.done, []);
      assert.equal(away.objects.get('0.0.m4s'), 'theirs');
    });

    test('passes on at once what the storage refuses for good', async () => {
      away.write = async () => {
        throw new HlsStreamError('STORAGE_FAILED', 'no space left');
      };
      await assert.rejects(pending.write('a', bytes('1')), { code: 'STORAGE_FAILED', message: /no space/ });
      assert.equal(pending.holds('a'), false);
    });

    test('lets a write without room go on when the lease is lost, or it is closed', async () => {
      for (const [end, code] of [
        [() => lease.confirm(), 'STREAM_TAKEN'],
        [() => pending.close(), 'STORAGE_FAILED'],
      ] as const) {
        away.away = true;
        pending = open(10);
        await pending.write('a', bytes('12345678'));
        const waits = assert.rejects(pending.write('b', bytes('1234')), { code });
        if (code === 'STREAM_TAKEN') lease.standing = 'lost';
        await end();
        await waits;
        lease = new TestLease();
      }
    });

    const mebibyte = Buffer.alloc(1024 * 1024);
    for (const [what, takeAway] of [
      ['the store is away', () => Object.assign(lease, { held: false, standing: 'unknown' })],
      ['the storage is away', () => Object.assign(away, { away: true })],
      [
        'both are away',
        () =>
          Object.assign(away, { away: true }) && Object.assign(lease, { held: false, standing: 'unknown' }),
      ],
    ] as const) {
      test(`keeps at most 64 MiB in memory while ${what}, all in all`, async () => {
        takeAway();
        assert.equal(await heldOf(pending, 200, mebibyte), 64 * mebibyte.length);
      });
    }
  });
});

test('what finds no room on the disk is written once there is some, and refused where none can be made', async () => {
  const storage = new AwayStorage();
  const write = storage.write.bind(storage);
  let room = 0;
  storage.write = async (path, chunks) => {
    if (room === 0) throw new HlsStreamError('STORAGE_FULL', 'the disk is full (ENOSPC)');
    await write(path, chunks);
  };
  const media = { storage, reachable: storage.reachable };
  const pending = new PendingWrites({ media, signal: new AbortController().signal });
  await assert.rejects(pending.write('a', bytes('one')), { code: 'STORAGE_FULL' });
  const asked: number[] = [];
  pending.makeRoom = async (count) => {
    asked.push(count);
    room = count;
    return true;
  };
  await pending.write('a', bytes('one'));
  assert.deepEqual([asked, storage.objects.get('a')], [[3], 'one']);
  room = 0;
  pending.makeRoom = async () => {
    throw new HlsStreamError('STORAGE_FAILED', 'cannot remove: the disk is read-only (EROFS)');
  };
  await assert.rejects(pending.write('b', bytes('two')), { code: 'STORAGE_FULL' });
});
