import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { slotOf } from '../../src/redis/cluster-slots.ts';
import { storageEngine } from '../../src/storage/open.ts';
import { openStore, storeEngine } from '../../src/store/open.ts';
import { storageContract } from '../storage/storage-contract.ts';
import { clientsOf } from '../store/clients.ts';
import { logOwnerContract } from '../store/log-owner.ts';
import { storeContract } from '../store/store-contract.ts';
import { come, command, startCluster } from './several-redis.ts';

type Cluster = Awaited<ReturnType<typeof startCluster>>;

describe('a cluster of Redis', () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(() => cluster?.stop());

  const open = () => clientsOf(() => openStore({ url: cluster.url, prefix: 'contract' }));
  storeContract('cluster', open);
  logOwnerContract('cluster', open);
  let opened = 0;
  storageContract('cluster', async () => {
    opened += 1;
    const settings = { dataDir: '', storePrefix: `media${opened}`, mediaUrl: cluster.url };
    const use = { expiry: 60_000, keep: 'a', timeout: AbortSignal.timeout(60_000), onTrouble: () => {} };
    return storageEngine('redis').open(settings, use);
  });

  test('has the hash slots that Redis says', async () => {
    for (const tag of ['yard', 'gate', '/', 'Cam_1-x']) {
      const slot = await command(cluster.nodes[0]?.port ?? 0, 'CLUSTER', 'KEYSLOT', `p:{${tag}}:log:x`);
      assert.equal(slotOf(tag), slot);
    }
  });

  test('is found by doctor, and what is none is named', async () => {
    const look = storeEngine(cluster.url)?.look;
    assert.match((await look?.(cluster.url)) ?? '', /answers/);
    await assert.rejects(async () => look?.('redis+cluster://127.0.0.1:1'), { code: 'STORE_GONE' });
  });

  test('spreads streams over its nodes, and every step of one lies in one slot', async () => {
    const store = await openStore({ url: cluster.url, prefix: 'spread' });
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    for (const name of names) {
      const taken = await store.compareAndSet(`fence/stream/${name}`, undefined, 'me');
      assert.ok(taken.ok);
      const fence = { key: `fence/stream/${name}`, token: taken.token };
      await store.append('streams', name, { id: name, fence });
      const cursor = await store.append(`playlist/${name}/e1`, 1, { fence });
      await store.append(`parts/${name}/e1`, 1, { fence });
      await store.trim(`playlist/${name}/e1`, cursor, { fence });
      await store.drop(`parts/${name}/e1`, { fence });
    }
    const counts = await Promise.all(
      cluster.nodes.map(async ({ port }) => Number(await command(port, 'DBSIZE'))),
    );
    assert.ok(
      counts.every((count) => count > 0),
      `${counts}`,
    );
    await store.close();
  });

  test('refuses in the list of streams whoever was taken over from, once the successor has written there', async () => {
    const store = await openStore({ url: cluster.url, prefix: 'guests' });
    const key = 'fence/stream/yard';
    const first = await store.compareAndSet(key, undefined, 'first');
    const second = await store.compareAndSet(key, 'first', 'second');
    assert.ok(first.ok && second.ok);
    await store.append('streams', 'of the first', { fence: { key, token: first.token } });
    await store.append('streams', 'of the second', { fence: { key, token: second.token } });
    const late = store.append('streams', 'late', { fence: { key, token: first.token } });
    await assert.rejects(late, { code: 'STORE_FENCED' });
    await store.close();
  });

  test('goes on when the slot of a stream moves to another node', async () => {
    const store = await openStore({ url: cluster.url, prefix: 'moving' });
    const follow = store.follow('markers/yard')[Symbol.asyncIterator]();
    await store.append('markers/yard', 'before', { id: '1' });
    assert.equal((await follow.next()).value.value, 'before');
    const slot = slotOf('yard');
    const owners = await Promise.all(
      cluster.nodes.map(async ({ port }) => String(await command(port, 'CLUSTER', 'NODES'))),
    );
    const ids = owners.map((text) => /^(\w+) .*myself/m.exec(text)?.[1] ?? '');
    const from = cluster.nodes[Math.floor(slot / Math.ceil(16_384 / 3))];
    const to = cluster.nodes.find((node) => node !== from);
    assert.ok(from && to);
    const [fromId = '', toId = ''] = [from, to].map((node) => ids[cluster.nodes.indexOf(node)] ?? '');
    await command(to.port, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
    await command(from.port, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
    const keys = (await command(from.port, 'CLUSTER', 'GETKEYSINSLOT', slot, 1000)) as Buffer[];
    assert.ok(keys.length > 0);
    await command(from.port, 'MIGRATE', '127.0.0.1', to.port, '', 0, 5000, 'KEYS', ...keys.map(String));
    for (const node of [to, from]) await command(node.port, 'CLUSTER', 'SETSLOT', slot, 'NODE', toId);
    await come(async () => {
      await store.append('markers/yard', 'after', { id: '2' });
      return true;
    });
    assert.equal((await follow.next()).value.value, 'after');
    await store.close();
  });
});
