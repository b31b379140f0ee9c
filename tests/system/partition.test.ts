import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  type PartEntry,
  type PlaylistEntry,
  partsLogName,
  playlistLogName,
} from '../../src/hls/playlist-log.ts';
import { STREAMS_LOG, streamFromLog } from '../../src/hls/stream-log.ts';
import { readAll } from '../../src/store/log/read-all.ts';
import { openStore } from '../../src/store/open.ts';
import { hangBound } from '../hang-bound.ts';
import { tried } from '../long.ts';
import { startProxy } from '../redis/proxy.ts';
import { startRedis } from '../store/redis-server.ts';
import { startRole } from './role.ts';

/** How long the encoder's host and Redis hear nothing of each other, in seconds. */
const PARTITION = tried(3, 30);

/** Watches a folder for files whose content changes, or that come back with another. */
function watchContents(folder: string) {
  const contents = new Map<string, string>();
  const rewritten: string[] = [];
  let looking = true;
  const done = (async () => {
    while (looking) {
      const names = await readdir(folder, { recursive: true }).catch(() => []);
      for (const name of names.filter((one) => /\.(m4s|mp4)$/.test(one))) {
        const bytes = await readFile(join(folder, name)).catch(() => undefined);
        if (bytes === undefined) continue;
        const digest = createHash('sha1').update(bytes).digest('hex');
        const known = contents.get(name);
        if (known !== undefined && known !== digest) rewritten.push(name);
        contents.set(name, digest);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    contents,
    rewritten,
    async stop() {
      looking = false;
      await done;
    },
  };
}

describe('a network that parts an encoder from Redis', () => {
  test('gives no media sequence number two contents, in the list or on disk, and the other encoder goes on', async () => {
    const redis = await startRedis();
    const proxy = await startProxy(redis.port);
    const dataDir = await mkdtemp(join(tmpdir(), 'hlsstream-partition-'));
    const store = await openStore({ url: `redis://127.0.0.1:${redis.port}` });
    const watch = watchContents(dataDir);
    const encoder = (port: number) =>
      startRole('stream', [
        ...['--store', `redis://127.0.0.1:${port}`, '--data-dir', dataDir, '--name', 'yard', '--standby'],
        ...['--size', '160x90', '--segment', '1', '--part', '0.2', '--thumbnail-interval', '0'],
      ]);
    const first = encoder(proxy.port);
    await first.logged('streaming', hangBound(20));
    const second = encoder(redis.port);
    await second.logged('standing by', hangBound(20));
    const epoch = async () =>
      (await readAll(store, STREAMS_LOG)).map(({ value }) => streamFromLog(value).epoch).at(-1) ?? '';
    const listed = new Map<string, PartEntry>();
    // The log lets go of what is no longer listed as parts, far slower than it is read here.
    const parts = async () => {
      for (const { cursor, value } of await readAll(store, partsLogName('yard', await epoch())))
        listed.set(cursor, value as PartEntry);
      return [...listed.values()];
    };
    const seen = async (met: (all: readonly PartEntry[]) => boolean) => {
      while (!met(await parts())) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    await seen((all) => all.length > 8);
    const [run] = (await parts()).map((part) => part.run);
    proxy.silence();
    await seen((all) => all.some((part) => part.run !== run));
    const whole = performance.now() + PARTITION * 1000;
    await seen(() => performance.now() > whole);
    proxy.heal();
    await first.logged('standing by again', hangBound(20));
    const before = (await parts()).length;
    await seen((all) => all.length > before + 5);
    await watch.stop();

    const all = await parts();
    const names = all.map(({ msn, part }) => `${msn}.${part}`);
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
    const segments = (await readAll(store, playlistLogName('yard', await epoch())))
      .map(({ value }) => value as PlaylistEntry)
      .flatMap((entry) => (entry.type === 'segment' ? [entry.msn] : []));
    assert.deepEqual(
      segments,
      segments.map((_, index) => (segments[0] ?? 0) + index),
    );
    assert.deepEqual(watch.rewritten, []);
    assert.ok(watch.contents.size > 15);
    for (const role of [first, second]) role.signal('SIGTERM');
    assert.deepEqual(await Promise.all([first.left, second.left]), [0, 0]);
    await store.close();
    await proxy.close();
    await redis.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
});
