import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { checkWriteAccess } from '../../src/api/access/write-access.ts';
import { fixture } from './fixture.ts';
import { assertError } from './http.ts';
import { readAnswers, sendRaw } from './raw-request.ts';

const body = { text: 'x' };

test('with a token only its bearer may write, from wherever', async (t) => {
  const { write, get } = await fixture(t, { segments: 3, token: 'correct-horse' });
  for (const authorization of [
    undefined,
    'Bearer',
    'Bearer wrong-horse',
    'Basic correct-horse',
    'correct-horse',
  ]) {
    const answer = await write('POST', '/markers', body, {
      headers: authorization === undefined ? {} : { Authorization: authorization },
    });
    assertError(answer, 401, 'UNAUTHORIZED');
    assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer/);
    assert.ok(!answer.text.includes('correct-horse'));
  }
  const headers = {
    Authorization: 'Bearer correct-horse',
    'X-Forwarded-For': '10.0.0.1',
    Host: 'cam.example',
  };
  assert.equal((await write('POST', '/markers', { id: 'm', ...body }, { headers })).status, 201);
  assertError(await write('PATCH', '/markers/m', body), 401, 'UNAUTHORIZED');
  assertError(await write('DELETE', '/markers/m'), 401, 'UNAUTHORIZED');
  assert.equal((await get('/markers')).status, 200);
});

test('without a token neither a proxy on this machine nor a web page gets in', async (t) => {
  const { write, get, port } = await fixture(t, { segments: 3 });
  const refused: Record<string, string>[] = [
    { Forwarded: 'for=10.0.0.1' },
    { 'X-Forwarded-For': '10.0.0.1' },
    { 'X-Forwarded-Proto': 'https' },
    { 'X-Real-IP': '10.0.0.1' },
    { Via: '1.1 proxy' },
    { 'CF-Connecting-IP': '10.0.0.1' },
    { 'True-Client-IP': '10.0.0.1' },
    { 'CDN-Loop': 'cloudflare' },
    { Host: 'cam.example' },
    { Host: `cam.example:${port}` },
    { Host: '127.0.0.1' },
    { Host: `127.0.0.1:${port + 1}` },
    { Host: `127.0.0.1.evil.example:${port}` },
    { Host: ':' },
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Origin: `http://localhost:${port + 1}` },
    { Origin: `http://localhost:${port}`, Host: `127.0.0.1:${port}` },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
  ];
  for (const headers of refused) {
    for (const [method, path] of [
      ['POST', '/markers'],
      ['PATCH', '/markers/m'],
      ['DELETE', '/streams/cam/markers/m'],
    ] as const) {
      const answer = await write(method, path, method === 'DELETE' ? undefined : body, { headers });
      assert.equal(answer.status, 403, JSON.stringify(headers));
      assertError(answer, 403, 'FORBIDDEN');
      assert.match(answer.json.error.message, /--token/);
    }
  }
  assert.deepEqual((await get('/markers')).json.markers, []);
});

test('without a token an nginx that says nothing of whom it asks for does not get in', async (t) => {
  const { get, port } = await fixture(t, { segments: 3 });
  const text = JSON.stringify(body);
  const ask = (version: string) =>
    `POST /markers HTTP/${version}\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
  const statuses: (number | undefined)[] = [];
  for (const version of ['1.0', '1.1'])
    statuses.push(readAnswers(await sendRaw(port, ask(version)))[0]?.status);
  assert.deepEqual(statuses, [403, 201]);
  assert.equal((await get('/markers')).json.markers.length, 1);
});

test('without a token programs on this machine and our own page may write', async (t) => {
  const { write, port } = await fixture(t, { segments: 3 });
  for (const headers of [
    {},
    { Host: `localhost:${port}` },
    { Host: `LOCALHOST:${port}` },
    { Host: `127.1.2.3:${port}` },
    { Host: `[::1]:${port}` },
    { Host: `localhost:${port}`, Origin: `http://localhost:${port}`, 'Sec-Fetch-Site': 'same-origin' },
  ])
    assert.equal((await write('POST', '/markers', body, { headers })).status, 201, JSON.stringify(headers));
});

test('without a token another machine may not write, whatever it says', () => {
  const from = (remoteAddress: string | undefined) =>
    ({
      headers: { host: '192.0.2.7:5000' },
      socket: { remoteAddress, localPort: 5000 },
    }) as unknown as IncomingMessage;
  const access = { token: undefined, host: '192.0.2.7' };
  for (const address of ['192.0.2.7', '10.0.0.1', '::ffff:10.0.0.1', '2001:db8::1', '', undefined])
    assert.throws(() => checkWriteAccess(from(address), access), { code: 'FORBIDDEN' }, address);
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
    checkWriteAccess(from(address), access);
});
