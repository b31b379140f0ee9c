import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OwnHosts } from '../../src/api/access/own-hosts.ts';
import { readCertificate } from '../../src/api/server/certificate.ts';
import { fixture } from './fixture.ts';
import { h2Client } from './h2-client.ts';
import { assertError } from './http.ts';
import { readAnswers, sendRaw } from './raw-request.ts';
import { certificateMaker } from './self-signed.ts';

describe('OwnHosts', () => {
  const hosts = new OwnHosts(['cams.example.org'], 'studio', 'Yard-PC.lan');

  test('names addresses, this machine and what is public', () => {
    for (const host of [
      ...['127.0.0.1', '127.0.0.1:5000', '192.168.1.9:80', '[::1]', '[fe80::1]:5000', '[::ffff:10.0.0.1]:1'],
      ...['localhost', 'LOCALHOST:5000', 'localhost.', 'yard-pc', 'yard-pc.local:5000', 'yard-pc.lan'],
      ...['cams.example.org', 'Cams.Example.org.:443', 'studio', '', undefined],
    ])
      assert.equal(hosts.includes(host), true, String(host));
  });

  test('names nobody else, however it is made to look like one of ours', () => {
    for (const host of [
      ...['evil.example', 'evil.example:5000', '127.0.0.1.evil.example', 'localhost.evil.example', 'local'],
      ...['notlocalhost', 'cams.example.org.evil.example', 'evil-cams.example.org', 'x.cams.example.org'],
      // The browser asks a resolver for all of these; that one it would read as an address comes as one.
      ...['127.0.0.1.nip.io', '0x7f.1', 'make-127-0-0-1-rebind.example', '[::1].evil.example', 'a%2elocal'],
    ])
      assert.equal(hosts.includes(host), false, host);
  });
});

test('nothing is read under a foreign name, whichever way a request comes', async (t) => {
  const maker = await certificateMaker();
  t.after(() => maker.remove());
  const certificate = readCertificate({ ...(await maker.make('own')), httpRedirect: undefined });
  const { packager, get, another, write, port, start } = await fixture(t, {
    segments: 3,
    publicHosts: ['cams.example.org'],
  });
  const segment = `${packager.url}/1.m4s`;
  const paths = [
    ...['/', '/video/cam.m3u8', segment, `${packager.url}/media.m3u8`, '/markers', '/markers/events'],
    ...['/streams', '/metrics', '/healthz', '/readyz', '/openapi.json', '/clips/cam.mp4', '/embed', '/x'],
  ];
  for (const path of paths) {
    const answer = await get(path, { headers: { Host: `evil.example:${port}` } });
    assertError(answer, 421, 'FOREIGN_HOST');
    assert.match(answer.json.error.message, /evil\.example.*--public-host/);
  }
  for (const Host of ['cams.example.org', 'cams.example.org:8443', `127.0.0.1:${port}`, '[2001:db8::7]'])
    assert.equal((await get(segment, { headers: { Host } })).status, 200, Host);
  // The plain connection, a request that follows a good one on it, and a target in absolute form.
  const ask = (target: string, host: string) => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const answers = readAnswers(
    await sendRaw(port, '', { pieces: [ask(segment, 'localhost') + ask(segment, 'evil.example')] }),
  );
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 421],
  );
  const absolute = ask(`http://evil.example${segment}`, 'localhost');
  assert.equal(readAnswers(await sendRaw(port, absolute))[0]?.status, 421);
  const head = start('/', { method: 'HEAD', headers: { Host: 'evil.example' } });
  assert.equal((await head.answer).status, 421);
  // Who writes is looked at where that is decided.
  const foreign = await write('POST', '/markers', { text: 'x' }, { headers: { Host: 'evil.example' } });
  assertError(foreign, 403, 'FORBIDDEN');

  const secure = await another({ certificate });
  const client = h2Client(secure.port);
  t.after(() => client.close());
  for (const path of paths) {
    const { status, text } = await client.get(path, { ':authority': 'evil.example' });
    assert.deepEqual([status, JSON.parse(text).error.code], [421, 'FOREIGN_HOST'], path);
  }
  assert.equal((await client.get(segment, { ':authority': 'cams.example.org' })).status, 200);
  const [overTls] = readAnswers(
    await sendRaw(secure.port, ask(segment, 'evil.example'), { alpn: ['http/1.1'] }),
  );
  assert.equal(overTls?.status, 421);
});
