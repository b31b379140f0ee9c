import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HlsStreamError } from '../../src/errors.ts';
import { RedisConnection } from '../../src/redis/redis-connection.ts';
import { openStore } from '../../src/store/open.ts';
import type { LogEvent } from '../../src/store/store.ts';
import { hangBound } from '../hang-bound.ts';
import { startRedis } from '../store/redis-server.ts';
import { until } from '../store/store-contract.ts';
import { startProxy } from './proxy.ts';

async function ask(port: number, command: string, ...args: string[]): Promise<unknown> {
  const operator = await RedisConnection.open(`redis://127.0.0.1:${port}`);
  await operator.settled(AbortSignal.timeout(hangBound(5)));
  try {
    return await operator.call(command, command, ...args);
  } finally {
    operator.close();
  }
}

describe('RedisConnection', { concurrency: true }, () => {
  for (const [what, scheme, login] of [
    ['takes the connection', 'redis', ''],
    ['is asked for a login', 'redis', ':word@'],
    ['is to encrypt', 'rediss', ''],
  ]) {
    test(`gives up a server that ${what} and says nothing, names it, and is up as soon as one answers`, async () => {
      const redis = await startRedis(login === '' ? [] : ['--requirepass', 'word']);
      const proxy = await startProxy(redis.port, { silent: true });
      const heard: HlsStreamError[] = [];
      const connection = await RedisConnection.open(`${scheme}://${login}127.0.0.1:${proxy.port}`, {
        onTrouble: (error) => heard.push(error),
      });
      await until(async () => heard.length > 0);
      assert.equal(connection.up, false);
      if (scheme === 'redis') {
        assert.equal(heard[0]?.code, 'STORE_TIMEOUT');
        await assert.rejects(connection.call('get', 'GET', 'x'), { code: 'STORE_TIMEOUT' });
        proxy.heal();
        await until(async () => connection.up);
      } else await until(async () => proxy.taken > 1);
      connection.close();
      await proxy.close();
      await redis.stop();
    });
  }

  test('gives up one that falls silent, and looks where the host leads by then', async () => {
    const [first, second] = [await startRedis(), await startRedis()];
    const proxy = await startProxy(first.port);
    const store = await openStore({ url: `redis://127.0.0.1:${proxy.port}` });
    const follow = store.follow('log')[Symbol.asyncIterator]();
    const next = follow.next();
    proxy.silence();
    const cut = store.append('log', 'never heard of');
    await assert.rejects(cut, { code: 'STORE_GONE' });
    assert.match(store.trouble?.message ?? '', /said nothing/);
    proxy.lead(second.port);
    proxy.heal();
    await until(() => store.append('log', 'there', { id: 'a' }).then(Boolean, () => false));
    assert.equal(((await next).value as LogEvent).type, 'entry');
    assert.equal(store.trouble, undefined);
    await store.close();
    await proxy.close();
    await Promise.all([first.stop(), second.stop()]);
  });

  test('leaves a primary that was made a replica under it, followers and subscribers, too', async () => {
    const [first, second] = [await startRedis(), await startRedis()];
    const proxy = await startProxy(first.port);
    const troubles: string[] = [];
    const store = await openStore({
      url: `redis://127.0.0.1:${proxy.port}`,
      onTrouble: ({ code }) => troubles.push(code),
    });
    const follow = store.follow('log')[Symbol.asyncIterator]();
    const channel = store.subscribe('channel')[Symbol.asyncIterator]();
    await store.append('log', 'before', { id: '1' });
    assert.equal(value((await follow.next()).value), 'before');
    await until(async () => (await store.subscribers('channel')) === 1);
    // Nothing of it is told to who is connected.
    await ask(first.port, 'REPLICAOF', '127.0.0.1', `${second.port}`);
    proxy.lead(second.port);
    // Nobody writes: all the same it is found out.
    await until(async () => troubles.includes('STORE_READ_ONLY'));
    await until(() => store.append('log', 'after', { id: '2' }).then(Boolean, () => false));
    const seen: unknown[] = [];
    while (!seen.includes('after')) seen.push(value((await follow.next()).value));
    await until(async () => (await store.publish('channel', 'hello')) === 1);
    assert.equal(((await channel.next()).value as { value: unknown }).value, 'hello');
    await store.close();
    await proxy.close();
    await Promise.all([first.stop(), second.stop()]);
  });

  test('says that Redis is full while it is, in what is not written either, and writes when it is not', async () => {
    const redis = await startRedis(['--maxmemory-policy', 'noeviction']);
    const store = await openStore({ url: `redis://127.0.0.1:${redis.port}` });
    await ask(redis.port, 'CONFIG', 'SET', 'maxmemory', '1');
    await until(async () => store.trouble?.code === 'STORE_FULL');
    await assert.rejects(store.append('log', 'no'), { code: 'STORE_FULL' });
    assert.equal(await store.get('x'), undefined);
    await ask(redis.port, 'CONFIG', 'SET', 'maxmemory', '0');
    await until(async () => store.trouble === undefined);
    await store.append('log', 'yes');
    await store.close();
    await redis.stop();
  });

  test('goes on when Redis has forgotten the scripts', async () => {
    const redis = await startRedis();
    const store = await openStore({ url: `redis://127.0.0.1:${redis.port}` });
    await store.append('log', 1);
    await ask(redis.port, 'SCRIPT', 'FLUSH');
    await store.append('log', 2);
    assert.deepEqual(
      (await store.read('log')).map((entry) => entry.value),
      [1, 2],
    );
    assert.equal(store.trouble, undefined);
    await store.close();
    await redis.stop();
  });

  test('refuses keys of a newer version, and touches none', async () => {
    const redis = await startRedis();
    await ask(redis.port, 'SET', 'hlsstream:schema', '2');
    await assert.rejects(openStore({ url: `redis://127.0.0.1:${redis.port}` }), {
      code: 'STORE_NEWER',
      message: /version 2.*--store-prefix hlsstream|--store-prefix hlsstream.*version 2/,
    });
    assert.equal(await ask(redis.port, 'DBSIZE'), 1);
    await redis.stop();
  });
});

function value(event: unknown): unknown {
  const { type, value: held } = event as LogEvent & { readonly value?: unknown };
  return type === 'entry' ? held : type;
}
