import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { PublicPath } from '../../src/api/http/public-path.ts';
import { parseConfig } from '../../src/config/config.ts';
import { fixture, until } from './fixture.ts';
import { SseClient } from './sse-client.ts';

/** What a proxy that takes `prefix` off sends. */
const behind = (prefix: string) => ({ headers: { 'X-Forwarded-Prefix': prefix } });

describe('what must be absolute', () => {
  for (const [what, publicPath, asked] of [
    ['by X-Forwarded-Prefix', undefined, behind('/cams')],
    ['by X-Forwarded-Prefix with a slash', undefined, behind('/cams/')],
    ['by the setting', '/cams', {}],
    ['by the setting with a slash', '/cams/', behind('/other')],
  ] as const) {
    test(`begins with the prefix ${what}`, async (t) => {
      const { get, write, folder } = await fixture(t, { segments: 1, publicPath, token: 'token-of-ours' });
      await mkdir(join(folder, 'web'), { recursive: true });
      const [entry] = (await get('/streams', asked)).json.streams;
      const { prefix, playlist, clips } = entry;
      assert.deepEqual([prefix, playlist, clips], ['/cams', '/cams/video/cam.m3u8', '/cams/clips/cam.mp4']);
      assert.deepEqual((await get('/streams/cam', asked)).json, entry);
      assert.deepEqual((await get('/openapi.json', asked)).json.servers, [{ url: '/cams' }]);
      assert.equal((await get('/embed/?stream=cam', asked)).headers.location, '/cams/embed?stream=cam');
      const headers = {
        Authorization: 'Bearer token-of-ours',
        ...('headers' in asked ? asked.headers : {}),
      };
      const made = await write('POST', '/markers', { id: 'm', text: 'x' }, { headers });
      assert.equal(made.headers.location, '/cams/markers/m');
      const other = await write('POST', '/streams/cam/markers', { id: 'n', text: 'x' }, { headers });
      assert.equal(other.headers.location, '/cams/streams/cam/markers/n');
    });
  }

  test('is told to each who listens as the one may reach it', async (t) => {
    const { port } = await fixture(t, { segments: 1 });
    const told = async (headers: Record<string, string>) => {
      const client = await SseClient.open(port, '/markers/events', headers);
      t.after(() => client.close());
      await until(() => client.events.some(({ type }) => type === 'stream'));
      return client.events.find(({ type }) => type === 'stream')?.data.playlist;
    };
    assert.equal(await told(behind('/cams').headers), '/cams/video/cam.m3u8');
    assert.equal(await told({}), '/video/cam.m3u8');
  });

  test('is never what could not be a path, and caches are told that it differs', async (t) => {
    const { get } = await fixture(t, { segments: 1 });
    for (const prefix of [
      '//evil.example',
      'https://evil.example',
      '/a b',
      '/../x',
      '/a/./b',
      '/"',
      '/%2f',
      'cams',
      '/a\\b',
      `/${'x'.repeat(5000)}`,
    ]) {
      const { json, headers } = await get('/streams', behind(prefix));
      assert.equal(json.streams[0].playlist, '/video/cam.m3u8', prefix);
      assert.match(headers.vary ?? '', /X-Forwarded-Prefix/i);
    }
    // Two proxies, the outer one first.
    assert.equal((await get('/streams', behind('/a, /b'))).json.streams[0].prefix, '/a/b');
  });
});

describe('a proxy that leaves the prefix on', () => {
  test('is understood with the setting, on every path, and so is one that takes it off', async (t) => {
    const { get, folder, packager } = await fixture(t, { segments: 2, publicPath: '/in/cams' });
    await mkdir(join(folder, 'web'), { recursive: true });
    await writeFile(join(folder, 'web', 'index.html'), '<!doctype html><title>page</title>');
    await writeFile(join(folder, 'web', 'embed.html'), '<!doctype html><title>embedded</title>');
    for (const path of [
      '/',
      '/embed',
      '/streams',
      '/markers',
      '/video/cam.m3u8',
      `${packager.url}/0.m4s`,
      '/healthz',
    ]) {
      const [own, below] = [await get(path), await get(`/in/cams${path}`)];
      assert.equal(own.status, 200, path);
      assert.deepEqual([below.status, below.text], [200, own.text], path);
    }
    const slash = await get('/in/cams?stream=cam');
    assert.deepEqual([slash.status, slash.headers.location], [308, '/in/cams/?stream=cam']);
    for (const path of ['/in/camsx/streams', '/in/streams', '/in/cams/in/cams/streams'])
      assert.equal((await get(path)).status, 404, path);
  });

  test('may call it as a path of ours', () => {
    const { below } = PublicPath.prototype;
    for (const [prefix, target, expected] of [
      ['/video', '/video/video/cam.m3u8?x', '/video/cam.m3u8?x'],
      ['/video', '/video/cam.m3u8?x', '/video/cam.m3u8?x'],
      ['/video', '/video/cam/e1/main/0.m4s', '/video/cam/e1/main/0.m4s'],
      ['/video', '/video/', '/'],
      ['/video', '/video/viewer.js', '/viewer.js'],
      ['/video', '/video/?stream=a', '/?stream=a'],
      ['/streams', '/streams/streams', '/streams'],
      ['/streams', '/streams/cam/markers', '/streams/cam/markers'],
      ['/cams', '/streams/cams/markers', '/streams/cams/markers'],
      ['/', '/streams', '/streams'],
    ] as const)
      assert.equal(below.call(new PublicPath(prefix), target), expected, `${prefix} ${target}`);
  });
});

test('the setting takes a path and nothing else', () => {
  for (const publicPath of ['/', '/cams', '/cams/', '/a/b-c_d.e~f'])
    assert.equal(parseConfig({ publicPath }).publicPath, publicPath);
  for (const publicPath of ['cams', '//cams', '/a//b', '/..', '/a/../b', 'http://a/', '/a b', '/a?b'])
    assert.throws(() => parseConfig({ publicPath }), {
      code: 'USAGE',
      message: /--public-path .*is not a path/,
    });
});
