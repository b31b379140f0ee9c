import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withLinks } from '../../src/hooks/links.ts';
import type { Host } from '../../src/processes/host.ts';
import { createLogger } from '../../src/processes/logger.ts';
import { sendHooks } from '../../src/processes/send-hooks.ts';
import { hashTagOf } from '../../src/redis/hash-tag.ts';
import { DiskStorage } from '../../src/storage/disk.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { FakePackager } from '../api/fake-packager.ts';
import { startRedis } from '../store/redis-server.ts';
import { until } from '../until.ts';
import { begin, end, STREAM, ToldReceiver } from './telling.ts';

/** The hooks process of a host; returns its end. */
function startHost(store: Store, receiver: ToldReceiver): () => Promise<void> {
  const stop = new AbortController();
  const host: Host = {
    log: createLogger('hooks', 'silent'),
    stopping: stop.signal,
    predecessor: undefined,
    crashed: new Promise(() => {}),
    ready: () => {},
  };
  const over = sendHooks(host, {
    ...{ store, classes: [], streams: [], queue: 100, defaultName: STREAM, statsName: 'hooks' },
    receivers: [{ key: 'of-both', name: 'webhook 1', receiver }],
    describe: (event) => withLinks(event, { base: 'http://cams.example.org' }),
  });
  return async () => {
    stop.abort();
    await over;
  };
}

test('two hosts on one Redis tell a receiver everything once, and the other goes on when one leaves', async () => {
  const redis = await startRedis();
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-hooks-'));
  const open = () => openStore({ url: `redis://127.0.0.1:${redis.port}` });
  const [store, first, second] = await Promise.all([open(), open(), open()]);
  try {
    const packager = new FakePackager(store, new DiskStorage(folder), Date.now(), { name: STREAM });
    await packager.announce();
    await packager.addSegments(1);
    const receiver = new ToldReceiver();
    // It is told of the stream, too, sooner or later than of these.
    const markers = () => receiver.told.filter((word) => /m\d/.test(word));
    const ends = [startHost(first, receiver), startHost(second, receiver)];
    await packager.addSegments(1);
    for (let n = 0; n < 5; n += 1) await begin(store, `m${n}`);
    await until('the begins are told', 20, () => markers().length >= 5);
    // Whichever of them it is.
    await ends[0]?.();
    for (let n = 0; n < 5; n += 1) await end(store, `m${n}`);
    await until('the ends are told', 20, () => markers().length >= 10);
    await ends[1]?.();
    const expected = ['begun', 'ended'].flatMap((what) => [0, 1, 2, 3, 4].map((n) => `${what} m${n}`));
    assert.deepEqual(markers().sort(), expected);
  } finally {
    await Promise.all([store.close(), first.close(), second.close()]);
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test('all that belongs to a hook lies in one slot of a cluster', () => {
  const tags = ['hooks/abc', 'lease/hooks/abc', 'fence/hooks/abc'].map(hashTagOf);
  assert.deepEqual(tags, ['abc', 'abc', 'abc']);
});
