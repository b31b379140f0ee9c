import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { lives, type System, startSystem } from './system.ts';

/** A detector that is caught in a loop at its first picture for as long as a file lies beside it. */
const DETECTOR = `import { existsSync, writeFileSync } from 'node:fs';
const [caught, looping] = ['caught', 'looping'].map((name) => new URL(name, import.meta.url));
export default () => ({
  name: 'careless',
  look() {
    if (existsSync(caught)) writeFileSync(looping, '');
    while (existsSync(caught));
    return [];
  },
});
`;

interface Ready {
  readonly status: string;
  readonly reasons?: readonly string[];
}

describe('a system of which something hangs', () => {
  let folder: string;
  let system: System;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hlsstream-hangs-'));
    await writeFile(join(folder, 'careless.mjs'), DETECTOR);
    system = await startSystem([
      ...['--size', '160x90', '--fps', '10', '--segment', '1', '--thumbnail-interval', '0'],
      ...['--detector', join(folder, 'careless.mjs'), '--log-level', 'warn'],
    ]);
    await system.until('a detector', 30, async () => (await system.pids('detect')).length === 1);
  });
  after(async () => {
    await system?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const reasons = async () => (await system.json<Ready>('/readyz')).reasons ?? [];
  const edge = async () =>
    (await system.json<{ streams: { edge: number }[] }>('/streams')).streams[0]?.edge ?? 0;

  /** Resolves when each of these is another process than before, and the stream goes on. */
  async function replaced(before: ReadonlyMap<string, number>): Promise<void> {
    for (const [role, pid] of before)
      await system.until(`another ${role}`, 30, async () => {
        const now = await system.pids(role);
        return now.length === 1 && now[0] !== pid && !lives(pid);
      });
    const from = await system.json<unknown>('/healthz').then(edge, () => 0);
    await system.until('media goes on', 30, async () => (await edge()) > from + 1);
  }

  async function pidsOf(...roles: string[]): Promise<Map<string, number>> {
    const pids = await Promise.all(roles.map((role) => system.pids(role)));
    return new Map(roles.map((role, at) => [role, pids[at]?.[0] ?? 0]));
  }

  test('says so in /readyz, and replaces one that was stopped and one that is caught in a loop', async () => {
    const hanging = await pidsOf('stream', 'detect');
    await writeFile(join(folder, 'caught'), '');
    await system.until('the detector is caught', 30, () => existsSync(join(folder, 'looping')));
    process.kill(hanging.get('stream') ?? 0, 'SIGSTOP');
    await system.until('it says so', 30, async () => {
      const text = (await reasons()).join('; ');
      return /stream has not answered for 5 s/.test(text) && /detect has not answered for 5 s/.test(text);
    });
    await rm(join(folder, 'caught'));
    await replaced(hanging);
    for (const role of ['stream', 'detect'])
      assert.ok(
        system.log.some(({ child, reason }) => child === role && reason === 'CHILD_HANGS'),
        role,
      );
    await system.until('nothing is wrong any more', 60, async () => (await reasons()).length === 0);
  });

  test('replaces the store and the only API, and keeps what was marked', async () => {
    const posted = await fetch(`${system.url}/markers`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ id: 'kept', text: 'kept' }),
    });
    assert.equal(posted.status, 201);
    const hanging = await pidsOf('sync', 'api');
    for (const pid of hanging.values()) process.kill(pid, 'SIGSTOP');
    await replaced(hanging);
    const { markers } = await system.json<{ markers: { id: string }[] }>('/markers');
    assert.ok(markers.some(({ id }) => id === 'kept'));
  });

  test('leaves nobody behind when it is the launcher that hangs, a stopped encoder neither', async () => {
    const [ffmpeg = 0] = await system.pids('ffmpeg');
    process.kill(ffmpeg, 'SIGSTOP');
    process.kill(system.launcher.pid ?? 0, 'SIGSTOP');
    const pids = (await system.pids('all')).filter((pid) => pid !== system.launcher.pid);
    assert.ok(pids.length >= 5);
    await system.until('all have left', 30, () => !pids.some(lives));
    // One that goes on hears why its children have left, and starts others.
    system.launcher.kill('SIGCONT');
    const said = () => system.log.filter(({ reason }) => reason === 'LAUNCHER_HANGS').length;
    await system.until('why they left', 30, () => said() >= 4);
    await system.stop();
  });
});
