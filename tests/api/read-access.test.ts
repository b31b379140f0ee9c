import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { Signer } from '../../src/api/access/signature.ts';
import { readCertificate } from '../../src/api/server/certificate.ts';
import { fixture, until } from './fixture.ts';
import { h2Client } from './h2-client.ts';
import { assertError } from './http.ts';
import { readAnswers, sendRaw } from './raw-request.ts';
import { certificateMaker } from './self-signed.ts';
import { SseClient } from './sse-client.ts';

const KEY = 'a key of thirty-two characters..';
const tokens = [
  { secret: 'open-sesame', streams: undefined },
  { secret: 'only-the-yard', streams: ['yard'] },
];
const bearer = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } });

async function privateSystem(t: TestContext) {
  const made = await fixture(t, {
    segments: 3,
    readers: { tokens, keys: [KEY, 'an older key, still believed'] },
  });
  await mkdir(join(made.folder, 'web'));
  await writeFile(join(made.folder, 'web/sign-in.html'), '<title>Sign in</title>');
  await writeFile(join(made.folder, 'web/index.html'), '<title>Viewer</title>');
  await writeFile(join(made.folder, 'web/viewer.js'), '//');
  const seconds = made.clock.now() / 1000;
  const path = (streams?: string[], { key = KEY, expires = seconds + 60 } = {}) =>
    `/s/${new Signer([key], 'path').sign({ expires: Math.floor(expires), streams })}`;
  const signIn = async (token: string) => {
    const answer = await made.write('POST', '/sign-in', { token });
    return { answer, cookie: String(answer.headers['set-cookie']?.[0] ?? '') };
  };
  return { ...made, path, signIn };
}

const READABLE = (url: string) => [
  ...['/video/cam.m3u8', `${url}/media.m3u8`, `${url}/1.m4s`, `${url}/1.0.m4s`, `${url}/init-r1.mp4`],
  ...['/markers', '/markers/nothing', '/markers/events', '/streams', '/streams/cam', '/streams/cam/markers'],
  ...['/streams/%63am/markers', '/streams/cam/thumbnails.json', '/streams/cam/thumbnails.vtt'],
  ...[
    '/objects/events',
    '/streams/cam/objects/events',
    '/streams/cam/picture.jpg',
    '/video/cam.m3u8?start=1',
  ],
  ...[
    `${url}/iframes.m3u8`,
    '/video/cam/e1/1.objects.json',
    '/video/cam/e1/thumbs-0-1.jpg',
    '/clients/hlsstream.py',
  ],
  ...['/clips/cam.mp4?from=0&to=1', '/metrics', '/openapi.json', '/', '/embed', '/viewer.js', '/nothing'],
];

describe('a private system', () => {
  test('shows nothing to who shows nothing, whichever way it is asked', async (t) => {
    const { get, packager, write, start } = await privateSystem(t);
    for (const path of [
      ...READABLE(packager.url),
      '/sign-in.html',
      '//video/cam.m3u8',
      '/healthz/../streams',
    ]) {
      const answer = await get(path);
      assertError(answer, 401, 'UNAUTHORIZED');
      assert.match(answer.json.error.message, /"Authorization: Bearer <token>"/);
      assert.match(String(answer.headers['cache-control']), /private/, path);
      assert.match(String(answer.headers['www-authenticate']), /^Bearer/);
      assert.equal((await start(path, { method: 'HEAD' }).answer).status, 401, path);
    }
    assertError(await write('POST', '/markers', { text: 'x' }), 401, 'UNAUTHORIZED');
    assertError(await write('POST', '/sign', { path: '/', for: 60 }), 401, 'UNAUTHORIZED');
    for (const cookie of ['hlsstream-1=x', '=', 'a', 'hlsstream-00000000=1.x'])
      assertError(await get('/markers', { headers: { cookie } }), 401, 'UNAUTHORIZED');
    for (const path of ['/healthz', '/readyz']) {
      const answer = await get(path);
      assert.deepEqual([answer.status, Object.keys(answer.json)], [200, ['status']]);
    }
    assert.equal((await get('/video/cam.m3u8', { method: 'OPTIONS' })).status, 204);
  });

  test('opens to a token, in an answer for nobody else', async (t) => {
    const { get, packager } = await privateSystem(t);
    for (const path of [
      '/video/cam.m3u8',
      `${packager.url}/media.m3u8`,
      `${packager.url}/1.m4s`,
      '/metrics',
      '/markers',
      '/',
    ]) {
      const answer = await get(path, bearer('open-sesame'));
      assert.equal(answer.status, 200, path);
      assert.match(String(answer.headers['cache-control']), /^private/, path);
      assert.doesNotMatch(String(answer.headers['cache-control']), /public|s-maxage/, path);
    }
    for (const wrong of ['open-sesam', 'open-sesame!', 'OPEN-SESAME', ''])
      assertError(await get('/markers', bearer(wrong)), 401, 'UNAUTHORIZED');
    assertError(
      await get('/markers', { headers: { authorization: 'Basic b3Blbi1zZXNhbWU=' } }),
      401,
      'UNAUTHORIZED',
    );
  });

  test('opens to a signed path, and answers as a public system would', async (t) => {
    const { get, packager, path } = await privateSystem(t);
    for (const url of [
      '/video/cam.m3u8',
      `${packager.url}/media.m3u8`,
      `${packager.url}/1.m4s`,
      '/markers',
      '/streams/cam',
      '/',
    ]) {
      const own = await get(url, bearer('open-sesame'));
      for (const prefix of [
        path(),
        path(['cam']),
        path(['yard', 'cam']),
        path(undefined, { key: 'an older key, still believed' }),
      ]) {
        const answer = await get(prefix + url);
        assert.equal(answer.status, 200, url);
        if (url.startsWith('/video')) assert.deepEqual(answer.bytes, own.bytes);
      }
    }
    const media = await get(`${path()}${packager.url}/1.m4s`);
    assert.match(String(media.headers['cache-control']), /^(?:public, )?max-age=\d+, immutable|immutable/);
    assert.doesNotMatch(String(media.headers['cache-control']), /private/);
    // What is written into JSON inherits the signature, and is for nobody else.
    const prefix = path(['cam']);
    const stream = await get(`${prefix}/streams/cam`);
    assert.equal(stream.json.playlist, `${prefix}/video/cam.m3u8`);
    assert.match(String(stream.headers['cache-control']), /private/);
    assertError(await get(`${prefix}/metrics`), 403, 'FORBIDDEN');
  });

  test('believes no signature but its own, for what it was made for, in its time', async (t) => {
    const { get, write, path, clock, packager, signIn } = await privateSystem(t);
    const good = path();
    const url = `${packager.url}/1.m4s`;
    const [, expires = '', mac = ''] = /^\/s\/(\d+)\.(.*)$/.exec(good) ?? [];
    const last = mac.at(-1) === 'A' ? 'B' : 'A';
    const yard = path(['yard']).split('.')[1] ?? '';
    for (const forged of [
      path(undefined, { key: 'another key of somebody else...' }),
      `/s/${Number(expires) + 1}.${mac}`,
      `/s/0${expires}.${mac}`,
      `/s/${expires}.${mac.slice(0, -1)}${last}`,
      `/s/${expires}.${mac}A`,
      // The streams of a signature belong to it.
      `/s/${expires}.${yard.slice(0, 43)}`,
      `/s/${expires}.${yard.slice(0, 43)}${Buffer.from('cam').toString('base64url')}`,
      ...[
        `/s/${expires}`,
        '/s/',
        '/s/x',
        `/s/${expires}.`,
        `/s/${expires}.${mac}%00`,
        `/s/../s/${expires}.x`,
      ],
      `/s/${expires}.${'A'.repeat(5000)}`,
    ]) {
      assertError(await get(forged + url), 403, 'SIGNATURE_INVALID');
      // Not even with a token beside it.
      assertError(await get(`${forged}/markers`, bearer('open-sesame')), 403, 'SIGNATURE_INVALID');
    }
    // A session's signature is none of a path.
    const { cookie } = await signIn('open-sesame');
    const session = /=([^;]+)/.exec(cookie)?.[1];
    assertError(await get(`/s/${session}${url}`), 403, 'SIGNATURE_INVALID');
    // Another stream's: by every way to it.
    for (const other of [
      '/video/cam.m3u8',
      url,
      '/markers',
      '/streams/cam',
      '/streams/%63am/markers',
      '/clips/cam.mp4',
      '/markers/events',
      ...['/objects/events', '/streams/cam/objects/events', '/streams/cam/picture.jpg', '/markers/nothing'],
      ...['/streams/cam/thumbnails.json', '/streams/cam/thumbnails.vtt', '/video/cam.m3u8?start=1&end=2'],
      ...['init-r1.mp4', 'iframes.m3u8', '1.0.m4s', 'media.m3u8?_HLS_msn=1'].map(
        (file) => `${packager.url}/${file}`,
      ),
      ...[`/video/cam/e1/1.objects.json`, '/video/cam/e1/thumbs-0-1.jpg'],
    ])
      assertError(await get(path(['yard']) + other), 403, 'FORBIDDEN');
    for (const to of ['/markers', '/objects', '/streams/cam/markers', '/streams/cam/objects'])
      assertError(await write('POST', path(['yard']) + to, { text: 'x' }), 403, 'FORBIDDEN');
    assert.deepEqual((await get(`${path(['yard'])}/streams`)).json.streams, []);
    assert.equal((await get(good + url)).status, 200);
    clock.advance(61_000);
    assertError(await get(good + url), 403, 'SIGNATURE_EXPIRED');
  });

  test('begins a session for a token, in a cookie that no script and no other site gets at', async (t) => {
    const { get, path, signIn, write, clock } = await privateSystem(t);
    const page = await get('/', { headers: { accept: 'text/html,*/*;q=0.8' } });
    assert.deepEqual([page.status, page.text], [401, '<title>Sign in</title>']);
    assert.match(String(page.headers['cache-control']), /private/);
    const { answer, cookie } = await signIn('open-sesame');
    assert.equal(answer.status, 204);
    assert.match(cookie, /^hlsstream-[0-9a-f]{8}=\d+\.[\w-]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
    const behindTls = await write(
      'POST',
      '/sign-in',
      { token: 'open-sesame' },
      { headers: { 'X-Forwarded-Proto': 'https' } },
    );
    assert.match(String(behindTls.headers['set-cookie']), /; Secure$/);
    const headers = { cookie: `theme=dark; ${cookie.split(';')[0]}` };
    assert.equal(
      (await get('/', { headers: { ...headers, accept: 'text/html' } })).text,
      '<title>Viewer</title>',
    );
    for (const url of ['/video/cam.m3u8', '/markers', '/metrics']) {
      const read = await get(url, { headers });
      assert.deepEqual(
        [read.status, /private/.test(String(read.headers['cache-control']))],
        [200, true],
        url,
      );
    }
    assert.equal((await get('/streams', { headers })).json.session, true);
    const made = await write('POST', '/sign', { path: '/video/cam.m3u8', for: 60 }, { headers });
    assert.equal((await get(made.json.path)).status, 200);
    // What it opens is the stream it names: a link that is passed on opens no more.
    assertError(
      await get(String(made.json.path).replace('/video/cam.m3u8', '/streams/yard')),
      403,
      'FORBIDDEN',
    );
    assertError(await write('POST', `${path()}/sign`, { path: '/', for: 60 }), 403, 'FORBIDDEN');
    for (const body of [
      { path: 'video', for: 60 },
      { path: '//a/b', for: 60 },
      { path: '/', for: 0 },
      { path: '/', for: 1e9 },
      {},
      [],
    ])
      assertError(await write('POST', '/sign', body, { headers }), 400, 'BAD_PARAMETER');
    // What names no stream that there could be is not for all streams.
    for (const named of [
      '/video/y%C3%A4rd.m3u8',
      '/video//cam.m3u8',
      '/Video/cam.m3u8',
      '/embed?stream=a,cam',
    ])
      assertError(await write('POST', '/sign', { path: named, for: 60 }, { headers }), 400, 'BAD_PARAMETER');
    for (const streams of [[], ['a,cam'], ['']])
      assert.throws(() => path(streams), /no streams that a signature could open/);
    const out = await write('POST', '/sign-out', {}, { headers });
    assert.match(String(out.headers['set-cookie']), /=; Path=\/; Max-Age=0/);
    const limited = await signIn('only-the-yard');
    const own = { headers: { cookie: limited.cookie.split(';')[0] ?? '' } };
    assertError(await get('/markers', own), 403, 'FORBIDDEN');
    assertError(await get('/metrics', own), 403, 'FORBIDDEN');
    assertError(await write('POST', '/sign', { path: '/video/cam.m3u8', for: 9 }, own), 403, 'FORBIDDEN');
    assertError((await signIn('open')).answer, 401, 'UNAUTHORIZED');
    const over = new Signer([KEY], 'session').sign({
      expires: Math.floor(clock.now() / 1000) - 1,
      streams: undefined,
    });
    const late = { cookie: `${cookie.split('=')[0]}=${over}` };
    assertError(await get('/markers', { headers: late }), 401, 'UNAUTHORIZED');
  });

  test('takes nothing that was shown as one thing for another, however often it was right', async (t) => {
    const { get, path, packager, signIn } = await privateSystem(t);
    const url = `${packager.url}/1.m4s`;
    const prefix = path(['cam']);
    const { cookie } = await signIn('open-sesame');
    const [name = '', session = ''] = cookie.split(';')[0]?.split('=') ?? [];
    for (let times = 0; times < 2; times += 1) {
      assert.equal((await get(prefix + url)).status, 200);
      assert.equal((await get(url, { headers: { cookie: `${name}=${session}` } })).status, 200);
      for (const shown of [prefix, prefix.slice(3)])
        assertError(await get(url, { headers: { cookie: `${name}=${shown}` } }), 401, 'UNAUTHORIZED');
      assertError(await get(`/s/${session}${url}`), 403, 'SIGNATURE_INVALID');
      assertError(await get(url, bearer(session)), 401, 'UNAUTHORIZED');
    }
  });

  test('hears little of who is not known yet, and that only so often', async (t) => {
    const { write } = await fixture(t, {
      segments: 1,
      readers: { tokens, keys: [KEY] },
      perAddress: { writes: 1 },
    });
    const long = { token: 'x'.repeat(9000) };
    assertError(await write('POST', '/sign-in', long), 413, 'BODY_TOO_LARGE');
    for (let times = 0; times < 5; times += 1) await write('POST', '/sign-in', {});
    assertError(await write('POST', '/sign-in', {}), 429, 'TOO_MANY_REQUESTS');
  });

  test('reads cookies off a plain connection as off any other', async (t) => {
    const { port, packager, signIn } = await privateSystem(t);
    const own = (await signIn('open-sesame')).cookie.split(';')[0] ?? '';
    const ask = async (fields: string) => {
      const text = `GET ${packager.url}/1.m4s HTTP/1.1\r\n${fields}\r\n\r\n`;
      return readAnswers(await sendRaw(port, text)).map(({ status }) => status);
    };
    for (const good of [
      `Cookie: ${own}\r\nHost: a`,
      `Host: a\r\nCookie: a=b; ${own}; c`,
      `Host: a\r\ncookie:${own}`,
    ])
      assert.deepEqual(await ask(good), [200], good);
    for (const bad of [
      `Host: a\r\nCookie: x${own}`,
      `Host: a\r\nCookie: a=${own}`,
      `Host: a\r\nX-Cookie: ${own}`,
      'Host: a',
    ])
      assert.deepEqual(await ask(bad), [401], bad);
    // A second field belongs to the first; what hides another field in one is not a request.
    assert.deepEqual(await ask(`Host: a\r\nCookie: a=b\r\nCookie: ${own}`), [200]);
    for (const split of ['\n', '\r', '\0'])
      assert.deepEqual(
        await ask(`Host: a\r\nCookie: ${own}${split}Content-Length: 5`),
        [400],
        JSON.stringify(split),
      );
  });

  test('answers an edge that asks, as it would answer itself', async (t) => {
    const { get, path, packager } = await privateSystem(t);
    const ask = async (uri: string, headers = {}) =>
      (await get('/access', { headers: { 'X-Original-URI': uri, ...headers } })).status;
    const url = `${packager.url}/1.m4s`;
    assert.deepEqual(
      [await ask(path() + url), await ask(path(['yard']) + url), await ask(url), await ask(`/s/1.x${url}`)],
      [204, 403, 401, 403],
    );
    assert.equal(await ask(url, bearer('open-sesame').headers), 204);
    assert.equal(await ask(`${path(['yard'])}/video/%63am/e1/main/1.m4s`), 403);
    assert.equal(await ask(''), 400);
    // The one who stands before may take a path apart otherwise, and has in its cache what it means by it.
    const yard = path(['yard']);
    for (const uri of [
      ...[
        `/video//cam/e1/main/1.m4s`,
        `/video/yard%2f..%2fcam/e1/main/1.m4s`,
        '/video/yard/%252e%252e/cam/1.m4s',
      ],
      ...['/markers', '/markers/events', '/objects/events', '/metrics', '/Video/cam.m3u8', '/clips/cam.mp4'],
    ])
      assert.equal(await ask(yard + uri), 403, uri);
    for (const uri of ['/', '/embed', '/viewer.js', '/streams', '/streams/yard/markers', '/video/yard.m3u8'])
      assert.equal(await ask(yard + uri), 204, uri);
    for (const uri of ['/markers', '/metrics', '/nothing/of/ours'])
      assert.equal(await ask(path() + uri), 204, uri);
  });

  test('ends an event stream when what opened it has expired', async (t) => {
    const { port, path, clock } = await privateSystem(t);
    const all: SseClient[] = [];
    for (const of of ['/markers', '/objects', '/streams/cam/markers', '/streams/cam/objects'])
      all.push(await SseClient.open(port, `${path()}${of}/events`));
    t.after(() => {
      for (const events of all) events.close();
    });
    clock.advance(45_000);
    assert.ok(all.every(({ ended }) => !ended));
    clock.advance(30_000);
    await until(() => all.every(({ ended }) => ended));
  });
});

test('the same holds over HTTP/2', async (t) => {
  const maker = await certificateMaker();
  t.after(() => maker.remove());
  const certificate = readCertificate({ ...(await maker.make('own')), httpRedirect: undefined });
  const { port, packager, clock } = await fixture(t, {
    segments: 3,
    certificate,
    readers: { tokens, keys: [KEY] },
  });
  const client = h2Client(port);
  t.after(() => client.close());
  const url = `${packager.url}/1.m4s`;
  assert.equal((await client.get(url)).status, 401);
  const expires = Math.floor(clock.now() / 1000) + 60;
  const prefix = `/s/${new Signer([KEY], 'path').sign({ expires, streams: ['cam'] })}`;
  assert.equal((await client.get(prefix + url)).status, 200);
  const { headers } = await client.get(
    '/sign-in',
    { ':method': 'POST', 'content-type': 'application/json' },
    '{"token":"open-sesame"}',
  );
  assert.match(String(headers['set-cookie']), /; Secure$/);
  assert.equal(
    (await client.get('/markers', { cookie: String(headers['set-cookie']).split(';')[0] })).status,
    200,
  );
});
