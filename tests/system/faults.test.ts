import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, test } from 'node:test';
import { lives, type System, startSystem } from './system.ts';
import { postMarkers } from './witnesses.ts';

interface MarkerList {
  readonly markers: { id: string; time: number; duration: number | null; class: string; source: string }[];
  readonly next: string | null;
  readonly cursor: string;
}

const FLAGS = [
  ...['--size', '320x180', '--fps', '10', '--event-mean', '2', '--thumbnail-interval', '0'],
  ...['--log-level', 'warn'],
];

async function edge(system: System): Promise<number> {
  const { streams } = await system.json<{ streams: { edge: number }[] }>('/streams');
  return streams[0]?.edge ?? 0;
}

/** Kills one process of a role and waits until another serves in its place and the stream has gone on. */
async function killAndRecover(system: System, role: string): Promise<void> {
  await system.until(`a ${role} to kill`, 30, async () => (await system.pids(role)).length > 0);
  const before = await edge(system);
  const [pid = 0] = await system.pids(role);
  process.kill(pid, 'SIGKILL');
  await system.until(`${role} is back`, 30, async () => {
    const pids = await system.pids(role);
    return pids.length > 0 && !pids.includes(pid) && (await edge(system)) > before + 0.4;
  });
}

describe('a system whose processes are killed', () => {
  test('fails fast and re-attaches when sync dies, markers so far still there; leaves nobody behind after SIGINT', async () => {
    const system = await startSystem(FLAGS);
    try {
      await system.until(
        'a detected event',
        30,
        async () => (await system.json<MarkerList>('/markers')).markers.length > 0,
      );
      const poster = postMarkers(system.url, 50);
      await system.until('some posted', 5, () => poster.ids.length > 5);
      const before = (await system.json<MarkerList>('/markers')).markers.map((marker) => marker.id);
      for (let time = 0; time < 2; time += 1) await killAndRecover(system, 'sync');
      const known = poster.ids.length;
      await system.until('posting goes on', 5, () => poster.ids.length > known + 3);
      await poster.stop();
      for (const failure of poster.failures) assert.match(failure, /^503 STORE_/);
      const after = (await system.json<MarkerList>('/markers')).markers.map((marker) => marker.id);
      assert.deepEqual(
        before.filter((id) => !after.includes(id)),
        [],
      );
      assert.equal(new Set(after).size, after.length);
      const pids = await system.pids('all');
      const left = once(system.launcher, 'exit');
      system.launcher.kill('SIGINT');
      assert.deepEqual(await left, [0, null]);
      assert.deepEqual(pids.filter(lives), []);
    } finally {
      assert.equal(await system.stop(), 0);
    }
  });

  test('leaves nobody behind when the launcher itself is killed', async () => {
    const system = await startSystem(FLAGS);
    const pids = await system.pids('all');
    assert.ok(pids.length >= 5);
    const [stream] = await system.pids('stream');
    const environment = await readFile(`/proc/${stream}/environ`, 'utf8');
    const socket = /HLSSTREAM_PICTURES_SOCKET=([^\0]+)/.exec(environment)?.[1] ?? '';
    assert.ok(existsSync(dirname(socket)));
    process.kill(system.launcher.pid ?? 0, 'SIGKILL');
    await system.until('all have left', 6, () => !pids.some(lives));
    assert.equal(existsSync(dirname(socket)), false, 'its local sockets stayed');
    await system.stop();
  });

  test('ends at once at the second SIGINT', async () => {
    const stubborn = await startSystem([...FLAGS, '--log-level', 'info']);
    const [stream = 0] = await stubborn.pids('stream');
    process.kill(stream, 'SIGSTOP');
    const gone = once(stubborn.launcher, 'exit');
    stubborn.launcher.kill('SIGINT');
    // Two signals at the same moment are one.
    await stubborn.until('it is stopping', 5, () =>
      stubborn.log.some(({ msg }) => /^stopping/.test(String(msg))),
    );
    stubborn.launcher.kill('SIGINT');
    assert.deepEqual(await gone, [130, null]);
    await stubborn.until('all have left', 3, () => !lives(stream));
    await stubborn.stop();
  });
});
