import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openStore, storeEngine } from '../../src/store/open.ts';
import { tried } from '../long.ts';
import { clientsOf } from '../store/clients.ts';
import { storeContract } from '../store/store-contract.ts';
import { come, command, startWatched, type Watched } from './several-redis.ts';

describe('a Redis behind Sentinels', () => {
  let watched: Watched;
  before(async () => {
    watched = await startWatched({ sentinels: tried(1, 3) });
  });
  after(() => watched?.stop());

  storeContract('sentinel', () => clientsOf(() => openStore({ url: watched.url, prefix: 'contract' })));

  test('is found by doctor, and a name that they do not watch is named', async () => {
    const { look } = storeEngine(watched.url) ?? {};
    assert.match((await look?.(watched.url)) ?? '', /answers/);
    await assert.rejects(async () => look?.(watched.url.replace('/yard/', '/nobody/')), {
      code: 'STORE_GONE',
      message: /watches no primary of this name/,
    });
  });

  test('acknowledges nothing without its replica under --store-replicas 1, says so, and does with it', async (t) => {
    const [, ...replicas] = watched.servers;
    const store = await openStore({ url: watched.url, prefix: 'replicas', replicas: 1 });
    t.after(() => store.close());
    await store.append('log', 1, { id: '1' });
    const copies = replicas.map(({ port }) => command(port, 'XLEN', 'replicas:log:log'));
    assert.ok((await Promise.all(copies)).includes(1));
    for (const { pid } of replicas) process.kill(pid, 'SIGSTOP');
    await assert.rejects(store.append('log', 2, { id: '2' }), {
      code: 'STORE_NO_REPLICAS',
      message: /--store-replicas/,
    });
    await come(async () => store.trouble?.code === 'STORE_NO_REPLICAS');
    // Nobody else waits for it.
    assert.equal(await store.get('x'), undefined);
    for (const { pid } of replicas) process.kill(pid, 'SIGCONT');
    const again = await retry(() => store.append('log', 2, { id: '2' }));
    assert.deepEqual(
      (await store.read('log')).map(({ value }) => value),
      [1, 2],
    );
    assert.equal((await store.read('log')).at(-1)?.cursor, again);
    await come(async () => store.trouble === undefined);
  });

  test('loses no acknowledged entry when the primary is killed, and is back within 5 s of when it may be', async (t) => {
    const store = await openStore({ url: watched.url, prefix: 'killed', replicas: 1 });
    const reader = await openStore({ url: watched.url, prefix: 'killed' });
    const heard: unknown[] = [];
    const [stop, written] = [new AbortController(), new AbortController()];
    t.after(() => {
      written.abort();
      stop.abort();
      return Promise.all([store.close(), reader.close()]);
    });
    const hearing = (async () => {
      for await (const event of reader.follow('log', { signal: stop.signal }))
        if (event.type === 'entry' && !heard.includes(event.value)) heard.push(event.value);
    })();
    const acknowledged: number[] = [];
    const times: number[] = [];
    let next = 0;
    const writing = (async () => {
      while (!written.signal.aborted) {
        const value = next;
        next += 1;
        await retry(() => store.append('log', value, { id: `${value}` }));
        acknowledged.push(value);
        times.push(performance.now());
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    await come(async () => acknowledged.length >= 5);
    // They were stopped a moment ago: the Sentinel would leave one that it takes for down to its old primary for 10 s.
    await come(() => watched.areReplicasWell());
    const before = await watched.primary();
    const primary = watched.servers.find(({ port }) => port === before);
    await primary?.kill();
    await watched.switched(before);
    // Until the replica that is left follows the new primary nothing may be acknowledged.
    const decided = await watched.isFollowed();
    const count = acknowledged.length;
    await come(async () => acknowledged.length >= count + 5);
    const back = times.find((at) => at > decided) ?? 0;
    assert.ok(back - decided < 5000, `${back - decided} ms`);
    written.abort();
    await writing;
    // The reader looks the new primary up by itself, and may still be about it.
    const kept = (await retry(() => reader.read('log', { limit: 10_000 }))).map(({ value }) => value);
    assert.deepEqual(kept, [...new Set(kept)]);
    assert.deepEqual(
      acknowledged.filter((value) => !kept.includes(value)),
      [],
    );
    await come(async () => acknowledged.every((value) => heard.includes(value)));
    stop.abort();
    await hearing;
  });
});

async function retry<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      assert.match((error as { code: string }).code, /^STORE_/);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
