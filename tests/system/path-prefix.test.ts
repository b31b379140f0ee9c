import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from '../e2e/browser.ts';
import { untilAdvanced, untilState } from '../e2e/frames.ts';
import { tried } from '../long.ts';
import { type OwnRedis, startRedis } from '../store/redis-server.ts';
import { until } from '../until.ts';
import { freePort } from './free-port.ts';
import { type PrefixNginx, startPrefixNginx } from './prefix-nginx.ts';
import { type RoleProcess, startRole } from './role.ts';

const TOKEN = 'token-of-ours';

/** How nginx shows the system: each location, and what a list of its says a stream's playlist is. */
const SHOWN = [
  {
    what: 'takes it off and says nothing',
    path: '/cams/',
    strips: true,
    api: 0,
    playlist: '/video/one.m3u8',
  },
  {
    ...{ what: 'takes it off and says so', path: '/deep/er/', strips: true, api: 0, says: '/deep/er' },
    playlist: '/deep/er/video/one.m3u8',
  },
  {
    what: 'takes off one that is called as a path of ours',
    path: '/video/',
    strips: true,
    api: 0,
    playlist: '/video/one.m3u8',
  },
  {
    what: 'leaves it on, with --public-path',
    path: '/kept/',
    strips: false,
    api: 1,
    playlist: '/kept/video/one.m3u8',
  },
] as const;

/** Where the pages are opened: what they build is the same below each, and what lists name is looked at below all. */
const PAGES_AT: ReadonlySet<string> = new Set(
  tried(
    ['/cams/', '/kept/'],
    SHOWN.map(({ path }) => path),
  ),
);

describe('behind nginx, below a path prefix', { concurrency: 2 }, () => {
  let redis: OwnRedis;
  let nginx: PrefixNginx;
  let browser: TestBrowser;
  let folder: string;
  const roles: RoleProcess[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hlsstream-below-'));
    redis = await startRedis();
    const on = (name: string) => [
      ...['--store', `redis://127.0.0.1:${redis.port}`, '--data-dir', folder, '--name', name],
    ];
    const stream = [
      '--size',
      '320x180',
      '--fps',
      '10',
      '--segment',
      '1',
      '--event-mean',
      '1',
      '--thumbnail-interval',
      '0.5',
    ];
    const ports = [await freePort(), await freePort()];
    roles.push(startRole('stream', [...on('one'), ...stream, '--seed', '3']));
    roles.push(startRole('stream', [...on('two'), ...stream, '--seed', '4']));
    roles.push(startRole('detect', [...on('one'), '--detector', 'mint-square']));
    for (const [at, port] of ports.entries()) {
      const flags = [...on('one'), '--port', `${port}`, '--token', TOKEN];
      roles.push(startRole('api', [...flags, ...(at === 1 ? ['--public-path', '/kept'] : [])]));
    }
    await Promise.all(roles.slice(3).map((role) => role.logged('serving', 120)));
    nginx = await startPrefixNginx(
      SHOWN.map(({ api, ...location }) => ({ ...location, origin: `http://127.0.0.1:${ports[api]}` })),
    );
    browser = await startBrowser({ width: 960, height: 600 });
    await until('both stream, and there are events', 120, async () => {
      const { streams } = (await (await fetch(`${nginx.url}/cams/streams`)).json()) as {
        streams: { edge: number; thumbnails: string }[];
      };
      const { markers } = (await (await fetch(`${nginx.url}/cams/markers`)).json()) as { markers: unknown[] };
      return (
        streams.length === 2 &&
        streams.every(({ edge, thumbnails }) => edge > 0 && thumbnails !== null) &&
        markers.length > 0
      );
    });
  });
  after(async () => {
    await browser?.close();
    await nginx?.stop();
    for (const role of roles) await role.kill();
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  for (const { what, path, playlist } of SHOWN) {
    describe(`a proxy that ${what}`, { concurrency: 1 }, () => {
      let page: Page;
      let complaints: string[];
      let asked: string[];
      let missing: string[];

      /** Opens a page, and notes what it asks for. */
      async function open(below: string): Promise<void> {
        ({ page, complaints } = await browser.open('about:blank'));
        asked = [];
        missing = [];
        page.on('request', (request) => asked.push(request.url()));
        page.on('response', (response) => {
          if (response.status() >= 400) missing.push(`${response.status()} ${response.url()}`);
        });
        await page.goto(`${nginx.url}${path}${below}`);
      }

      /** Nothing was asked for elsewhere, nothing was missing, nothing complained. */
      async function close(): Promise<void> {
        const own = `${nginx.url}${path}`;
        assert.deepEqual(
          asked.filter((url) => !url.startsWith(own) && !/^(?:blob|data|about):/.test(url)),
          [],
        );
        assert.deepEqual(missing, []);
        assert.deepEqual(complaints, []);
        await page.close();
      }

      if (PAGES_AT.has(path)) {
        test('the start page shows every stream and its picture, and leads to one', async () => {
          await open('');
          await page.waitForFunction(() => document.querySelectorAll('.card-picture video').length === 2);
          await page.waitForFunction(() =>
            /\d+\+? events?/.test(document.querySelector('.card')?.textContent ?? ''),
          );
          await page.locator('.card', { hasText: 'one' }).click();
          await untilState(page, 'live', 40_000);
          assert.equal(page.url(), `${nginx.url}${path}?stream=one`);
        });

        test('its page plays, shows events as they come, thumbnails, downloads a clip, and leads back', async () => {
          await untilAdvanced(page, 1);
          await page.waitForFunction(() => document.querySelector('tbody tr') !== null);
          const text = `by hand below ${path}`;
          const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' };
          const made = await fetch(`${nginx.url}${path}markers`, {
            method: 'POST',
            headers,
            body: JSON.stringify({ text }),
          });
          assert.equal(made.status, 201);
          await page.waitForFunction(
            (wanted) => document.querySelector('tbody')?.textContent?.includes(wanted),
            text,
          );
          const bar = page.locator('.vjs-progress-holder');
          const sheet = page.waitForResponse((response) => /thumbs-\d+-\d+\.jpg$/.test(response.url()));
          await until('a thumbnail is shown', 20, async () => {
            await bar.hover({ position: { x: 30 + (asked.length % 60), y: 3 }, force: true });
            return asked.some((url) => /thumbs-\d+-\d+\.jpg$/.test(url));
          });
          assert.equal((await sheet).status(), 200);
          await page.locator('#clip').click();
          await page.locator('#clip-in').click();
          await untilAdvanced(page, 1.2);
          await page.locator('#clip-out').click();
          const [clip] = await Promise.all([
            page.waitForEvent('download'),
            page.locator('#clip-download').click(),
          ]);
          assert.ok((await stat(await clip.path())).size > 5000);
          await page.locator('#home').click();
          await page.waitForURL(`${nginx.url}${path}`);
          await close();
        });

        test('the embedded page plays', async () => {
          await open('embed?stream=two');
          await page.waitForFunction(
            () =>
              (document.querySelector('video')?.currentTime ?? 0) > 0 &&
              document.querySelector('video')?.paused === false,
          );
          await untilAdvanced(page, 1, 40_000);
          await close();
        });
      }

      test('lists name what can be fetched', async () => {
        const at = async (target: string) => fetch(`${nginx.url}${target}`);
        const { streams } = (await (await at(`${path}streams`)).json()) as {
          streams: { playlist: string; prefix?: string }[];
        };
        assert.equal(streams[0]?.playlist, playlist);
        const prefix = streams[0]?.prefix ?? '';
        const reached = (target: string) => (prefix === '' ? `${path}${target.slice(1)}` : target);
        const storyboard = await (await at(`${path}streams/one/thumbnails.vtt`)).text();
        const sheet = /^(\S+)#xywh/m.exec(storyboard)?.[1] ?? '';
        assert.ok(sheet.startsWith(`${prefix}/video/one/`), sheet);
        for (const target of [playlist, sheet]) assert.equal((await at(reached(target))).status, 200, target);
        const { servers } = (await (await at(`${path}openapi.json`)).json()) as {
          servers: { url: string }[];
        };
        assert.deepEqual(servers, [{ url: prefix || '/' }]);
        const bare = await fetch(`${nginx.url}${path.slice(0, -1)}`, { redirect: 'manual' });
        assert.ok([301, 308].includes(bare.status));
        assert.ok(bare.headers.get('location')?.endsWith(path), bare.headers.get('location') ?? '');
      });
    });
  }
});
