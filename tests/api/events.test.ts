import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture, until } from './fixture.ts';
import { assertError } from './http.ts';
import { SseClient } from './sse-client.ts';

test('who connects hears of what happens from then on, as it stands afterwards', async (t) => {
  const { port, write } = await fixture(t, { segments: 3 });
  await write('POST', '/markers', { id: 'before', text: 'x' });
  const client = await SseClient.open(port, '/markers/events');
  await write('POST', '/markers', [
    { id: 'a', time: 2, duration: null, text: 'a' },
    { id: 'b', text: 'b' },
  ]);
  await write('PATCH', '/markers/a', { close: 3 });
  await write('PATCH', '/markers/b', { text: 'B' });
  await write('DELETE', '/markers/b');
  await until(() => client.changes.length === 5);
  assert.deepEqual(client.changes, ['open a', 'open b', 'close a', 'edit b', 'delete b']);
  const [opened, closed] = client.of('markers');
  assert.equal(opened?.data.changes.length, 2);
  assert.equal(opened?.data.changes[0].marker.duration, null);
  assert.equal(closed?.data.changes[0].marker.duration, 1);
  client.close();
});

test('a batch is one event, and its id is the cursor', async (t) => {
  const { port, get, write } = await fixture(t, { segments: 3 });
  const client = await SseClient.open(port, '/markers/events');
  await write('POST', '/markers', [{ text: 'a' }, { text: 'b' }, { text: 'c' }]);
  await until(() => client.of('markers').length === 1);
  assert.equal(client.of('markers')[0]?.id, (await get('/markers')).json.cursor);
  client.close();
});

test('Last-Event-ID and cursor resume with nothing missed and nothing twice', async (t) => {
  const { port, get, write } = await fixture(t, { segments: 3 });
  const { cursor } = (await get('/markers')).json;
  const seen: string[] = [];
  let lastId = cursor;
  for (let round = 0; round < 5; round += 1) {
    await write('POST', '/markers', { id: `missed${round}`, text: 'x' });
    const client =
      round % 2 === 0
        ? await SseClient.open(port, `/markers/events?cursor=${lastId}`)
        : await SseClient.open(port, '/markers/events?cursor=older', { 'Last-Event-ID': lastId });
    await write('POST', '/markers', { id: `live${round}`, text: 'x' });
    await until(() => client.changes.length >= 2);
    assert.deepEqual(client.of('reset'), []);
    seen.push(...client.changes);
    lastId = client.lastId;
    client.close();
  }
  assert.deepEqual(
    seen,
    [0, 1, 2, 3, 4].flatMap((round) => [`open missed${round}`, `open live${round}`]),
  );
});

test('a client that had no event yet knows where to resume', async (t) => {
  const { port, get, write } = await fixture(t, { segments: 3 });
  await write('POST', '/markers', { id: 'a', text: 'x' });
  const client = await SseClient.open(port, '/markers/events');
  assert.equal(client.lastId, (await get('/markers')).json.cursor);
  client.close();
});

test('another process takes over where the first was cut off', async (t) => {
  const { port, write, another } = await fixture(t, { segments: 3 });
  const first = await SseClient.open(port, '/markers/events');
  await write('POST', '/markers', { id: 'a', text: 'x' });
  await until(() => first.changes.length === 1);
  first.close();
  await write('POST', '/markers', { id: 'b', text: 'x' });
  const second = new SseClient((await another()).port, '/markers/events', {
    'Last-Event-ID': first.lastId,
  });
  await until(() => second.changes.length === 1);
  assert.deepEqual(second.changes, ['open b']);
  assert.deepEqual(second.of('reset'), []);
  second.close();
});

test('a cursor of a lost generation gets a place to begin anew from, and not all markers', async (t) => {
  const { port, write, get } = await fixture(t, { segments: 3 });
  await write('POST', '/markers', [
    { id: 'a', text: 'x' },
    { id: 'b', text: 'x' },
  ]);
  const client = await SseClient.open(port, '/markers/events', { 'Last-Event-ID': 'gone-17' });
  const [reset] = client.of('reset');
  const { markers, cursor } = (await get('/markers')).json;
  assert.deepEqual(
    markers.map(({ id }: { id: string }) => id),
    ['a', 'b'],
  );
  assert.deepEqual(reset?.data, { cursor });
  assert.equal(client.lastId, cursor);
  await write('POST', '/markers', { id: 'c', text: 'x' });
  await until(() => client.changes.length === 1);
  assert.deepEqual(client.changes, ['open c']);
  client.close();
});

test('a change of status or epoch is told without moving the place to resume', async (t) => {
  const { port, clock, packager, caughtUp, store, storage } = await fixture(t, { segments: 3 });
  const client = await SseClient.open(port, '/markers/events');
  const { lastId } = client;
  assert.equal(client.of('stream')[0]?.data.status, 'live');
  clock.advance(10_000);
  await until(() => client.of('stream').length === 2);
  assert.equal(client.of('stream')[1]?.data.status, 'stalled');
  await packager.addSegments(1);
  await caughtUp();
  await until(() => client.of('stream').at(-1)?.data.status === 'live');
  await packager.append({ type: 'end' });
  await until(() => client.of('stream').at(-1)?.data.status === 'ended');
  const { FakePackager } = await import('./fake-packager.ts');
  await new FakePackager(store, storage, clock.now(), { epoch: 'e2' }).announce();
  await until(() => client.of('stream').at(-1)?.data.epoch === 'e2');
  assert.equal(client.of('stream').at(-1)?.data.status, 'starting');
  assert.equal(client.lastId, lastId);
  client.close();
});

test('a comment every 15 s keeps the connection alive', async (t) => {
  const { port, clock } = await fixture(t, { segments: 3 });
  const client = await SseClient.open(port, '/markers/events');
  const { comments } = client;
  clock.advance(15_000);
  await until(() => client.comments > comments);
  client.close();
});

test('the head says what it is, and HEAD ends there', async (t) => {
  const { get } = await fixture(t, { segments: 3 });
  const head = await get('/markers/events', { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(head.headers['content-type'], 'text/event-stream');
  assert.equal(head.headers['cache-control'], 'no-store, no-transform');
  assert.equal(head.headers['x-accel-buffering'], 'no');
  assert.equal(head.headers['content-encoding'], undefined);
  assertError(await get('/markers/events?cursor=%00'), 400, 'BAD_PARAMETER');
});

test('a client that goes away is forgotten, and those that stay are ended with the server', async (t) => {
  const { port, get, api } = await fixture(t, { segments: 3 });
  const clients = async () =>
    Number(/^hlsstream_event_clients\{.*\} (\d+)$/m.exec((await get('/metrics')).text)?.[1]);
  const gone = await SseClient.open(port, '/markers/events');
  const stays = await SseClient.open(port, '/streams/cam/markers/events');
  assert.equal(await clients(), 2);
  gone.close();
  await until(async () => (await clients()) === 1);
  await api.close();
  await until(() => stays.ended);
});
