import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { HlsStreamError } from '../../src/errors.ts';
import { GuardedStorage } from '../../src/packager/guarded-storage.ts';
import { DiskStorage } from '../../src/storage/disk.ts';

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

describe('GuardedStorage', () => {
  let folder: string;
  let disk: DiskStorage;
  let lease: TestLease;
  let stop: AbortController;
  let storage: GuardedStorage;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hlsstream-guarded-'));
    disk = new DiskStorage(folder);
    lease = new TestLease();
    stop = new AbortController();
    storage = new GuardedStorage({ storage: disk, lease, signal: stop.signal, limit: 10 });
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('writes through while the lease surely holds', async () => {
    await storage.write('a', bytes('one'));
    assert.equal(String(await disk.read('a')), 'one');
    assert.equal(storage.waiting, 0);
  });

  test('asks before it writes when the lease is not certain any more', async () => {
    lease.held = false;
    await storage.write('a', bytes('one'));
    assert.equal(String(await disk.read('a')), 'one');
  });

  test('keeps media in memory while the store is away, and writes all of it in order afterwards', async () => {
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
    assert.equal(storage.waiting, 0);
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
    await storage.flush();
    await waits;
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
});
