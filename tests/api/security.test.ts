import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { AddressLimits } from '../../src/api/access/address-limits.ts';
import { reachedBy } from '../../src/api/access/reached.ts';
import { ReadAccess } from '../../src/api/access/read-access.ts';
import { bearerToken } from '../../src/api/access/tokens.ts';
import { negotiate } from '../../src/api/http/negotiation.ts';
import { PublicPath } from '../../src/api/http/public-path.ts';
import { isValidHost } from '../../src/api/http/request-target.ts';
import { hotRoute } from '../../src/api/media/hot-route.ts';
import { readTimeShift } from '../../src/api/media/time-shift.ts';
import { readTime } from '../../src/api/routes/marker-parameters.ts';
import { PlainRequests } from '../../src/api/server/plain-request.ts';
import { fromIsoDate } from '../../src/clock.ts';
import { inputOption } from '../../src/config/input-options.ts';
import { HlsStreamError, hide, messageOf, secretsIn, withoutSecrets } from '../../src/errors.ts';
import { parseDirectives } from '../../src/hls/blocking-reload.ts';
import { forTerminal } from '../../src/processes/logger.ts';
import { ROOT } from '../root.ts';
import { fixture } from './fixture.ts';

test('pages ask for nothing that they do not need, tell nobody whence they come, and name no version', async (t) => {
  const { get, packager } = await fixture(t, { segments: 3 });
  for (const path of ['/', '/embed', '/streams', '/nothing', '/markers']) {
    const { headers } = await get(path);
    assert.match(String(headers['permissions-policy']), /camera=\(\), .*microphone=\(\)/, path);
    // A signed path must not show at whatever a page leads to.
    assert.equal(headers['referrer-policy'], 'no-referrer', path);
    assert.match(String(headers['content-security-policy']), /script-src 'self'.*form-action 'none'/, path);
  }
  for (const path of ['/', '/nothing', `${packager.url}/1.m4s`, '/video/none.m3u8', '/markers', '/healthz']) {
    const { headers, text } = await get(path);
    assert.deepEqual(
      [headers.server, headers['x-powered-by'], headers.via],
      [undefined, undefined, undefined],
      path,
    );
    assert.doesNotMatch(text, /node_modules|at .*\.js:\d+/);
  }
});

test('no client adds a label to the metrics', async (t) => {
  const { get } = await fixture(t, { segments: 1 });
  const lines = async () =>
    (await get('/metrics')).text.split('\n').filter((line) => line.startsWith('hlsstream_http')).length;
  const ask = async (at: number) => {
    for (const path of [
      `/x${at}`,
      `/video/x${at}.m3u8`,
      `/streams/x${at}/markers`,
      `/clips/x${at}.mp4?from=${at}`,
      `/x${at}.js`,
    ])
      await get(path, { method: 'GET', headers: { 'User-Agent': `browser ${at}` } });
  };
  await ask(0);
  // The first look counts itself.
  await lines();
  const before = await lines();
  for (let at = 1; at < 20; at += 1) await ask(at);
  assert.equal(await lines(), before);
});

test('texts of strangers are looked at in a time that grows with their length', () => {
  const long = 100_000;
  const plain = new PlainRequests(10 * long, new PublicPath(), {
    readAccess: new ReadAccess({ tokens: [], keys: ['k'], now: () => 0 }),
  });
  const content = { type: 'a/b', cacheControl: '', bytes: Buffer.alloc(9), tag: '"t"', ranges: true };
  const publicPath = new PublicPath();
  const limits = new AddressLimits({ now: () => 0, trustProxy: ['0.0.0.0/0'] });
  const began = performance.now();
  for (const text of [
    ...[
      'a.',
      'a://',
      'a:',
      '_pas',
      '&pass_',
      '_key',
      'a://a:',
      'a://@',
      'x@',
      '\r\n ',
      ' \t',
      'authorization',
      '?a=',
      '&a',
      'rtmp://a/a/',
      'rtmp://',
    ].map((piece) => piece.repeat(long / piece.length)),
    `cookie: ${' '.repeat(long)}`,
    `a://${'a'.repeat(long)}`,
    `a://${'a:'.repeat(long / 2)}@`,
    ...[' ', '\t', ',', ' ,', ';', ' ;', '"', 'W/"a",', '=', '-', '0', '.', ' hlsstream-a=b;'].map((piece) =>
      piece.repeat(long / piece.length),
    ),
  ]) {
    withoutSecrets(`:// ${text}`);
    const field = text.replace(/[\r\n]/g, ' ');
    plain.read(
      Buffer.from(`GET /video/a.m3u8 HTTP/1.1\r\nHost: a\r\nX: a${field}b\r\nCookie: a${field}b\r\n\r\n`),
    );
    for (const value of [text, `bytes=${text}x`, `bytes=0-${text}x`, `bytes=0-1${text}x`]) {
      const headers = { range: value, 'accept-encoding': value, 'if-range': content.tag };
      negotiate({ method: 'GET', headers }, content);
      negotiate({ method: 'GET', headers: { 'if-match': value } }, content);
      negotiate({ method: 'GET', headers: { 'if-none-match': value } }, content);
    }
    bearerToken(`Bearer ${text}x y`);
    bearerToken(`Bearer x${text}y`);
    publicPath.of({ get: () => text, vary() {}, req: {} as IncomingMessage });
    limits.addressOf({ remoteAddress: '10.0.0.1', headers: { 'x-forwarded-for': text } });
    reachedBy(`/${text}?stream=${text}`);
    hotRoute(`/video/${text}?start=${text}`);
    fromIsoDate(`2026-01-01T00:00:00${text}Z`);
    for (const given of [text, `1${text}x`, `.${text}`, `1e${text}x`]) {
      const query = new URLSearchParams({ t: given, start: given, _HLS_msn: given });
      // Most of it is refused.
      for (const reading of [
        () => readTime(query, 't'),
        () => readTimeShift(query),
        () => parseDirectives(query),
      ])
        try {
          reading();
        } catch (error) {
          assert.match(String(error), /HlsStreamError/);
        }
    }
    isValidHost(text);
    inputOption.safeParse(text);
  }
  // Squares of it would take minutes.
  assert.ok(performance.now() - began < 10_000, `${performance.now() - began} ms`);
});

test('secrets are masked wherever they stand, however they are written', (t) => {
  t.after(() => hide([]));
  hide(['p@ss/w"ord', 'abc']);
  for (const text of [
    'said p@ss/w"ord here',
    JSON.stringify({ a: 'p@ss/w"ord' }),
    `x?y=${encodeURIComponent('p@ss/w"ord')}`,
  ])
    assert.doesNotMatch(withoutSecrets(text), /w(?:\\?"|%22)ord/, text);
  assert.equal(withoutSecrets('abc is too short to be looked for'), 'abc is too short to be looked for');
  // Cheap cameras have them in the path, or by names of their own.
  for (const url of [
    'rtsp://c/user=admin_password=tlJwpbo6_channel=1',
    'http://c/video?loginuse=a&loginpas=tlJwpbo6',
    // No list of names holds all of them: what is not known to be harmless is not shown.
    ...['u', 'p', 'pw', 'pin', 'code', 'jwt', 'hdnts', 'Key-Pair-Id', 'Policy', 'st', 'user'].map(
      (name) => `http://c/live?channel=1&${name}=tlJwpbo6~x=1&fps=5`,
    ),
    ...[
      'srt://c:9?mode=caller&streamid=tlJwpbo6',
      'rtmp://c/live/tlJwpbo6?timeout=3',
      'rtmps://c/live/a/tlJwpbo6',
    ],
    'rtsp://c/1?usr=a&pwd=tlJwpbo6',
  ])
    assert.doesNotMatch(withoutSecrets(`cannot open ${url}: ${JSON.stringify({ url })}`), /tlJwpbo6/, url);
  const harmless = 'rtsp://c/ch1/main?channel=1&subtype=0&transport=tcp&stream=2';
  assert.equal(withoutSecrets(harmless), harmless);
  // Nor do they show where a program writes only a part of the address.
  for (const url of [
    ...[
      'http://admin:tlJwpbo6@c/path?mail=x@y',
      'http://admin:tl/Jw@pbo6@c/',
      'rtsp://a:tlJw%40pbo6@c/?channel=1',
    ],
    ...['http://c/x?p=tlJwpbo6', 'http://c/x?channel=1&code=tlJw%40pbo6', 'rtmp://c/live/tlJwpbo6'],
  ]) {
    hide(secretsIn(url));
    const [, , secret = ''] = /(:|=|live\/)(tl[^@?]*(?:@pbo6)?)/.exec(url) ?? [];
    for (const form of [secret, decodeURIComponent(secret)])
      assert.doesNotMatch(withoutSecrets(`a program says ${form} alone`), /tl.?Jw/, `${form} of ${url}`);
  }
});

test('no words of a camera, a program or a client tell a terminal what to do', () => {
  const hostile = 'a\x1b[2J\x1b]0;b\x07\x9b31m\x00\x7f\b\r\n\tc \\u001b \\\\b';
  const obeyed = /(?!\n)\p{Cc}/u;
  assert.doesNotMatch(messageOf(new Error(hostile)), obeyed);
  assert.doesNotMatch(new HlsStreamError('SOURCE_FAILED', hostile).message, obeyed);
  const { msg } = JSON.parse(forTerminal(JSON.stringify({ msg: hostile }))) as { readonly msg: string };
  assert.doesNotMatch(msg.replace('\t', ''), obeyed);
  // What is only written about stays as it is.
  assert.ok(msg.endsWith('c \\u001b \\\\b'), msg);
});

test('the README names a test behind each line of its threat model', async () => {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const section = /\n## Security\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? '';
  const rows = section.split('\n').filter((line) => /^\| (?!---|what)/.test(line));
  assert.ok(rows.length >= 10, `${rows.length} lines`);
  for (const row of rows) {
    const named = [...row.matchAll(/`(tests\/[\w/.-]+)`/g)].map(([, path = '']) => path);
    assert.ok(named.length > 0, row);
    assert.deepEqual(
      named.filter((path) => !existsSync(join(ROOT, path))),
      [],
    );
  }
});
