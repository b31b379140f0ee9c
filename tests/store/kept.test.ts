import assert from 'node:assert/strict';
import { cp, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ClassicLevel } from 'classic-level';
import { type KeptStoreOptions, openKeptStore } from '../../src/store/kept/kept-store.ts';
import { entryKey, HEADER_KEY, toRecord } from '../../src/store/kept/records.ts';
import { readAll } from '../../src/store/log/read-all.ts';
import { STORE_DAMAGED_KEY, type Store } from '../../src/store/store.ts';
import { ForkedStore, kill } from './forked-store.ts';
import { logOwnerContract } from './log-owner.ts';
import { storeContract, until } from './store-contract.ts';

let root = '';
let folders = 0;
const stores: Store[] = [];

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'hlsstream-kept-'));
});
after(async () => {
  for (const store of stores) await store.close();
  await rm(root, { recursive: true, force: true });
});

function newFolder(): string {
  folders += 1;
  return join(root, `store-${folders}`);
}

async function opened(folder: string, options: Partial<KeptStoreOptions> = {}): Promise<Store> {
  const store = await openKeptStore({ folder, notice: () => {}, ...options });
  stores.push(store);
  return store;
}

/** What a kill -9 of its process leaves of an open store, in a folder of its own. */
async function killed(folder: string): Promise<string> {
  const left = newFolder();
  await cp(folder, left, { recursive: true });
  return left;
}

async function values(store: Store, log: string): Promise<unknown[]> {
  return (await readAll(store, log)).map(({ value }) => value);
}

const contract = async () => {
  const store = await opened(newFolder());
  return { store, another: async () => store, close: () => store.close() };
};
storeContract('kept', contract);
logOwnerContract('kept', contract);

const ends = {
  async closed(store: Store, folder: string) {
    await store.close();
    return folder;
  },
  killed: (_: Store, folder: string) => killed(folder),
};

for (const [end, how] of Object.entries(ends)) {
  describe(`a kept store that was ${end}`, () => {
    test('has all that was acknowledged, under the same cursors', async () => {
      const folder = newFolder();
      const store = await opened(folder);
      await store.set('key', { bytes: new Uint8Array([1, 2]), at: 2 ** 52 });
      await store.set('gone', 1);
      await store.delete('gone');
      await store.update('figures', { a: 1 });
      const cursors = await Promise.all(['a', 'b', 'c', 'd'].map((value) => store.append('log', value)));
      await store.trim('log', cursors[1] as string);
      const again = await opened(await how(store, folder));
      assert.deepEqual(await again.get('key'), { bytes: new Uint8Array([1, 2]), at: 2 ** 52 });
      assert.deepEqual(await again.keys(''), ['figures', 'key']);
      const entries = await readAll(again, 'log');
      assert.deepEqual(
        entries.map(({ cursor, value }) => [cursor, value]),
        [1, 2, 3].map((index) => [cursors[index], 'abcd'[index]]),
      );
    });

    test('lets a follower go on from its cursor, with nothing missed and nothing twice', async () => {
      const folder = newFolder();
      const store = await opened(folder);
      await store.append('log', 'a');
      const seen = await store.append('log', 'b');
      const again = await opened(await how(store, folder));
      const follower = again.follow('log', { after: seen })[Symbol.asyncIterator]();
      const cursor = await again.append('log', 'c');
      assert.deepEqual((await follower.next()).value, { type: 'entry', cursor, value: 'c' });
    });

    test('takes an entry once whose acknowledgement was lost', async () => {
      const folder = newFolder();
      const store = await opened(folder);
      const first = await store.append('log', 'a', { id: 'one' });
      const again = await opened(await how(store, folder));
      assert.equal(await again.append('log', 'a', { id: 'one' }), first);
      assert.deepEqual(await values(again, 'log'), ['a']);
    });

    test('begins an ephemeral log anew, and its followers with it, under numbers never given before', async () => {
      const folder = newFolder();
      const store = await opened(folder);
      const seen = await store.append('log', 'a', { ephemeral: true });
      await store.append('log', 'b', { ephemeral: true });
      const again = await opened(await how(store, folder));
      assert.deepEqual(await values(again, 'log'), []);
      const follower = again.follow('log', { after: seen })[Symbol.asyncIterator]();
      assert.deepEqual((await follower.next()).value, { type: 'reset' });
      const cursor = await again.append('log', 'c', { ephemeral: true });
      assert.deepEqual((await follower.next()).value, { type: 'entry', cursor, value: 'c' });
      assert.equal(await again.trim('log', cursor), 0);
    });

    test('keeps fences, and gives none below them', async () => {
      const folder = newFolder();
      const store = await opened(folder);
      const taken = await store.compareAndSet('lease', undefined, 'me');
      assert.ok(taken.ok);
      const again = await opened(await how(store, folder));
      const fence = { key: 'lease', token: taken.token };
      await again.append('log', 1, { fence });
      const wrested = await again.compareAndSet('lease', 'me', 'you');
      assert.ok(wrested.ok && wrested.token > taken.token);
      await assert.rejects(again.append('log', 2, { fence }), { code: 'STORE_FENCED' });
    });
  });
}

describe('a kept store', () => {
  test('loses nothing that was acknowledged when sync is killed in the middle of a burst', async () => {
    const forked = new ForkedStore();
    try {
      const folder = await forked.folder();
      const acknowledged = new Map<string, number>();
      for (let round = 0; round < 3; round += 1) {
        const sync = await forked.startSync(folder);
        const store = forked.client();
        const burst = Array.from({ length: 3000 }, (_, n) => {
          const value = round * 10_000 + n;
          return store.append('log', value, { id: `${value}` }).then((cursor) => {
            acknowledged.set(cursor, value);
            if (acknowledged.size === round * 3000 + 500) sync.kill('SIGKILL');
          });
        });
        await Promise.allSettled(burst);
        await kill(sync);
        await store.close();
      }
      await forked.startSync(folder);
      const entries = await readAll(forked.client(), 'log');
      const kept = new Map(entries.map(({ cursor, value }) => [cursor, value]));
      assert.ok(acknowledged.size >= 1500, `${acknowledged.size} acknowledged`);
      for (const [cursor, value] of acknowledged) assert.equal(kept.get(cursor), value, cursor);
      assert.equal(new Set(kept.values()).size, kept.size, 'none is there twice');
    } finally {
      await forked.close();
    }
  });

  test('gives no cursor and no fence a second time after the newest writes were lost with the power', async () => {
    const folder = newFolder();
    const store = await opened(folder);
    await store.append('log', 'old');
    const lease = await store.compareAndSet('lease', undefined, 1);
    const before = await killed(folder);
    const lost = [];
    for (const value of ['b', 'c', 'd']) lost.push(await store.append('log', value));
    const lostLease = await store.compareAndSet('lease', 1, 2);
    const again = await opened(before);
    const given = await again.append('log', 'other');
    assert.ok(!lost.includes(given), given);
    // Whoever saw what is lost is told to begin anew.
    const follower = again.follow('log', { after: lost[1] as string })[Symbol.asyncIterator]();
    assert.deepEqual((await follower.next()).value, { type: 'reset' });
    const next = await again.compareAndSet('lease', 1, 3);
    assert.ok(lease.ok && lostLease.ok && next.ok && next.token > lostLease.token);
  });

  test('synced to the disk when asked to, keeps the same', async () => {
    const folder = newFolder();
    const store = await opened(folder, { durability: 'power' });
    await Promise.all([1, 2, 3].map((value) => store.append('log', value)));
    assert.deepEqual(await values(await opened(await killed(folder)), 'log'), [1, 2, 3]);
  });

  test('refuses what a newer version wrote, and changes nothing of it', async () => {
    const folder = newFolder();
    await (await opened(folder)).close();
    const database = new ClassicLevel<string, Buffer>(folder, { valueEncoding: 'buffer' });
    await database.put(HEADER_KEY, toRecord(HEADER_KEY, { schema: 99, generation: 'later' }));
    await database.put('unknown:record', Buffer.from('of that version'));
    await database.close();
    await assert.rejects(opened(folder), { code: 'STORE_NEWER', message: /version 99.*--data-dir/ });
    await database.open();
    assert.equal((await database.get('unknown:record'))?.toString(), 'of that version');
    await database.close();
    const anew = await opened(folder, { fresh: true });
    assert.deepEqual(await anew.keys(''), [], 'but begins anew there when it is told to');
    await anew.close();
    await (await opened(folder)).close();
  });

  test('is opened by one process at a time, and by the next when that is gone', async () => {
    const folder = newFolder();
    const store = await opened(folder);
    await assert.rejects(opened(folder), { code: 'DATA_DIR_BUSY', message: /in use.*--data-dir/ });
    const waiting = opened(folder, { wait: 5000 });
    await store.close();
    await waiting;
  });

  test('that was damaged opens with what is whole, and says what is not', async () => {
    const folder = newFolder();
    const store = await opened(folder);
    for (let n = 0; n < 5; n += 1) await store.append('log', `entry ${n}`);
    await store.set('key', 'value');
    await store.close();
    const database = new ClassicLevel<string, Buffer>(folder, { valueEncoding: 'buffer' });
    const bytes = (await database.get(entryKey('log', 2))) as Buffer;
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await database.put(entryKey('log', 2), bytes);
    await database.close();
    const said: string[] = [];
    const again = await opened(folder, { notice: (sentence) => said.push(sentence) });
    assert.deepEqual(await values(again, 'log'), ['entry 0', 'entry 1', 'entry 3', 'entry 4']);
    assert.equal(await again.get('key'), 'value');
    assert.match(said.join('\n'), /1 records? .*damaged.*entry:log:0+2\n.*missing in 1 logs?.*: log$/);
    const damagedAt = await again.get(STORE_DAMAGED_KEY);
    assert.ok(Date.now() - Number(damagedAt) < 60_000, 'whoever finds what it does not know can tell why');
  });

  test('that LevelDB had to repair says what is left, and that its readers are to begin anew', async () => {
    const folder = newFolder();
    const store = await opened(folder);
    const cursor = await store.append('log', 'a');
    await store.set('key', 'value');
    await store.close();
    const [manifest = ''] = (await readdir(folder)).filter((name) => name.startsWith('MANIFEST'));
    await rm(join(folder, manifest));
    const said: string[] = [];
    const again = await opened(folder, { notice: (sentence) => said.push(sentence) });
    assert.deepEqual(await values(again, 'log'), ['a']);
    assert.match(said.join('\n'), /damaged.*\n.*repaired: 1 values and 1 entries of logs are whole/);
    assert.ok(Number(await again.get(STORE_DAMAGED_KEY)) > 0);
    const follower = again.follow('log', { after: cursor })[Symbol.asyncIterator]();
    assert.deepEqual((await follower.next()).value, { type: 'reset' });
  });

  test('opens whatever became of its files, with nothing that was not written', async () => {
    const folder = newFolder();
    const store = await opened(folder);
    const written = new Set<unknown>();
    for (let n = 0; n < 300; n += 1) {
      const value = `entry ${n} ${'x'.repeat(200)}`;
      written.add(value);
      await store.append('log', value);
    }
    // What is opened again goes from the journal of LevelDB into a table.
    const again = await opened(await killed(folder));
    await again.append('log', 'late');
    written.add('late');
    await again.close();
    const whole = await killed(join(root, `store-${folders}`));
    const files = (await readdir(whole)).filter((name) => !/^(LOCK|LOG|LOG\.old)$/.test(name));
    for (const file of files) {
      const { size } = await stat(join(whole, file));
      for (const harm of ['flipped', 'cut off', 'emptied', 'removed'] as const) {
        const broken = await killed(whole);
        await damage(join(broken, file), size, harm);
        const said: string[] = [];
        const store = await opened(broken, { notice: (sentence) => said.push(sentence) });
        const left = await values(store, 'log');
        assert.ok(
          left.every((value) => written.has(value)),
          `${file} ${harm}: ${left.length}`,
        );
        // Newest writes that are simply not there are what a power cut leaves: nobody can know of them.
        const unknowable = file.endsWith('.log') && harm !== 'flipped';
        assert.ok(left.length === 301 || said.length > 0 || unknowable, `${file} ${harm}: nothing said`);
        await store.append('log', 'on');
        assert.deepEqual((await values(store, 'log')).slice(-1), ['on'], `${file} ${harm}`);
        await store.close();
      }
    }
  });

  test('is written anew, all of it, when its folder was deleted under it', async () => {
    const folder = newFolder();
    const said: string[] = [];
    const failures = new Map<string, number>();
    const store = await opened(folder, { notice: (sentence) => said.push(sentence), failures });
    await store.set('key', 'value');
    const cursor = await store.append('log', 'a');
    await rename(folder, `${folder}-elsewhere`);
    await until(() => said.some((sentence) => /again/.test(sentence)));
    assert.deepEqual([...failures.keys()], ['ENOENT']);
    await store.append('log', 'b');
    const again = await opened(await killed(folder));
    assert.equal(await again.get('key'), 'value');
    assert.deepEqual(await values(again, 'log'), ['a', 'b']);
    assert.equal((await readAll(again, 'log'))[0]?.cursor, cursor);
    await rename(folder, `${folder}-away`);
    await store.close();
    assert.deepEqual(await values(await opened(folder), 'log'), ['a', 'b']);
  });
});

async function damage(file: string, size: number, harm: 'flipped' | 'cut off' | 'emptied' | 'removed') {
  if (harm === 'removed') return rm(file);
  if (harm === 'emptied') return writeFile(file, '');
  const bytes = await readFile(file);
  const handle = await open(file, 'r+');
  if (harm === 'cut off') await handle.truncate(Math.floor(size * 0.6));
  else {
    const at = Math.floor(size / 2);
    await handle.write(Buffer.from([(bytes[at] ?? 0) ^ 0x55]), 0, 1, at);
  }
  await handle.close();
}
