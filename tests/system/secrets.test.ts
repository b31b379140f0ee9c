import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
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
