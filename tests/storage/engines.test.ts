import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { ErrorCode } from '../../src/errors.ts';
import type { StorageSettings } from '../../src/storage/engine.ts';
import { storageEngine, storageEngines } from '../../src/storage/open.ts';
import { startRedis } from '../store/redis-server.ts';
import { storageContract } from './storage-contract.ts';

/** What an engine needs to run, and settings under which it cannot. */
interface Place {
  readonly settings: StorageSettings;
  readonly wrong: StorageSettings;
  /** What it rejects with under those. */
  readonly code: ErrorCode;
  close(): Promise<void>;
}

const plain = { dataDir: 'video', storePrefix: 'contract' };

/** By the engine's name; a new engine stands here once. */
const places: Readonly<Record<string, () => Promise<Place>>> = {
  async disk() {
    const dataDir = await mkdtemp(join(tmpdir(), 'hlsstream-storage-'));
    await writeFile(join(dataDir, 'file'), '');
    return {
      settings: { ...plain, dataDir },
      wrong: { ...plain, dataDir: join(dataDir, 'file', 'below') },
      code: 'DATA_DIR_NOT_WRITABLE',
      close: () => rm(dataDir, { recursive: true }),
    };
  },
  async redis() {
    const redis = await startRedis();
    return {
      settings: { ...plain, mediaUrl: `redis://127.0.0.1:${redis.port}` },
      wrong: { ...plain, store: `redis://127.0.0.1:${redis.port}/99` },
      code: 'STORE_NO_DATABASE',
      close: () => redis.stop(),
    };
  },
};

for (const engine of storageEngines) {
  const place = places[engine.name];
  assert.ok(place, `${engine.name} has no place to be tested in`);
  const use = { expiry: 60_000, keep: 'a', timeout: AbortSignal.timeout(60_000), onTrouble: () => {} };

  storageContract(engine.name, async () => {
    const { settings, close } = await place();
    const open = await engine.open(settings, use);
    await open.reachable();
    return {
      storage: open.storage,
      async close() {
        await open.close();
        await close();
      },
    };
  });

  describe(`the engine ${engine.name}`, () => {
    test('is found by its name', () => assert.equal(storageEngine(engine.name), engine));

    test('says what it finds, and what is wrong', async () => {
      const { settings, wrong, code, close } = await place();
      try {
        engine.check?.(settings);
        assert.match(await engine.look(settings), /\S/);
        await assert.rejects(engine.look(wrong), { name: 'HlsStreamError', code });
      } finally {
        await close();
      }
    });

    test('is seen by a process that only reads, and gives back the folder it was locked for', async () => {
      const { settings, close } = await place();
      const writer = await engine.open(settings, use);
      const { keep: _, ...reading } = use;
      const reader = await engine.open(settings, reading);
      try {
        const unlock = await writer.lock('a');
        await writer.storage.write('a/0.m4s', [Buffer.from('x')]);
        assert.equal(String(await reader.storage.read('a/0.m4s')), 'x');
        await unlock();
        await (await reader.lock('a'))();
      } finally {
        await Promise.all([writer.close(), reader.close()]);
        await close();
      }
    });
  });
}

test('a name that no engine has is refused, with those that there are', () => {
  assert.throws(() => storageEngine('nowhere'), { code: 'USAGE', message: /--media nowhere.*disk, redis/ });
});
