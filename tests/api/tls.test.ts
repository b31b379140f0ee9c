import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { OwnHosts } from '../../src/api/access/own-hosts.ts';
import { readCertificate } from '../../src/api/server/certificate.ts';
import { listen } from '../../src/api/server/connections.ts';
import { createRedirect } from '../../src/api/server/redirect.ts';
import { clientLimits } from '../../src/api/server/web-server.ts';
import { fixture, until } from './fixture.ts';
import { h2Client } from './h2-client.ts';
import { send } from './http.ts';
import { certificateMaker } from './self-signed.ts';

async function maker(t: TestContext) {
  const made = await certificateMaker();
  t.after(() => made.remove());
  return made;
}

async function secureFixture(t: TestContext) {
  const files = await (await maker(t)).make('own');
  const certificate = readCertificate({ ...files, httpRedirect: undefined });
  const made = await fixture(t, { segments: 3, certificate });
  const client = h2Client(made.port);
  t.after(() => client.close());
  return { ...made, client };
}

function h1(port: number, path: string): Promise<{ version: string; status: number; connection: string }> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, rejectUnauthorized: false, agent: false }, (response) => {
      response.resume();
      response.on('end', () =>
        resolve({
          version: response.httpVersion,
          status: response.statusCode ?? 0,
          connection: response.headers.connection ?? '',
        }),
      );
    })
      .on('error', reject)
      .end();
  });
}

describe('an API with a certificate', () => {
  test('serves playlists, media and JSON over HTTP/2, and over HTTP/1.1 to who speaks only that', async (t) => {
    const { client, packager, port } = await secureFixture(t);
    const paths = [
      '/video/cam.m3u8',
      `${packager.url}/media.m3u8`,
      `${packager.url}/1.m4s`,
      '/streams',
      '/healthz',
    ];
    for (const path of paths) {
      const answer = await client.get(path);
      assert.equal(answer.status, 200, path);
      assert.ok(answer.text.length > 0);
      assert.equal(answer.headers.connection, undefined);
      assert.deepEqual(
        { ...(await h1(port, path)), connection: '' },
        { version: '1.1', status: 200, connection: '' },
      );
    }
    const head = await client.get(`${packager.url}/1.m4s`, { ':method': 'HEAD' });
    assert.deepEqual([head.status, head.text], [200, '']);
    const range = await client.get(`${packager.url}/1.m4s`, { range: 'bytes=0-3' });
    assert.deepEqual([range.status, range.text], [206, 'part']);
    assert.equal((await client.get('/video/nothing.m3u8')).status, 404);
    assert.equal((await client.get('/nothing')).status, 404);
    assert.match(
      String((await client.get('/streams')).headers['strict-transport-security']),
      /max-age=15552000/,
    );
  });

  test('promises HTTPS only where it serves it', async (t) => {
    const { get } = await fixture(t, { segments: 1 });
    assert.equal((await get('/streams')).headers['strict-transport-security'], undefined);
  });

  test('answers blocking reloads and hinted parts over one HTTP/2 connection', async (t) => {
    const { client, packager, api } = await secureFixture(t);
    let answered = 0;
    const waiting = [
      `${packager.url}/media.m3u8?_HLS_msn=3&_HLS_part=0`,
      `${packager.url}/media.m3u8?_HLS_msn=3&_HLS_part=1`,
      `${packager.url}/3.0.m4s`,
    ].map((path) =>
      client.get(path).then((answer) => {
        answered += 1;
        return answer;
      }),
    );
    const metric = async () => (await client.get('/metrics')).text;
    await until(async () => /hlsstream_blocking_waits\{[^}]*\} 3/.test(await metric()));
    await packager.addPart();
    await until(() => answered === 2);
    assert.match((await waiting[0])?.text ?? '', /URI="3\.0\.m4s"/);
    assert.equal((await waiting[2])?.text, 'part 3.0;');
    // Who goes away frees its place at once.
    waiting[1]?.catch(() => {});
    client.close();
    assert.ok(api.server.listening);
    const other = h2Client((api.server.address() as AddressInfo).port);
    await until(async () => /hlsstream_blocking_waits\{[^}]*\} 0/.test((await other.get('/metrics')).text));
    other.close();
  });

  test('lets a program on this machine write by either protocol, and no page of another origin', async (t) => {
    const { client, port } = await secureFixture(t);
    const post = (headers: Record<string, string>) =>
      client.get(
        '/markers',
        { ':method': 'POST', 'content-type': 'application/json', ...headers },
        JSON.stringify({ text: 'hello', time: 2 }),
      );
    assert.equal((await post({})).status, 201);
    assert.equal((await post({ origin: `https://127.0.0.1:${port}` })).status, 201);
    for (const origin of [`http://127.0.0.1:${port}`, 'https://example.org', 'null']) {
      assert.equal((await post({ origin })).status, 403, origin);
    }
    assert.equal((await post({ ':authority': `evil.example:${port}` })).status, 403);
  });

  test('sends events over HTTP/2 and lets go of who left', async (t) => {
    const { client, write: _, port } = await secureFixture(t);
    const stream = client.session.request({ ':path': '/markers/events' });
    let text = '';
    stream.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    await until(() => text.includes('event: stream'));
    await client.get(
      '/markers',
      { ':method': 'POST', 'content-type': 'application/json' },
      JSON.stringify({ text: 'hello', time: 2 }),
    );
    await until(() => text.includes('event: markers'));
    stream.close();
    const other = h2Client(port);
    await until(async () => /hlsstream_event_clients\{[^}]*\} 0/.test((await other.get('/metrics')).text));
    other.close();
  });

  test('is gone within 3 s though HTTP/2 and HTTP/1.1 connections are open, waits answered', async (t) => {
    const { client, packager, api } = await secureFixture(t);
    const waiting = client.get(`${packager.url}/media.m3u8?_HLS_msn=4`);
    await until(async () => /hlsstream_blocking_waits\{[^}]*\} 1/.test((await client.get('/metrics')).text));
    const begun = Date.now();
    await api.close();
    assert.ok(Date.now() - begun < 3000);
    assert.equal((await waiting).status, 200);
  });
});

describe('readCertificate', () => {
  test('says in one sentence what is wrong with the files', async (t) => {
    const made = await maker(t);
    const own = await made.make('own');
    const other = await made.make('other');
    const nonsense = join(made.folder, 'nonsense.pem');
    await writeFile(nonsense, 'not a certificate\n');
    const httpRedirect = undefined;
    const refused = (tlsCert: string, tlsKey: string, message: RegExp) =>
      assert.throws(() => readCertificate({ tlsCert, tlsKey, httpRedirect }), {
        code: 'TLS_INVALID',
        message,
      });
    refused(own.tlsCert, other.tlsKey, /other\.key is not the key of.*own\.crt/);
    refused(join(made.folder, 'none.crt'), own.tlsKey, /--tls-cert .*none\.crt cannot be read \(ENOENT\)/);
    refused(nonsense, own.tlsKey, /nonsense\.pem is not a certificate/);
    refused(own.tlsCert, nonsense, /--tls-key .*nonsense\.pem is not a private key/);
    const later = Date.now() + 31 * 86_400_000;
    assert.throws(() => readCertificate({ ...own, httpRedirect }, later), {
      code: 'TLS_INVALID',
      message: /own\.crt has expired/,
    });
    assert.ok(readCertificate({ ...own, httpRedirect }));
  });

  test('wants both halves or none', () => {
    const none = { tlsCert: undefined, tlsKey: undefined, httpRedirect: undefined };
    assert.equal(readCertificate(none), undefined);
    for (const half of [{ tlsCert: 'a' }, { tlsKey: 'a' }, { httpRedirect: 80 }]) {
      assert.throws(() => readCertificate({ ...none, ...half }), { code: 'USAGE' });
    }
  });
});

test('plain HTTP is sent to the same place over HTTPS, whatever the method', async (t) => {
  const server = createRedirect(8443, clientLimits);
  const port = await listen(server, '127.0.0.1', 0);
  t.after(() => server.close());
  const asked = { method: 'POST', headers: { Host: 'live.example:80' } };
  const answer = await send(port, '/video/cam.m3u8?_HLS_msn=3', asked).answer;
  assert.equal(answer.status, 308);
  assert.equal(answer.headers.location, 'https://live.example:8443/video/cam.m3u8?_HLS_msn=3');
  for (const Host of ['a b', 'evil.example/x', '[x']) {
    assert.equal((await send(port, '/', { headers: { Host } }).answer).status, 400, Host);
  }
  assert.equal((await send(port, 'http://evil.example/').answer).status, 400);
  const own = createRedirect(8443, clientLimits, new OwnHosts(['live.example']));
  const ownPort = await listen(own, '127.0.0.1', 0);
  t.after(() => own.close());
  for (const [Host, status] of [
    ...([
      ['live.example', 308],
      ['127.0.0.1', 308],
    ] as const),
    ...([
      ['evil.example', 421],
      ['live.example.evil.example', 421],
    ] as const),
  ])
    for (const method of ['GET', 'POST'])
      assert.equal((await send(ownPort, '/', { method, headers: { Host } }).answer).status, status, Host);
});
