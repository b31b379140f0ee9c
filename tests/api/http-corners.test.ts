import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readCertificate } from '../../src/api/server/certificate.ts';
import { assertDescribed } from './described.ts';
import { fixture, until } from './fixture.ts';
import { h2Client } from './h2-client.ts';
import { rawConnection } from './raw-connection.ts';
import { type RawAnswer, readAnswers, sendRaw } from './raw-request.ts';
import { certificateMaker } from './self-signed.ts';

/** One store behind three ways in: the plain connection, Node's parser alone, and Node's parser over TLS. */
async function threeWays(t: TestContext) {
  const maker = await certificateMaker();
  t.after(() => maker.remove());
  const certificate = readCertificate({ ...(await maker.make('own')), httpRedirect: undefined });
  const made = await fixture(t, { segments: 3 });
  const node = await made.another({ plainConnections: false });
  const tls = await made.another({ certificate });
  for (const { api } of [node, tls])
    await until(() => (api.live.stream('cam')?.state?.nextMsn ?? 0) >= made.packager.msn);
  const ways = [
    { name: 'plain', port: made.port },
    { name: "Node's", port: node.port },
    { name: 'TLS', port: tls.port, alpn: ['http/1.1'] },
  ];
  /** The one answer to a request by each way. */
  const all = async (request: (port: number) => string): Promise<(RawAnswer & { way: string })[]> =>
    Promise.all(
      ways.map(async ({ name, port, ...options }) => {
        const text = await sendRaw(port, request(port), options);
        const [answer, ...more] = readAnswers(text, { head: request(port).startsWith('HEAD') });
        assert.ok(answer !== undefined && more.length === 0, `${name}: ${text}`);
        const [method = '', target = ''] = request(port).split(' ');
        assertDescribed(method, target.replace(/^https?:\/\/[^/?#]*/i, ''), answer.status);
        return { ...answer, way: name };
      }),
    );
  /** Asserts one status by every way; gives the answers. */
  const expect = async (status: number, request: string | ((port: number) => string)) => {
    const answers = await all(typeof request === 'string' ? () => request : request);
    for (const answer of answers)
      assert.equal(answer.status, status, `${answer.way}: ${request}: ${answer.body}`);
    return answers;
  };
  return { ...made, tls, expect, ways };
}

const SEGMENT = '/video/cam/e1/main/1.m4s';
const WHOLE = 'part 1.0;part 1.1;part 1.2;part 1.3;';
const ask = (target: string, fields = '', method = 'GET') =>
  `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`;

function field({ fields }: RawAnswer, name: string): string | undefined {
  return fields.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
}

test('HTTP/1.1, on the plain connection, through Node’s parser and over TLS', async (t) => {
  const { expect, ways, write, packager, port, api, get } = await threeWays(t);
  await write('POST', '/markers', { id: 'm1', time: 2, text: 'one' });

  await t.test('a target in absolute form gets what one in origin form gets', async () => {
    for (const path of [
      SEGMENT,
      '/video/cam.m3u8',
      '/streams',
      '/markers?ts_start=0',
      '/healthz',
      '/nothing',
    ]) {
      const own = await expect(path === '/nothing' ? 404 : 200, ask(path));
      for (const before of ['http://localhost', 'HTTP://other.example:80', 'https://[::1]:5000'])
        assert.deepEqual(await expect(own[0]?.status ?? 0, ask(before + path)), own, before + path);
    }
    await expect(404, ask('http://localhost'));
    await expect(404, ask('http://localhost?x=1'));
    await expect(204, ask(`http://localhost${SEGMENT}`, '', 'OPTIONS'));
    for (const target of [
      'ftp://localhost/',
      'http://a@localhost/',
      'http:///streams',
      'http://a b/',
      'streams',
      'localhost:80',
    ])
      await expect(400, ask(target));
  });

  await t.test('what follows a number sign is not the server’s', async () => {
    assert.equal((await expect(200, ask(`${SEGMENT}#t=1`)))[0]?.body, WHOLE);
  });

  await t.test('one host, and one that is one, or 400, whatever is asked', async () => {
    const body = '{"text":"x"}';
    const post = (host: string) =>
      `POST /markers HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const hosts = ['', 'Host: a\r\nHost: a\r\n', 'Host: a\r\nhOST: b\r\n'];
    for (const name of [
      'a b',
      'a/b',
      'a@b',
      'a?b',
      'a#b',
      'a:b',
      'a:80:80',
      'a:99999',
      '[::1',
      '[::g]',
      '::1',
      'a,b',
      'a\\b',
      'a"',
      '<a>',
      'ä',
      'a%2',
    ])
      hosts.push(`Host: ${name}\r\n`);
    for (const host of hosts) {
      for (const request of [
        `GET ${SEGMENT} HTTP/1.1\r\n${host}\r\n`,
        `HEAD / HTTP/1.1\r\n${host}\r\n`,
        post(host),
      ]) {
        const [answer] = await expect(400, request);
        if (answer !== undefined && !request.startsWith('HEAD'))
          assert.equal(JSON.parse(answer.body).error.code, 'BAD_REQUEST');
      }
    }
    for (const name of [
      'localhost',
      'a.example:80',
      'a_b',
      '127.0.0.1:',
      '[::1]:5000',
      'xn--4ca.example.',
      'a%C3%A4',
      '',
    ])
      await expect(200, `GET ${SEGMENT} HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
    // HTTP/1.0 may do without.
    await expect(200, `GET ${SEGMENT} HTTP/1.0\r\n\r\n`);
    await expect(400, `GET ${SEGMENT} HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n`);
    // Names that no URL takes are no error of ours.
    for (const path of ['/clips/cam.mp4?from=1', '/markers/events?cursor=%20'])
      await expect(400, `GET ${path} HTTP/1.1\r\nHost: 1.2.3.999\r\n\r\n`);
  });

  await t.test('ranges may reach as far as numbers do', async () => {
    for (const [range, status, body, content] of [
      ['bytes=0-9007199254740991', 206, WHOLE, 'bytes 0-35/36'],
      ['bytes=9-9007199254740991', 206, WHOLE.slice(9), 'bytes 9-35/36'],
      [`bytes=0-${'9'.repeat(400)}`, 206, WHOLE, 'bytes 0-35/36'],
      ['bytes=-9007199254740991', 206, WHOLE, 'bytes 0-35/36'],
      ['bytes=000000000000000000001-2', 206, WHOLE.slice(1, 3), 'bytes 1-2/36'],
      ['bytes=,1-2', 206, WHOLE.slice(1, 3), 'bytes 1-2/36'],
      ['bytes=9007199254740991-', 416, '', 'bytes */36'],
      [`bytes=${'9'.repeat(400)}-`, 416, '', 'bytes */36'],
      ['bytes=9007199254740993-9007199254740992', 200, WHOLE, undefined],
      ['bytes=0-1,3-4', 200, WHOLE, undefined],
      ['lines=0-1', 200, WHOLE, undefined],
    ] as const) {
      for (const answer of await expect(status, ask(SEGMENT, `Range: ${range}\r\n`))) {
        assert.equal(answer.body, body, range);
        assert.equal(field(answer, 'content-range'), content, range);
      }
    }
  });

  await t.test('HEAD says what GET without a range would', async () => {
    for (const range of ['bytes=0-3', 'bytes=99-', 'bytes=0-9007199254740991'])
      for (const answer of await expect(200, ask(SEGMENT, `Range: ${range}\r\n`, 'HEAD'))) {
        assert.equal(field(answer, 'content-length'), '36');
        assert.equal(field(answer, 'content-range'), undefined);
      }
  });

  await t.test('If-Match lets pass what is meant, and nothing else', async () => {
    const tag = (answers: readonly RawAnswer[]) => field(answers[0] as RawAnswer, 'etag') ?? '';
    for (const path of [
      SEGMENT,
      '/video/cam.m3u8',
      '/video/cam/e1/main/media.m3u8',
      '/markers',
      '/markers/m1',
      '/streams',
      '/openapi.json',
    ]) {
      const own = tag(await expect(200, ask(path)));
      assert.match(own, /^"/, path);
      for (const method of ['GET', 'HEAD']) {
        for (const named of [own, '*', `"other", ${own}`])
          await expect(200, ask(path, `If-Match: ${named}\r\n`, method));
        for (const named of ['"other"', `W/${own}`, own.slice(1, -1)])
          await expect(412, ask(path, `If-Match: ${named}\r\n`, method));
        await expect(304, ask(path, `If-None-Match: W/${own}\r\n`, method));
        await expect(304, ask(path, `If-Match: ${own}\r\nIf-None-Match: ${own}\r\n`, method));
        await expect(412, ask(path, `If-Match: "other"\r\nIf-None-Match: ${own}\r\n`, method));
      }
    }
    await expect(206, ask(SEGMENT, `If-Match: *\r\nRange: bytes=0-1\r\n`));
    await expect(412, ask(SEGMENT, `If-Match: "other"\r\nRange: bytes=0-1\r\n`));
    await expect(412, ask('/healthz', 'If-Match: "other"\r\n'));
    await expect(412, ask('/markers/events', 'If-Match: "other"\r\n'));
    // What is not there has no tag that could differ.
    await expect(404, ask('/video/cam/e1/main/99.m4s', 'If-Match: "other"\r\n'));
  });

  await t.test('a marker that was changed in between is not changed', async () => {
    const { headers } = await get('/markers/m1');
    const change = (fields: Record<string, string>) =>
      write('PATCH', '/markers/m1', { text: 'two' }, { headers: fields });
    assert.equal((await change({ 'If-Match': '"other"' })).status, 412);
    assert.equal((await change({ 'If-None-Match': '*' })).status, 412);
    assert.equal((await change({ 'If-Match': headers.etag ?? '' })).status, 200);
    assert.equal((await change({ 'If-Match': headers.etag ?? '' })).status, 412);
    assert.equal(
      (await write('DELETE', '/markers/m1', undefined, { headers: { 'If-Match': '"other"' } })).status,
      412,
    );
    assert.equal(
      (await write('POST', '/markers', { text: 'x' }, { headers: { 'If-Match': '"other"' } })).status,
      412,
    );
    assert.equal((await get('/markers/m1')).json.text, 'two');
    const { etag = '' } = (await get('/markers/m1')).headers;
    // At the same time: the second is judged by what the first has made.
    const texts = ['three', 'four'].map((text) =>
      write('PATCH', '/markers/m1', { text }, { headers: { 'If-Match': etag } }),
    );
    assert.deepEqual(
      (await Promise.all(texts)).map(({ status }) => status),
      [200, 412],
    );
  });

  await t.test(
    'other forms of target and other methods are answered in the shape of all errors',
    async () => {
      for (const answer of await expect(204, 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n'))
        assert.match(field(answer, 'allow') ?? '', /GET/);
      await expect(400, ask('*'));
      const [answer] = await expect(405, ask('localhost:80', '', 'CONNECT'));
      assert.equal(JSON.parse(answer?.body ?? '').error.code, 'METHOD_NOT_ALLOWED');
    },
  );

  await t.test('who half-closes behind a request that is held back gets its answer', async () => {
    const { msn, part } = packager;
    const waiting = ways.map(({ port: to, ...options }) =>
      sendRaw(to, ask(`/video/cam/e1/main/${msn}.${part}.m4s`), options),
    );
    const room = async (to: number) =>
      Number(/blocking_waits\{[^}]*\} (\d+)/.exec((await get('/metrics')).text)?.[1] ?? to);
    await until(async () => (await room(0)) === 1);
    // It is still there after it was found out whether it is.
    for (let turn = 0; turn < 20; turn += 1) await get('/healthz');
    assert.equal(await room(0), 1);
    await packager.addPart();
    for (const text of await Promise.all(waiting)) {
      const [answer, ...more] = readAnswers(text);
      assert.deepEqual([answer?.status, answer?.body, more.length], [200, `part ${msn}.${part};`, 0]);
    }
  });

  await t.test('who half-closes behind several requests gets all of their answers', async () => {
    const { msn, part } = packager;
    const requests = [
      ...[`/video/cam/e1/main/${msn}.${part}.m4s`, SEGMENT, '/nothing', '/streams'].map((path) => ask(path)),
      ask(SEGMENT, 'Expect: 100-continue\r\n'),
    ];
    const waiting = ways.map(({ port: to, ...options }) => sendRaw(to, '', { ...options, pieces: requests }));
    await until(async () => /blocking_waits\{[^}]*\} 1/.test((await get('/metrics')).text));
    await packager.addPart();
    for (const text of await Promise.all(waiting)) {
      const answers = readAnswers(text);
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 404, 200, 200],
      );
      // An interim answer that came late would stand in it.
      assert.equal(answers[4]?.body, WHOLE);
    }
  });

  await t.test('who half-closes behind a request for events goes on to get them, until it goes', async () => {
    const { socket, text } = rawConnection(t, port);
    socket.allowHalfOpen = true;
    socket.end(ask('/markers/events'));
    await until(() => text().includes('event: stream'));
    await write('POST', '/markers', { id: 'm9', time: 2, text: 'nine' });
    await until(() => text().includes('event: markers'));
    socket.destroy();
    await until(async () => /event_clients\{[^}]*\} 0/.test((await get('/metrics')).text));
    assert.ok(api.server.listening);
  });
});

test('a connection is kept as long as is announced, on both ways, and no longer', async (t) => {
  const made = await fixture(t, { segments: 2, limits: { keptAlive: 1000 } });
  const node = await made.another({ plainConnections: false });
  for (const port of [made.port, node.port]) {
    const { socket, text, ended } = rawConnection(t, port);
    socket.write(ask('/video/none.m3u8'));
    await until(() => text().includes('NOT_FOUND'));
    const answered = performance.now();
    assert.match(text(), /\r\nConnection: keep-alive\r\nKeep-Alive: timeout=1\r\n/);
    await until(() => ended());
    const kept = performance.now() - answered;
    assert.ok(kept > 900 && kept < 9000, `${port === node.port ? "Node's" : 'plain'}: ${kept} ms`);
  }
});

test('HTTP/2 has the same corners', async (t) => {
  const { tls, packager } = await threeWays(t);
  const client = h2Client((tls.api.server.address() as { port: number }).port);
  t.after(() => client.close());
  const url = `${packager.url}/1.m4s`;
  const get = async (headers: Record<string, string>) => (await client.get(url, headers)).status;
  const { headers, status, text } = await client.get(url, { range: 'bytes=0-9007199254740991' });
  assert.deepEqual([status, text, headers['content-range']], [206, WHOLE, 'bytes 0-35/36']);
  assert.equal(await get({ ':method': 'HEAD', range: 'bytes=0-3' }), 200);
  assert.equal(await get({ 'if-match': '"other"' }), 412);
  assert.equal(await get({ 'if-match': String(headers.etag) }), 200);
  // HTTP/2's own parser ends the stream where even the characters are wrong (RFC 9113 §8.1.1): newer ones count the at
  // sign among these, older ones hand it on, and it is answered 400. The connection goes on to serve others.
  const refusal = (authority: string) =>
    get({ ':authority': authority }).catch(({ code, message }) => `${code}: ${message}`);
  const ended = 'ERR_HTTP2_STREAM_ERROR: Stream closed with error code NGHTTP2_PROTOCOL_ERROR';
  assert.equal(await refusal('a b'), ended);
  for (const name of ['a:99999', 'a:80:80', '[::g]']) assert.equal(await refusal(name), 400, name);
  assert.ok([400, ended].includes(await refusal('a@b')));
  assert.equal(await get({ ':authority': 'a.example', host: 'b.example' }), 400);
  assert.equal(await get({ ':authority': 'a.example', host: 'A.example' }), 200);
  const body = '{"text":"x"}';
  const post = {
    ':method': 'POST',
    'content-type': 'application/json',
    ':authority': 'a.example',
    host: 'b',
  };
  assert.equal((await client.get('/markers', post, body)).status, 400);
  assert.equal((await client.get('*', { ':method': 'OPTIONS' })).status, 204);
});

test('whoever offers HTTP/1.0 alone in the handshake is served, and by h2 who offers both', async (t) => {
  const { tls } = await threeWays(t);
  const request = `GET ${SEGMENT} HTTP/1.0\r\n\r\n`;
  const [answer] = readAnswers(await sendRaw(tls.port, request, { alpn: ['http/1.0'] }));
  assert.deepEqual([answer?.status, answer?.body], [200, WHOLE]);
  const [newer] = readAnswers(await sendRaw(tls.port, ask(SEGMENT), { alpn: ['http/1.0', 'http/1.1'] }));
  assert.equal(newer?.status, 200);
  // None in common: the handshake says so (RFC 7301 §3.2).
  await assert.rejects(sendRaw(tls.port, request, { alpn: ['spdy/3'] }));
  const [silent] = readAnswers(await sendRaw(tls.port, request, { alpn: [] }));
  assert.equal(silent?.status, 200);
});
