import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { markerLogName } from '../../src/hls/marker-log.ts';
import { MarkerWindow } from '../../src/packager/marker-window.ts';
import { readAll } from '../../src/store/log/read-all.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { marker } from '../hls/marker.ts';
import { heldFollow } from '../store/held-follow.ts';
import { unexpected } from '../unexpected.ts';
import { type Fixture, fixture, until } from './fixture.ts';
import { assertError, send } from './http.ts';
import { restartableStore } from './restartable-store.ts';
import { SseClient } from './sse-client.ts';

const LOG = markerLogName('cam');

/** The owner of the fixture's marker log, as the stream child has one. */
function keepMarkers(t: TestContext, { store, api }: Fixture): { moved(): Promise<void> } {
  const window = new MarkerWindow({
    ...{ store, stream: 'cam', checkpointAfter: 20 },
    failed: unexpected,
  });
  t.after(() => window.close());
  return {
    async moved() {
      const state = api.live.stream('cam')?.state;
      assert.ok(state);
      await window.moved(state);
    },
  };
}

/** So many markers, one by one, until the log has been cut off; their places in it. */
async function untilCutOff({ store, write, get }: Fixture, many = 100): Promise<string[]> {
  const [first] = await store.read(LOG, { limit: 1 });
  const cursors: string[] = [];
  for (let n = 0; n < many; n += 1) {
    await write('POST', '/markers', {
      id: `m${n}`,
      time: 2 + (n % 50) / 10,
      duration: n % 9 ? 0.1 : null,
      text: 'x',
    });
    if (n % 5 === 0) await write('PATCH', `/markers/m${n}`, { text: `changed ${n}`, duration: 0.2 });
    if (n % 7 === 0) await write('DELETE', `/markers/m${n}`);
    cursors.push((await get('/markers')).json.cursor);
  }
  await until(async () => (await store.read(LOG, { limit: 1 }))[0]?.cursor !== first?.cursor);
  return cursors;
}

test('markers are written again to a log that came back empty, also when that was heard before', async (t) => {
  const store = restartableStore();
  t.after(() => store.close());
  const window = new MarkerWindow({ store, stream: 'cam', failed: unexpected });
  t.after(() => window.close());
  const opening = { op: 'open', marker: marker({ id: 'a', pts: 1 }), instance: 'only' } as const;
  await store.append(LOG, { operations: [opening] });
  await until(() => window.state.markers.has('a'));
  await store.stop();
  store.start();
  await until(() => !window.state.markers.has('a'));
  await window.restore();
  await until(() => window.state.dateRanges.get('a')?.instance === 'only');
});

test('a process that begins when the log was cut off says what the others do', async (t) => {
  const made = await fixture(t, { segments: 5 });
  await made.write('POST', '/markers', { id: 'first', time: 2, duration: null, text: 'x' });
  keepMarkers(t, made);
  await untilCutOff(made);
  assert.ok((await readAll(made.store, LOG)).length < 150);
  const { api, port } = await made.another();
  const here = made.api.live.stream('cam')?.markers;
  await until(() => api.live.stream('cam')?.markers.cursor === here?.cursor);
  const playlist = `${made.packager.url}/media.m3u8`;
  await until(async () => (await send(port, playlist).answer).text.includes('DATERANGE'));
  assert.equal((await send(port, playlist).answer).text, (await made.get(playlist)).text);
  assert.equal((await send(port, '/markers').answer).text, (await made.get('/markers')).text);
  assertError(
    await send(port, '/markers', {
      method: 'POST',
      body: '{"id":"m7","text":"deleted, and kept"}',
      headers: { 'Content-Type': 'application/json' },
    }).answer,
    409,
    'MARKER_EXISTS',
  );
});

test('who comes back to a place that was cut off gets one to begin anew from', async (t) => {
  const made = await fixture(t, { segments: 5 });
  await made.write('POST', '/markers', { id: 'first', text: 'x' });
  keepMarkers(t, made);
  const [old = ''] = await untilCutOff(made);
  const { api, port } = await made.another();
  await until(() => api.live.stream('cam')?.markers.state.markers.has('first') === true);
  for (const place of [old, '0']) {
    const client = await SseClient.open(port, '/markers/events', { 'Last-Event-ID': place });
    const { cursor } = (await send(port, '/markers').answer).json;
    assert.deepEqual(
      client.of('reset').map(({ data }) => data),
      [{ cursor }],
      place,
    );
    assert.equal(client.lastId, cursor);
    assert.deepEqual(client.changes, []);
    client.close();
  }
  // Who was there all the time knows the steps.
  const known = await SseClient.open(made.port, '/markers/events', { 'Last-Event-ID': old });
  assert.deepEqual(known.of('reset'), []);
  assert.ok(known.changes.length > 50);
  known.close();
});

test('a process that was behind when the log was cut off shows what it says, and has its clients begin anew', async (t) => {
  const engine = new MemoryStore();
  const made = await fixture(t, { segments: 5, store: engine });
  await made.write('POST', '/markers', { id: 'first', time: 2, duration: null, text: 'x' });
  keepMarkers(t, made);
  const slow = heldFollow(engine);
  const { api, port } = await made.another({ store: slow.store });
  await until(() => api.live.stream('cam')?.markers.state.markers.has('first') === true);
  const client = await SseClient.open(port, '/markers/events');
  slow.hold();
  await untilCutOff(made);
  slow.release();
  await until(() => client.of('reset').length > 0);
  const shown = (await made.get('/markers')).text;
  await until(async () => (await send(port, '/markers').answer).text === shown);
  await made.write('POST', '/markers', { id: 'later', text: 'x' });
  await until(() => client.changes.includes('open later'));
  client.close();
});

test('an id may be used again when its marker has left, and then has another date range', async (t) => {
  const made = await fixture(t, { segments: 12 });
  const { write, get, packager, api, another } = made;
  const owner = keepMarkers(t, made);
  const other = (await another()).api;
  const dateRange = async () =>
    /ID="(x@[^"]*)"/.exec((await get(`${packager.url}/media.m3u8`)).text)?.[1] ?? '';
  await write('POST', '/markers', { id: 'x', time: 2, text: 'one' });
  await write('POST', '/markers', { id: 'y', time: 2, duration: null, text: 'goes on' });
  const first = await dateRange();
  await owner.moved();
  assertError(await write('POST', '/markers', { id: 'x', text: 'two' }), 409, 'MARKER_EXISTS');
  await packager.append({ type: 'removed', before: 11 });
  await until(() => api.live.stream('cam')?.state?.segments[0]?.msn === 11);
  await owner.moved();
  await until(() => api.live.stream('cam')?.markers.state.markers.has('x') === false);
  assert.equal((await write('POST', '/markers', { id: 'x', time: 24, text: 'two' })).status, 201);
  const second = await dateRange();
  assert.ok(first.startsWith('x@') && second.startsWith('x@'));
  assert.notEqual(first, second);
  await until(() => other.live.stream('cam')?.markers.cursor === api.live.stream('cam')?.markers.cursor);
  for (const each of [api, other])
    assert.equal(each.live.stream('cam')?.markers.state.markers.get('x')?.text, 'two');
  assert.deepEqual(
    (await get('/markers')).json.markers.map(({ id }: { id: string }) => id),
    ['y', 'x'],
  );
});
