import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture } from './fixture.ts';

const SECRET = 'nobody may read this';

test('no path reaches a byte outside, and none is an error of ours', async (t) => {
  const { get, folder, failures } = await fixture(t, { segments: 2 });
  await writeFile(join(folder, 'secret.txt'), SECRET);
  await writeFile(join(folder, 'video', 'secret.txt'), SECRET);
  await mkdir(join(folder, 'web'));
  await writeFile(join(folder, 'web', 'index.html'), '<!doctype html>');
  await writeFile(join(folder, 'web', '.hidden'), SECRET);
  const long = 'x'.repeat(256);
  const paths = [
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..%5csecret.txt',
    '/%5c..%5csecret.txt',
    '/%00',
    '/index.html%00',
    '/.hidden',
    '/%',
    '/%zz',
    '//secret.txt',
    `/${long}`,
    '/video/secret.txt',
    '/video/../secret.txt',
    '/video/%2e%2e/secret.txt',
    '/video/..%2f..%2fsecret.txt',
    '/video/cam/e1/main/../../../secret.txt',
    '/video/cam/e1/main/..%2f..%2f..%2fsecret.txt',
    '/video/cam/e1/main/%2e%2e/%2e%2e/init-r1.mp4',
    '/video/cam/e1/main/init-..%2f.mp4',
    '/video/cam/e1/main/init-%00.mp4',
    '/video/cam/e1/main/0.m4s%00',
    '/video/cam/e1/main/%5c0.m4s',
    '/video/cam/e1/main/00.m4s',
    '/video/cam/e1/main/-1.m4s',
    '/video/cam/e1/main/1e3.m4s',
    '/video/cam/e1/main/999999999999999999999.m4s',
    '/video/cam/e1/main/0.999999999.m4s',
    '/video/cam/e1/main/unknown',
    '/video/cam/e1/main/',
    '/video/cam/e1/other/0.m4s',
    '/video/cam/e9/main/0.m4s',
    '/video/cam/e9/main/media.m3u8',
    '/video/unknown/e1/main/0.m4s',
    '/video/unknown.m3u8',
    `/video/${long}.m3u8`,
    `/video/cam/${long}/main/0.m4s`,
    `/video/cam/e1/main/init-${long}.mp4`,
    '/video/',
    '/video',
    '/streams/unknown',
    '/streams/..%2fcam',
    '/streams/%00',
    `/streams/${long}`,
    '/streams/unknown/markers',
    '/streams/unknown/markers/events',
    '/markers/%00',
    '/markers/..%2f..%2fsecret.txt',
    `/markers/${long}`,
    '/nothing/here',
  ];
  for (const path of paths) {
    for (const method of ['GET', 'HEAD']) {
      const answer = await get(path, { method });
      assert.ok([400, 404].includes(answer.status), `${method} ${path}: ${answer.status}`);
      assert.ok(!answer.text.includes(SECRET), path);
      if (method === 'GET') assert.ok(answer.json.error.code, path);
    }
  }
  assert.deepEqual(failures, []);
});

test('the viewer is served from its folder', async (t) => {
  const { get, folder } = await fixture(t, { segments: 1 });
  await mkdir(join(folder, 'web'));
  await writeFile(join(folder, 'web', 'index.html'), '<!doctype html><title>viewer</title>');
  const answer = await get('/');
  assert.equal(answer.status, 200);
  assert.match(answer.headers['content-type'] ?? '', /^text\/html/);
  assert.match(answer.text, /viewer/);
  const known = await get('/', { headers: { 'If-Modified-Since': answer.headers['last-modified'] } });
  assert.equal(known.status, 304);
  const head = await get('/', { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal((await get('/', { method: 'POST' })).status, 405);
});

test('the page may load nothing from elsewhere', async (t) => {
  const { get } = await fixture(t, { segments: 1 });
  const { headers } = await get('/streams');
  const policy = headers['content-security-policy'] as string;
  for (const directive of [
    "default-src 'none'",
    "script-src 'self'",
    "media-src 'self' blob:",
    "frame-ancestors 'none'",
  ])
    assert.ok(policy.split(';').includes(directive), `${directive} in ${policy}`);
  assert.ok(!policy.includes('upgrade-insecure-requests'));
  assert.equal(headers['strict-transport-security'], undefined);
  assert.equal(headers['x-content-type-options'], 'nosniff');
});

test('what is no HTTP gets an HTTP answer', async (t) => {
  const { port, get } = await fixture(t, { segments: 1 });
  const { connect } = await import('node:net');
  const socket = connect(port, '127.0.0.1');
  socket.end('this is no HTTP\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += chunk;
  assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/);
  const large = await get('/streams', { headers: { 'X-Large': 'x'.repeat(20_000) } });
  assert.equal(large.status, 431);
});
