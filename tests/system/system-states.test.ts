import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from '../e2e/browser.ts';
import { untilSays } from '../e2e/page-words.ts';
import { startRedis } from '../store/redis-server.ts';
import { freePort } from './free-port.ts';
import { type RoleProcess, startRole } from './role.ts';

const LIVE = { badge: 'Live', pill: 'LIVE, red', notice: [] };

describe('the page of a system whose parts stop one by one', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let browser: TestBrowser;
  let page: Page;
  let folder: string;
  let flags: string[];
  let encoder: RoleProcess;
  const roles: RoleProcess[] = [];
  const start = (role: string, more: readonly string[] = []) => {
    const process = startRole(role, [...flags, ...more]);
    roles.push(process);
    return process;
  };

  before(async () => {
    redis = await startRedis();
    folder = await mkdtemp(join(tmpdir(), 'hlsstream-states-'));
    const port = await freePort();
    flags = [
      ...[
        '--store',
        `redis://127.0.0.1:${redis.port}`,
        '--data-dir',
        folder,
        '--size',
        '320x180',
        '--fps',
        '10',
      ],
      ...['--segment', '1', '--part', '0.25', '--thumbnail-interval', '0'],
    ];
    encoder = start('stream');
    await start('api', ['--port', `${port}`]).logged('serving');
    browser = await startBrowser({ width: 960, height: 600 });
    ({ page } = await browser.open(`http://127.0.0.1:${port}/`));
  });
  after(async () => {
    await browser?.close();
    await Promise.all(roles.map((role) => role.kill()));
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const stopped = ['The encoder has stopped', 'Playback goes on when it runs again.'];

  test('Stopped, not silent, when the encoder was stopped in order', async () => {
    await untilSays(page, LIVE, 40);
    encoder.signal('SIGTERM');
    await encoder.left;
    await untilSays(page, { badge: 'Stopped', pill: 'LIVE, grey', notice: stopped });
    encoder = start('stream');
    await untilSays(page, LIVE, 40);
  });

  test('and when it hangs', async () => {
    encoder.signal('SIGSTOP');
    await untilSays(page, { badge: 'Stopped', pill: 'LIVE, grey', notice: stopped });
    encoder.signal('SIGCONT');
    await untilSays(page, LIVE, 40);
  });

  test('Interrupted, not silent, when Redis is gone', async () => {
    await redis.kill();
    const notice = ['The server cannot reach its store', 'Playback goes on when it can.'];
    await untilSays(page, { badge: 'Interrupted', pill: 'LIVE, grey', notice });
    await redis.restart();
    await untilSays(page, LIVE, 40);
  });
});
