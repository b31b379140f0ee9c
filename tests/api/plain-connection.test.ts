import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fixture, until } from './fixture.ts';
import { rawConnection } from './raw-connection.ts';

/** A connection and the statuses of the answers it got. */
function client(t: TestContext, port: number) {
  const connection = rawConnection(t, port);
  const statuses = () =>
    [...connection.text().matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  /** Resolves when so many answers have begun. */
  const answers = (count: number) => until(() => statuses().length >= count);
  return { ...connection, statuses, answers };
}

const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

test('many plain requests share a connection, and each answer is dated and whole', async (t) => {
  const { port, packager } = await fixture(t, { segments: 2 });
  const { socket, text, answers } = client(t, port);
  for (let count = 1; count <= 5; count += 1) {
    socket.write(ask(`${packager.url}/media.m3u8`));
    await answers(count);
  }
  assert.equal(text().match(/\r\nDate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n/g)?.length, 5);
  assert.equal(text().match(/\r\nKeep-Alive: timeout=75\r\n/g)?.length, 5);
});

test('a request that is anything else goes to the HTTP server, and so does all after it', async (t) => {
  const { port, packager } = await fixture(t, { segments: 2 });
  const { socket, statuses, answers } = client(t, port);
  const marker = JSON.stringify({ text: 'by hand' });
  const post = `POST /markers HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: application/json\r\nContent-Length: ${marker.length}\r\n\r\n`;
  socket.write(ask(`${packager.url}/media.m3u8`));
  await answers(1);
  socket.write(post + marker.slice(0, 4));
  socket.write(marker.slice(4));
  await answers(2);
  socket.write(ask(`${packager.url}/media.m3u8`));
  await answers(3);
  socket.write(ask('/streams'));
  await answers(4);
  assert.deepEqual(statuses(), [200, 201, 200, 200]);
});

test('a request in pieces is answered like one in one', async (t) => {
  const { port, packager } = await fixture(t, { segments: 2 });
  const { socket, statuses, answers } = client(t, port);
  const text = ask(`${packager.url}/media.m3u8`);
  socket.write(text.slice(0, 20));
  setImmediate(() => socket.write(text.slice(20)));
  await answers(1);
  assert.deepEqual(statuses(), [200]);
});

test('requests sent ahead of the answers are answered in order', async (t) => {
  const { port, packager, get } = await fixture(t, { segments: 2 });
  const { socket, text, statuses, answers } = client(t, port);
  // The first waits for a part that is yet to come; the others come while it waits.
  socket.write(ask(`${packager.url}/2.0.m4s`));
  socket.write(ask('/video/none.m3u8'));
  setImmediate(() => socket.write(ask('/healthz')));
  await until(async () => /blocking_waits\{[^}]*\} 1/.test((await get('/metrics')).text));
  assert.equal(text(), '');
  await packager.addPart();
  await answers(3);
  assert.deepEqual(statuses(), [200, 404, 200]);
});

test('a viewer that leaves while it waits gives its seat back at once', async (t) => {
  const { port, packager, get } = await fixture(t, { segments: 2 });
  const { socket } = client(t, port);
  socket.write(ask(`${packager.url}/2.0.m4s`));
  await until(async () => /blocking_waits\{[^}]*\} 1/.test((await get('/metrics')).text));
  // What it asks in advance does not keep its leaving from being noticed.
  socket.write(ask('/video/none.m3u8'));
  await get('/healthz');
  await get('/healthz');
  socket.destroySoon();
  await until(async () => /blocking_waits\{[^}]*\} 0/.test((await get('/metrics')).text));
});
