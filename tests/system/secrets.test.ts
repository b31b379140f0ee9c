import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { greyPictures, rtspCamera } from '../source/rtsp-camera.ts';
import { startRedis } from '../store/redis-server.ts';
import { type System, startSystem } from './system.ts';

const SECRET = 'open-sesame';

describe('a system whose Redis asks for a password', () => {
  test('works, and shows the password in no line, answer or command line, also when it is refused', async () => {
    const redis = await startRedis(['--requirepass', SECRET]);
    let system: System | undefined;
    try {
      process.env.HLSSTREAM_STORE = `redis://:${SECRET}@127.0.0.1:${redis.port}`;
      system = await startSystem(['--media', 'redis', '--size', '320x180', '--log-level', 'trace']);
      const shown = await showAll(system, async () => {
        await redis.kill();
        await redis.restart(['--requirepass', 'another']);
      });
      assert.ok(shown.length > 20);
      assert.deepEqual(
        shown.filter((text) => text.includes(SECRET)),
        [],
      );
    } finally {
      delete process.env.HLSSTREAM_STORE;
      await system?.stop();
      await redis.stop();
    }
  });
});

/** All that can be seen of a system before and after its Redis takes the password no more. */
async function showAll(system: System, refuse: () => Promise<void>): Promise<string[]> {
  const shown: string[] = [];
  const ask = async (path: string) => {
    const response = await fetch(`${system.url}${path}`);
    shown.push(await response.text());
    return response.status;
  };
  await system.until('ready', 20, async () => (await ask('/readyz')) === 200);
  for (const path of ['/', '/metrics', '/streams', '/markers', '/openapi.json', '/video/chessboard.m3u8'])
    assert.equal(await ask(path), 200, path);
  for (const pid of [system.launcher.pid ?? 0, ...(await system.pids('all'))])
    shown.push(await readFile(`/proc/${pid}/cmdline`, 'utf8'));
  await refuse();
  await system.until('the refusal is told', 20, () => system.said.some((line) => /STORE_DENIED/.test(line)));
  await system.until('it is not ready', 10, async () => (await ask('/readyz')) === 503);
  await ask('/metrics');
  return [...shown, ...system.said];
}

describe('a system whose camera asks for a password', () => {
  test('shows neither that nor its tokens, but where ffmpeg has no other way, and keeps its files to itself', async () => {
    const [password, token] = ['hunter2-hunter2', 'token-of-the-test'];
    const pictures = greyPictures(40);
    const camera = await rtspCamera(() => ({ pictures, rate: 25, login: `admin:${password}` }));
    const url = camera.url.replace('//', `//admin:${password}@`);
    const flags = ['--token', token, '--detector', 'none', '--log-level', 'trace', '--name', 'yard'];
    let system: System | undefined;
    try {
      system = await startSystem(['--source', url, ...flags]);
      const { url: at, launcher, pids, said, dataDir } = system;
      // Its forty pictures are over soon: that it broke off is said, and so is why.
      await system.until('the end is told', 20, () => said.some((line) => /broke off/.test(line)));
      const shown = [...said];
      for (const path of ['/', '/metrics', '/streams', '/readyz', '/openapi.json'])
        shown.push(await (await fetch(at + path)).text());
      const about = async (pid: number, file: string) =>
        readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
      for (const pid of [launcher.pid ?? 0, ...(await pids('all'))]) {
        const line = await about(pid, 'cmdline');
        // One whose input broke off may be a new one by now.
        shown.push(line.startsWith('ffmpeg\0') ? await about(pid, 'environ') : line);
      }
      for (const role of ['sync', 'detect', 'api'])
        for (const pid of await pids(role))
          shown.push((await about(pid, 'environ')).replaceAll(role === 'api' ? token : ' ', ''));
      assert.ok(shown.length > 20);
      assert.deepEqual(
        shown.filter((text) => text.includes(password) || text.includes(token)),
        [],
      );
      const made = await readdir(dataDir, { recursive: true });
      assert.ok(made.length > 5);
      for (const path of made) {
        // Files come and go meanwhile.
        const found = await stat(join(dataDir, path)).catch(() => undefined);
        assert.equal((found?.mode ?? 0) & 0o077, 0, path);
      }
    } finally {
      await system?.stop();
      await camera.close();
    }
  });
});
