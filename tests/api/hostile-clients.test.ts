import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { readCertificate } from '../../src/api/server/certificate.ts';
import { fixture, until } from './fixture.ts';
import { h2Client } from './h2-client.ts';
import { assertError } from './http.ts';
import { rawConnection } from './raw-connection.ts';
import { certificateMaker } from './self-signed.ts';

/** A connection that is kept: the status of each answer, with its Retry-After. */
function keptConnection(t: TestContext, port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const get = (path: string) =>
    new Promise<[status: number, retry: string | undefined]>((resolve, reject) => {
      request({ host: '127.0.0.1', port, path, agent }, (response) => {
        response.resume();
        response.on('end', () => resolve([response.statusCode ?? 0, response.headers['retry-after']]));
      })
        .on('error', reject)
        .end();
    });
  return { get, leave: () => agent.destroy() };
}

test('a header that is too large is refused, and one that trickles in is given up', async (t) => {
  const { port } = await fixture(t, { limits: { headerBytes: 2048, headerTime: 400 } });
  const large = rawConnection(t, port);
  large.socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(4096)}\r\n\r\n`);
  await until(() => large.ended());
  assert.match(large.text(), /^HTTP\/1\.1 431 /);
  const trickling = rawConnection(t, port);
  trickling.socket.write('GET / HTTP/1.1\r\nHost: loc');
  const silent = rawConnection(t, port);
  await until(() => trickling.ended() && silent.ended());
  assert.match(trickling.text(), /^HTTP\/1\.1 408 /);
});

test('a body that trickles in is given up', async (t) => {
  const { port } = await fixture(t, { segments: 1, limits: { headerTime: 400, requestTime: 500 } });
  const { socket, text, ended } = rawConnection(t, port);
  socket.write(
    `POST /markers HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
  );
  await until(ended);
  assert.match(text(), /^HTTP\/1\.1 408 /);
});

test('a client that stops reading is cut off, one that reads slowly is not', async (t) => {
  const size = 12 * 1024 * 1024;
  const { api, port, storage } = await fixture(t, { segments: 1, limits: { still: 600 } });
  await storage.write('cam/e1/main/init-big.mp4', [Buffer.alloc(size)]);
  for (const request of [BIG_REQUEST, BIG_REQUEST.replace('Connection: close\r\n', '')]) {
    const stuck = rawConnection(t, port);
    stuck.socket.write(request);
    stuck.socket.once('data', () => stuck.socket.pause());
    await until(async () => (await connections(api.server)) === 1);
    await until(async () => (await connections(api.server)) === 0);
    stuck.socket.resume();
    await until(() => stuck.ended());
    assert.ok(stuck.text().length < size);
  }

  // A machine that itself halts for as long as the limit stops everybody: then a longer limit is tried.
  for (let still = 600; ; still *= 2) {
    const { whole, took, halted } = await readSlowly(t, still, size);
    if (halted > still / 2 && still < 9000) continue;
    assert.ok(
      whole,
      `cut off after ${took} ms with a limit of ${still} ms; this machine halted for ${halted} ms`,
    );
    assert.ok(took > still, `${took} ms are no slow reading`);
    break;
  }
});

const BIG_REQUEST =
  'GET /video/cam/e1/main/init-big.mp4 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

/** How many connections a server has. */
function connections(server: Pick<Server, 'getConnections'>): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}

/** Reads a large file in small pieces, for longer than `still`; with the longest time that this machine halted meanwhile. */
async function readSlowly(t: TestContext, still: number, size: number) {
  const { port, storage } = await fixture(t, { segments: 1, limits: { still } });
  await storage.write('cam/e1/main/init-big.mp4', [Buffer.alloc(size)]);
  const { socket, text } = rawConnection(t, port);
  const begun = performance.now();
  let halted = 0;
  let last = begun;
  const look = setInterval(() => {
    halted = Math.max(halted, performance.now() - last);
    last = performance.now();
  }, 5);
  t.after(() => clearInterval(look));
  socket.write(BIG_REQUEST);
  // At most 64 KiB come at once: 192 pieces and more. What the reader itself waits for them is no slow reading.
  let waiting = begun;
  socket.on('data', () => {
    halted = Math.max(halted, performance.now() - waiting);
    socket.pause();
    setTimeout(() => {
      waiting = performance.now();
      socket.resume();
    }, still / 150);
  });
  await once(socket, 'close');
  if (text().length === 0) halted = still;
  clearInterval(look);
  const took = performance.now() - begun;
  return { whole: text().length > size, took: Math.round(took), halted: Math.round(halted) };
}

test('fifty viewers that read at 10 kB/s delay nobody', async (t) => {
  const { port, storage, packager, start } = await fixture(t, { segments: 3 });
  await storage.write('cam/e1/main/init-big.mp4', [Buffer.alloc(4 * 1024 * 1024)]);
  for (let viewer = 0; viewer < 50; viewer += 1) {
    const { socket } = rawConnection(t, port);
    socket.write('GET /video/cam/e1/main/init-big.mp4 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    socket.on('readable', () => {});
    const reading = setInterval(() => socket.read(1000), 100);
    socket.once('close', () => clearInterval(reading));
  }
  const delays: number[] = [];
  for (let part = 0; part < 12; part += 1) {
    const { msn, part: index } = packager;
    const waiting = start(`${packager.url}/${msn}.${index}.m4s`);
    await until(() => waiting.request.socket?.connecting === false);
    const begun = performance.now();
    await packager.addPart();
    assert.equal((await waiting.answer).status, 200);
    delays.push(performance.now() - begun);
  }
  const median = delays.toSorted((a, b) => a - b)[6] ?? 0;
  assert.ok(median < 100, `parts came after ${delays.map(Math.round)} ms`);
});

test('an address with too many connections gets 503 on the new ones; those it has go on', async (t) => {
  const { port, packager } = await fixture(t, { segments: 2, connectionsPerAddress: 3 });
  const path = `${packager.url}/media.m3u8`;
  const viewers = [1, 2, 3].map(() => keptConnection(t, port));
  for (const { get } of viewers) assert.deepEqual(await get(path), [200, undefined]);
  for (const refused of [path, '/streams', '/video/none.m3u8']) {
    assert.deepEqual(await keptConnection(t, port).get(refused), [503, '1'], refused);
  }
  for (const { get } of viewers) assert.deepEqual(await get(path), [200, undefined]);
  viewers[0]?.leave();
  await until(async () => (await keptConnection(t, port).get(path))[0] === 200);
});

test('connections far above the limit are not even heard', async (t) => {
  const { port } = await fixture(t, { segments: 1, connectionsPerAddress: 2 });
  const many = Array.from({ length: 12 }, () => rawConnection(t, port));
  await until(() => many.filter(({ ended }) => ended()).length === 8);
});

test('the limit holds for HTTP/2 connections too', async (t) => {
  const maker = await certificateMaker();
  t.after(() => maker.remove());
  const certificate = readCertificate({ ...(await maker.make('own')), httpRedirect: undefined });
  const { port, packager } = await fixture(t, { segments: 1, certificate, connectionsPerAddress: 1 });
  const [first, second] = [h2Client(port), h2Client(port)];
  t.after(() => {
    first.close();
    second.close();
  });
  const statuses = await Promise.all(
    [first, second].map(async ({ get }) => (await get(`${packager.url}/media.m3u8`)).status),
  );
  assert.deepEqual(statuses.toSorted(), [200, 503]);
});

test('when as many requests wait as may the next blocking request gets 503, and those who wait their answer', async (t) => {
  const { start, get, packager, api } = await fixture(t, { segments: 3, waitLimit: 2 });
  const path = `${packager.url}/media.m3u8?_HLS_msn=3&_HLS_part=0`;
  const waiting = [start(path), start(`${packager.url}/3.0.m4s`)];
  await until(async () => /blocking_waits\{[^}]*\} 2/.test((await get('/metrics')).text));
  for (const more of [path, `${packager.url}/3.0.m4s`]) {
    const answer = await get(more);
    assertError(answer, 503, 'TOO_MANY_REQUESTS');
    assert.equal(answer.headers['retry-after'], '1');
  }
  // Whoever does not wait is served all the same.
  assert.equal((await get(`${packager.url}/media.m3u8`)).status, 200);
  await packager.addPart();
  for (const { answer } of waiting) assert.equal((await answer).status, 200);
  assert.ok(api.server.listening);
});
