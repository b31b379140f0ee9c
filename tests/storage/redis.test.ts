import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HlsStreamError } from '../../src/errors.ts';
import { PendingWrites } from '../../src/lease/pending-writes.ts';
import { RedisConnection } from '../../src/redis/redis-connection.ts';
import { openStorage } from '../../src/storage/open.ts';
import { RedisStorage, type RedisStorageOptions } from '../../src/storage/redis.ts';
import { type OwnRedis, startRedis } from '../store/redis-server.ts';
import { until } from '../store/store-contract.ts';

const PATIENCE_MS = 5000;

async function open(redis: OwnRedis, options: Partial<RedisStorageOptions> = {}): Promise<RedisStorage> {
  const all = { expiry: 60_000, keep: 'a', ...options };
  const storage = await RedisStorage.open(`redis://127.0.0.1:${redis.port}`, all);
  await storage.settled(AbortSignal.timeout(PATIENCE_MS));
  return storage;
}

/** What an encoder writes through; it waits in memory while Redis takes nothing. */
async function openWriter(redis: OwnRedis, options: Partial<RedisStorageOptions> & { limit?: number } = {}) {
  const { limit, ...rest } = options;
  const engine = await open(redis, rest);
  const pending = new PendingWrites({
    media: { storage: engine, reachable: () => engine.reachable() },
    ...{ signal: new AbortController().signal, ...(limit !== undefined && { limit }) },
  });
  return {
    write: pending.write.bind(pending),
    read: pending.read.bind(pending),
    remove: pending.remove.bind(pending),
    flush: pending.flush.bind(pending),
    onLoss: engine.onLoss.bind(engine),
    async close() {
      await pending.close();
      await engine.close();
    },
  };
}

/** Redis as its operator sees it. */
async function ask(redis: OwnRedis, command: string, ...args: string[]): Promise<unknown> {
  const connection = await RedisConnection.open(`redis://127.0.0.1:${redis.port}`);
  await connection.settled(AbortSignal.timeout(PATIENCE_MS));
  try {
    return await connection.call('ask', command, ...args);
  } finally {
    connection.close();
  }
}

const keysOf = async (redis: OwnRedis) =>
  ((await ask(redis, 'KEYS', '*')) as Buffer[]).map(String).filter((key) => key.includes('m4s'));

const written = (storage: { flush(): Promise<void> }) =>
  until(() =>
    storage.flush().then(
      () => true,
      () => false,
    ),
  );

describe('RedisStorage', () => {
  test('keeps the bytes of a segment and its parts once, and reads any of them in one round trip', async () => {
    const redis = await startRedis();
    const storage = await open(redis);
    const parts = [0, 1, 2].map((part) => Buffer.alloc(50_000, part));
    const madeOf = parts.map((_, part) => `a/0.${part}.m4s`);
    for (const [part, bytes] of parts.entries()) await storage.write(madeOf[part] ?? '', [bytes]);
    await storage.write('a/0.m4s', parts, { madeOf });
    let stored = 0;
    for (const key of await keysOf(redis)) stored += Number(await ask(redis, 'MEMORY', 'USAGE', key));
    assert.ok(stored < 200_000, `${stored} bytes for 150,000`);
    const commands = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(String(await ask(redis, 'INFO', 'commandstats')))?.[1]);
    const before = await commands();
    assert.deepEqual(await storage.read('a/0.1.m4s'), parts[1]);
    assert.deepEqual(await storage.read('a/0.m4s'), Buffer.concat(parts));
    assert.equal(await commands(), before + 2);
    await storage.close();
    await redis.stop();
  });

  test('lets nothing expire while the writer lives, and everything after it has left', async () => {
    const redis = await startRedis();
    const writer = await open(redis, { expiry: 1500 });
    const reader = await open(redis, { keep: undefined });
    await writer.write('a/init-0.mp4', [Buffer.from('init')]);
    await writer.write('a/0.0.m4s', [Buffer.from('part')]);
    await writer.write('a/0.m4s', [Buffer.from('part')], { madeOf: ['a/0.0.m4s'] });
    const begin = performance.now();
    await until(() => performance.now() - begin > 3000);
    for (const path of ['a/init-0.mp4', 'a/0.0.m4s', 'a/0.m4s']) assert.ok(await reader.read(path), path);
    await writer.close();
    await until(async () => (await keysOf(redis)).length === 0);
    assert.equal(await reader.read('a/init-0.mp4'), undefined);
    await reader.close();
    await redis.stop();
  });

  test('goes on into memory while Redis is away, and counts as written only when all can be read', async () => {
    const redis = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
    const told: string[] = [];
    const writer = await openWriter(redis, { onTrouble: ({ code }) => void told.push(code) });
    const reader = await open(redis, { keep: undefined });
    await writer.write('a/0.0.m4s', [Buffer.from('one ')]);
    await redis.kill();
    await writer.write('a/0.1.m4s', [Buffer.from('two')]);
    const pieces = [Buffer.from('one '), Buffer.from('two')];
    await writer.write('a/0.m4s', pieces, { madeOf: ['a/0.0.m4s', 'a/0.1.m4s'] });
    assert.equal((await writer.read('a/0.m4s'))?.toString(), 'one two');
    await assert.rejects(writer.flush(), { code: 'STORE_GONE' });
    await assert.rejects(reader.read('a/0.0.m4s'), { code: 'STORE_GONE' });
    assert.deepEqual(told, ['STORE_GONE']);
    await redis.restart();
    await written(writer);
    await until(() => reader.read('a/0.m4s').then(Boolean, () => false));
    assert.equal((await reader.read('a/0.m4s'))?.toString(), 'one two');
    assert.equal((await reader.read('a/0.1.m4s'))?.toString(), 'two');
    await Promise.all([writer.close(), reader.close()]);
    await redis.stop();
  });

  test('writes the newest media again into a Redis that came back empty', async () => {
    const redis = await startRedis();
    const writer = await openWriter(redis);
    await writer.write('a/init-0.mp4', [Buffer.from('init')]);
    await writer.write('a/0.0.m4s', [Buffer.from('part')]);
    await writer.write('a/1.0.m4s', [Buffer.from('removed')]);
    await writer.remove(['a/1.0.m4s']);
    await redis.kill();
    await writer.write('a/0.m4s', [Buffer.from('part')], { madeOf: ['a/0.0.m4s'] });
    await redis.restart();
    await written(writer);
    const reader = await open(redis, { keep: undefined });
    for (const path of ['a/init-0.mp4', 'a/0.0.m4s', 'a/0.m4s']) assert.ok(await reader.read(path), path);
    assert.equal(await reader.read('a/1.0.m4s'), undefined);
    await Promise.all([writer.close(), reader.close()]);
    await redis.stop();
  });

  test('tells which media a Redis that came back empty has lost for good, again until that was heard', async () => {
    const redis = await startRedis();
    const writer = await openWriter(redis, { recentLimit: 12_000 });
    await writer.write('a/init-0.mp4', [Buffer.from('init')]);
    for (const msn of [0, 1, 2]) await writer.write(`a/${msn}.m4s`, [Buffer.alloc(6000, msn)]);
    const there: boolean[][] = [];
    let deaf = false;
    writer.onLoss(async (has) => {
      const paths = ['a/init-0.mp4', 'a/0.m4s', 'a/1.m4s', 'a/2.m4s'];
      there.push(await Promise.all(paths.map(has)));
      if (deaf) throw new HlsStreamError('STORE_GONE', 'away again');
    });
    await until(() => there.length === 1);
    deaf = true;
    await redis.kill();
    await redis.restart();
    await until(() => there.length === 2);
    deaf = false;
    const cut = () => ask(redis, 'CLIENT', 'KILL', 'TYPE', 'normal');
    await cut();
    await until(() => there.length === 3);
    await cut();
    await writer.write('a/3.m4s', [Buffer.from('after')]);
    await written(writer);
    const whole = [true, true, true, true];
    assert.deepEqual(there, [whole, [true, false, true, true], [true, false, true, true]]);
    await writer.close();
    await redis.stop();
  });

  test('bounds what waits: beyond it a write waits for room, which comes with Redis or not at all', async () => {
    const redis = await startRedis();
    const storage = await openWriter(redis, { limit: 10 });
    await redis.kill();
    await storage.write('a/0.m4s', [Buffer.alloc(8)]);
    let done = false;
    const second = storage.write('a/1.m4s', [Buffer.alloc(8)]).then(() => {
      done = true;
    });
    await assert.rejects(storage.flush());
    assert.equal(done, false);
    await redis.restart();
    await second;
    await redis.kill();
    await storage.write('a/2.m4s', [Buffer.alloc(8)]);
    const third = storage.write('a/3.m4s', [Buffer.alloc(8)]);
    await Promise.all([assert.rejects(third, { code: 'STORAGE_FAILED' }), storage.close()]);
    await redis.stop();
  });

  test('says why it can read nothing where other data lie under its keys', async () => {
    const redis = await startRedis();
    const storage = await open(redis);
    await ask(redis, 'RPUSH', 'hlsstream:media:a/0.m4s', 'other');
    await assert.rejects(storage.read('a/0.m4s'), { code: 'STORE_WRONG_TYPE', message: /--store-prefix/ });
    await storage.close();
    await redis.stop();
  });

  test('tells that Redis is full, keeps what it takes no more, and catches up when there is room', async () => {
    const redis = await startRedis(['--maxmemory-policy', 'noeviction']);
    const told: string[] = [];
    const storage = await openWriter(redis, { onTrouble: ({ code }) => void told.push(code) });
    await ask(redis, 'CONFIG', 'SET', 'maxmemory', '1');
    await storage.write('a/0.m4s', [Buffer.from('x')]);
    assert.deepEqual(told, ['STORE_FULL']);
    await assert.rejects(storage.flush(), { code: 'STORE_GONE' });
    await ask(redis, 'CONFIG', 'SET', 'maxmemory', '0');
    await written(storage);
    assert.deepEqual(await keysOf(redis), ['hlsstream:media:a/0.m4s']);
    await storage.close();
    await redis.stop();
  });
});

describe('openStorage', () => {
  const cases = [
    { code: 'STORE_FULL', options: ['--maxmemory', '1', '--maxmemory-policy', 'noeviction'] },
    { code: 'STORE_READ_ONLY', options: ['--replicaof', '127.0.0.1 1', '--replica-serve-stale-data', 'yes'] },
    { code: 'STORE_DENIED', options: ['--requirepass', 'right'] },
  ];
  for (const { code, options } of cases) {
    test(`rejects with ${code} under ${options[0]} when it is to write`, async () => {
      const redis = await startRedis(options);
      const url = `redis://127.0.0.1:${redis.port}`;
      const timeout = AbortSignal.timeout(PATIENCE_MS);
      await assert.rejects(
        openStorage(
          { media: 'redis', dataDir: '', mediaUrl: url, storePrefix: 'p' },
          { expiry: 1000, keep: 'a', timeout, onTrouble: () => {} },
        ),
        { code },
      );
      await redis.stop();
    });
  }
});
