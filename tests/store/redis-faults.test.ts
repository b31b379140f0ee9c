import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RedisConnection } from '../../src/redis/redis-connection.ts';
import { openStore } from '../../src/store/open.ts';
import type { LogEvent, Store } from '../../src/store/store.ts';
import { hangBound } from '../hang-bound.ts';
import { startRedis } from './redis-server.ts';
import { until } from './store-contract.ts';

const readable = (store: Store) =>
  until(() =>
    store.get('x').then(
      () => true,
      () => false,
    ),
  );

describe('RedisStore when Redis dies', () => {
  test('a follow goes on without a word where the data are kept, and no cursor is given twice', async () => {
    const redis = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
    const store = await openStore({ url: `redis://127.0.0.1:${redis.port}` });
    const follower = store.follow('log')[Symbol.asyncIterator]();
    const before = await store.append('log', 'old', { id: '1' });
    assert.equal(seen(await follower.next()), 'old');
    const waiting = follower.next();
    await redis.kill();
    await until(() =>
      store.get('x').then(
        () => false,
        (error: { code: string }) => error.code === 'STORE_GONE',
      ),
    );
    await redis.restart();
    await readable(store);
    assert.equal(await store.append('log', 'old again', { id: '1' }), before);
    assert.notEqual(await store.append('log', 'new'), before);
    assert.equal(seen(await waiting), 'new');
    await store.close();
    await redis.stop();
  });

  test('a follow is told to begin anew where the data are gone, and subscriptions go on', async () => {
    const redis = await startRedis();
    const store = await openStore({ url: `redis://127.0.0.1:${redis.port}` });
    const follower = store.follow('log')[Symbol.asyncIterator]();
    const listener = store.subscribe('channel')[Symbol.asyncIterator]();
    const before = await store.append('log', 'old');
    assert.equal(seen(await follower.next()), 'old');
    const lease = await store.compareAndSet('lease', undefined, 'me');
    await redis.kill();
    await redis.restart();
    await readable(store);
    await until(async () => (await store.subscribers('channel')) === 1);
    const after = await store.append('log', 'new');
    assert.notEqual(after, before);
    assert.equal(seen(await follower.next()), 'reset');
    assert.equal(seen(await follower.next()), 'new');
    await store.publish('channel', 'hello');
    assert.equal(((await listener.next()).value as { value: unknown }).value, 'hello');
    const again = await store.compareAndSet('lease', undefined, 'me');
    assert.ok(lease.ok && again.ok && again.token > lease.token);
    await store.close();
    await redis.stop();
  });
});

describe('RedisStore beside another in the same Redis', () => {
  test('hears nothing of the channels of another database', async () => {
    const redis = await startRedis();
    const url = `redis://127.0.0.1:${redis.port}`;
    const [here, there] = [await openStore({ url }), await openStore({ url: `${url}/1` })];
    const listener = here.subscribe('channel')[Symbol.asyncIterator]();
    await until(async () => (await here.subscribers('channel')) === 1);
    assert.equal(await there.subscribers('channel'), 0);
    assert.equal(await there.publish('channel', 'there'), 0);
    await here.publish('channel', 'here');
    assert.equal(((await listener.next()).value as { value: unknown }).value, 'here');
    await Promise.all([here.close(), there.close()]);
    await redis.stop();
  });
});

describe('openStore with a Redis that answers what waiting cannot help', () => {
  const cases = [
    { code: 'STORE_DENIED', options: ['--requirepass', 'right'], login: ':wrong@' },
    { code: 'STORE_DENIED', options: ['--requirepass', 'right'], login: '' },
    { code: 'STORE_READ_ONLY', options: ['--replicaof', '127.0.0.1 1', '--replica-serve-stale-data', 'yes'] },
    { code: 'STORE_FULL', options: ['--maxmemory', '1', '--maxmemory-policy', 'noeviction'] },
  ];
  test('rejects with STORE_NO_DATABASE for a database that is not there, and touches none', async () => {
    const redis = await startRedis();
    await assert.rejects(openStore({ url: `redis://127.0.0.1:${redis.port}/99` }), {
      code: 'STORE_NO_DATABASE',
      message: /0 to 15/,
    });
    const operator = await RedisConnection.open(`redis://127.0.0.1:${redis.port}`);
    await operator.settled(AbortSignal.timeout(hangBound(5)));
    assert.equal(await operator.call('count', 'DBSIZE'), 0);
    operator.close();
    await redis.stop();
  });

  test('says with STORE_WRONG_TYPE that other data lie under its keys', async () => {
    const redis = await startRedis();
    const url = `redis://127.0.0.1:${redis.port}`;
    const operator = await RedisConnection.open(url);
    await operator.settled(AbortSignal.timeout(hangBound(5)));
    await operator.call('set', 'SET', 'hlsstream:log:log', 'no stream');
    await operator.call('push', 'RPUSH', 'hlsstream:key:x', 'no value');
    operator.close();
    const store = await openStore({ url });
    const refused = { code: 'STORE_WRONG_TYPE', message: /--store-prefix/ };
    await assert.rejects(store.append('log', 'entry'), refused);
    await assert.rejects(store.read('log'), refused);
    await assert.rejects(store.get('x'), refused);
    await store.close();
    await redis.stop();
  });

  test('tells who follows a log of an entry that is not ours, and others go on', async () => {
    const redis = await startRedis();
    const url = `redis://127.0.0.1:${redis.port}`;
    const store = await openStore({ url });
    const [bad, good] = ['bad', 'good'].map((log) => store.follow(log)[Symbol.asyncIterator]());
    for (const log of ['bad', 'good']) await store.append(log, 1);
    for (const each of [bad, good]) assert.equal((await each?.next())?.value.value, 1);
    const operator = await RedisConnection.open(url);
    await operator.settled(AbortSignal.timeout(hangBound(5)));
    // Both hear of new entries from the one connection by now.
    for (const log of ['bad', 'good']) await store.append(log, 2);
    for (const each of [bad, good]) assert.equal((await each?.next())?.value.value, 2);
    await operator.call('add', 'XADD', 'hlsstream:log:bad', '*', 'value', 'not ours');
    operator.close();
    await assert.rejects(async () => bad?.next(), { code: 'STORE_BAD_VALUE' });
    await store.append('good', 3);
    assert.equal((await good?.next())?.value.value, 3);
    await store.close();
    await redis.stop();
  });

  for (const { code, options, login = '' } of cases) {
    test(`rejects with ${code} under ${options[0]} and ${login === '' ? 'no login' : 'a login'}`, async () => {
      const redis = await startRedis(options);
      await assert.rejects(openStore({ url: `redis://${login}127.0.0.1:${redis.port}` }), (error: Error) => {
        assert.equal((error as Error & { code: string }).code, code);
        assert.doesNotMatch(error.message, /wrong/);
        return true;
      });
      await redis.stop();
    });
  }
});

function seen({ value }: IteratorResult<LogEvent, unknown>): unknown {
  const event = value as LogEvent;
  return event.type === 'entry' ? event.value : event.type;
}
