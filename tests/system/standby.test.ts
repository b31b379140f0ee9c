import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import {
  type PartEntry,
  type PlaylistEntry,
  partsLogName,
  playlistLogName,
  type SegmentEntry,
} from '../../src/hls/playlist-log.ts';
import { STREAMS_LOG, streamFromLog } from '../../src/hls/stream-log.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { type OwnRedis, startRedis } from '../store/redis-server.ts';
import { until } from '../until.ts';
import { type RoleProcess, startRole } from './role.ts';

describe('stream processes that share a store', () => {
  let redis: OwnRedis;
  let url: string;
  let store: Store;
  let dataDir: string;
  const roles: RoleProcess[] = [];
  before(async () => {
    redis = await startRedis();
    url = `redis://127.0.0.1:${redis.port}`;
    store = await openStore({ url });
    dataDir = await mkdtemp(join(tmpdir(), 'hlsstream-standby-'));
  });
  afterEach(async () => {
    for (const role of roles.splice(0)) await role.kill();
  });
  after(async () => {
    await store.close();
    await redis.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  function encoder(name: string, ...more: string[]): RoleProcess {
    const role = startRole('stream', [
      ...['--store', url, '--data-dir', dataDir, '--name', name],
      ...['--size', '160x90', '--segment', '1', '--part', '0.2', ...more],
    ]);
    roles.push(role);
    return role;
  }

  async function epochs(name: string): Promise<string[]> {
    const entries = await store.read(STREAMS_LOG);
    return entries
      .map(({ value }) => streamFromLog(value))
      .flatMap((one) => (one.name === name ? [one.epoch] : []));
  }

  async function segments(name: string): Promise<SegmentEntry[]> {
    const [epoch = ''] = await epochs(name);
    const entries = await store.read(playlistLogName(name, epoch), { limit: 10_000 });
    return entries.map(({ value }) => value as PlaylistEntry).filter((entry) => entry.type === 'segment');
  }

  async function parts(name: string): Promise<PartEntry[]> {
    const [epoch = ''] = await epochs(name);
    return (await store.read(partsLogName(name, epoch), { limit: 10_000 })).map(
      ({ value }) => value as PartEntry,
    );
  }

  /** Runs of the encoder in the order of the list, and whether every one but the first begins with a discontinuity. */
  async function assertGoesOn(name: string, runs: number) {
    assert.equal((await epochs(name)).length, 1, 'the epoch goes on');
    const all = await segments(name);
    assert.deepEqual(
      all.map(({ msn }) => msn),
      all.map((_, index) => index),
    );
    assert.equal(new Set(all.map(({ run }) => run)).size, runs);
    for (const [index, { run, discontinuity }] of all.entries())
      assert.equal(discontinuity, index > 0 && run !== all[index - 1]?.run);
  }

  const run = async (name: string) => (await parts(name)).at(-1)?.run;

  test('a second one ends with an error that names the first, and with --standby waits and takes over at its end', async () => {
    const first = encoder('yard');
    await first.logged('streaming');
    const second = encoder('yard');
    assert.equal(await second.left, 1);
    assert.match(second.said.join('\n'), new RegExp(`process ${first.pid} on .*STREAM_BUSY`));
    const standby = encoder('yard', '--standby');
    await standby.logged('standing by');
    await until('some media', 30, async () => (await segments('yard')).length >= 2);
    first.signal('SIGTERM');
    await standby.logged('streaming', 5);
    assert.equal(await first.left, 0);
    const before = (await segments('yard')).length;
    await until('it goes on', 30, async () => (await segments('yard')).length > before + 1);
    await assertGoesOn('yard', 2);
  });

  test('takes over after a kill, and after a silence after which the other writes not one entry', async () => {
    const first = encoder('gate');
    await first.logged('streaming');
    const second = encoder('gate', '--standby');
    await second.logged('standing by');
    await until('some media', 30, async () => (await segments('gate')).length >= 1);
    const firstRun = await run('gate');
    first.signal('SIGSTOP');
    await until('the takeover', 30, async () => (await run('gate')) !== firstRun);
    const secondRun = await run('gate');
    const third = encoder('gate', '--standby');
    await third.logged('standing by');
    first.signal('SIGCONT');
    assert.equal(await first.left, 1);
    assert.match(first.said.join('\n'), new RegExp(`process ${second.pid} on .*STREAM_TAKEN`));
    const all = await parts('gate');
    const newer = all.slice(all.findIndex((part) => part.run === secondRun));
    assert.deepEqual(new Set(newer.map((part) => part.run)), new Set([secondRun]));
    second.signal('SIGKILL');
    await until('the next takeover', 30, async () => (await run('gate')) !== secondRun);
    await until('it goes on', 30, async () => (await segments('gate')).at(-1)?.run === (await run('gate')));
    await assertGoesOn('gate', 3);
  });

  test('several names stream side by side', async () => {
    const one = encoder('left');
    const other = encoder('right');
    await Promise.all([one, other].map((role) => role.logged('streaming')));
    for (const name of ['left', 'right'])
      await until(`media of ${name}`, 10, async () => (await segments(name)).length >= 1);
    for (const role of [one, other]) role.signal('SIGINT');
    assert.deepEqual(await Promise.all([one.left, other.left]), [0, 0]);
  });
});
