import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { tried } from '../long.ts';
import { crowd } from './crowd.ts';
import { mediaPlaylist } from './judge.ts';
import { lives, type System, startSystem } from './system.ts';

const FLAGS = [
  ...['--api-workers', '3', '--size', '320x180', '--fps', '10', '--detector', 'none'],
  ...['--thumbnail-interval', '0', '--log-level', 'warn'],
];

const DEATHS = tried(5, 20);

/** Kills a worker and resolves when it is gone. At least one other stays, for the killed one pauses first. */
async function killOne(system: System, turn: number): Promise<void> {
  let pids: number[] = [];
  await system.until('two workers to choose from', 25, async () => {
    pids = await system.pids('api');
    return pids.length >= 2;
  });
  const pid = pids[turn % pids.length] ?? 0;
  process.kill(pid, 'SIGKILL');
  await system.until(`worker ${pid} is gone`, 5, () => !lives(pid));
}

/** A connection that is kept alive, so that all its requests reach one worker. */
function connection(url: string): { get(path: string): Promise<string>; close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const get = (path: string) =>
    new Promise<string>((resolve, reject) => {
      request(`${url}${path}`, { agent }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(text));
        response.on('error', reject);
      })
        .on('error', reject)
        .end();
    });
  return { get, close: () => agent.destroy() };
}

/** One connection to each worker. */
async function oneOfEach(url: string, workers: number): Promise<ReturnType<typeof connection>[]> {
  const found = new Map<string, ReturnType<typeof connection>>();
  for (let tries = 0; found.size < workers && tries < 40; tries += 1) {
    const many = Array.from({ length: 20 }, () => connection(url));
    const names = await Promise.all(
      many.map(async ({ get }) => /hlsstream_viewers\{worker="(\d+)"/.exec(await get('/metrics'))?.[1] ?? ''),
    );
    for (const [index, name] of names.entries()) {
      const each = many[index] as ReturnType<typeof connection>;
      if (found.has(name)) each.close();
      else found.set(name, each);
    }
  }
  return [...found.values()];
}

describe('three API workers on one port', () => {
  let system: System;
  before(async () => {
    system = await startSystem(FLAGS);
  });
  after(async () => {
    assert.equal(await system?.stop(), 0);
  });

  test('each answer any request, of what another took too', async () => {
    await system.until('three workers', 15, async () => (await system.pids('api')).length === 3);
    const workers = await oneOfEach(system.url, 3);
    assert.equal(workers.length, 3);
    const { uri } = await mediaPlaylist(`${system.url}/video/chessboard.m3u8`);
    const { pathname } = new URL(uri);
    const now = /PRELOAD-HINT:TYPE=PART,URI="(\d+)\.(\d+)\.m4s"/.exec(
      (await workers[0]?.get(pathname)) ?? '',
    );
    const directives = `?_HLS_msn=${Number(now?.[1]) + 1}&_HLS_part=0`;
    const lists = await Promise.all(workers.map(({ get }) => get(`${pathname}${directives}`)));
    for (const list of lists) assert.ok(list.includes(`URI="${Number(now?.[1]) + 1}.0.m4s"`), list);
    const posted = await fetch(`${system.url}/markers`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: 'seen-by-all', text: 'x' }),
    });
    assert.equal(posted.status, 201);
    for (const { get } of workers) {
      await system.until('the marker', 2, async () => (await get('/markers')).includes('seen-by-all'));
    }
    for (const { close } of workers) close();
  });

  test(`die ${DEATHS} times under a hundred viewers, and no request hangs`, async () => {
    const { uri } = await mediaPlaylist(`${system.url}/video/chessboard.m3u8`);
    const viewers = crowd(uri, 100);
    await system.until('all watch', 20, () => viewers.rounds.every((count) => count > 0));
    for (let turn = 0; turn < DEATHS; turn += 1) {
      await killOne(system, turn);
      // Somebody must be caught in the middle of something.
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const then = [...viewers.rounds];
    await system.until('all watch on', 20, () =>
      viewers.rounds.every((count, viewer) => count > (then[viewer] ?? 0) + 2),
    );
    await viewers.stop();
    await system.until('three workers that answer', 30, async () => {
      const workers = await oneOfEach(system.url, 3);
      for (const { close } of workers) close();
      return workers.length === 3;
    });
    const { answered, lost, hung } = viewers.outcomes;
    assert.deepEqual(hung, []);
    assert.ok(lost > 20, `only ${lost} connections were cut off`);
    // Also a worker that has just begun denies nothing that the others have.
    assert.deepEqual([...answered.keys()], [200]);
    assert.ok((answered.get(200) ?? 0) > 100 * 10);
    // Each came back at its first try.
    const ends = system.log.filter(({ restartInMs }) => restartInMs !== undefined);
    assert.deepEqual(
      ends.filter(({ signal }) => signal !== 'SIGKILL'),
      [],
    );
  });
});
