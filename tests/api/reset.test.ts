import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Api } from '../../src/api/api.ts';
import {
  applyMarkerEntry,
  emptyMarkerState,
  type MarkerEntry,
  markerLogName,
} from '../../src/hls/marker-log.ts';
import type { Store } from '../../src/store/store.ts';
import { fixture, until } from './fixture.ts';
import { send } from './http.ts';
import { restartableStore } from './restartable-store.ts';
import { SseClient } from './sse-client.ts';

/** The marker log as a newcomer would fold it. */
async function folded(store: Store) {
  const state = emptyMarkerState();
  const entries = await store.read(markerLogName('cam'));
  for (const { value } of entries) applyMarkerEntry(state, value as MarkerEntry);
  return { state, entries: entries.length };
}

/** Waits until the log holds all of these markers again, and these processes have read it to its end. */
async function untilRestored(store: Store, ids: readonly string[], apis: readonly Api[]): Promise<void> {
  await until(async () => {
    const { state } = await folded(store);
    const [newest] = await store.read(markerLogName('cam'), { latest: true, limit: 1 });
    return (
      ids.every((id) => state.markers.has(id)) &&
      apis.every((api) => api.live.stream('cam')?.markers.cursor === newest?.cursor)
    );
  });
}

test('while a lost playlist log is told again the list never goes back', async (t) => {
  const store = restartableStore();
  const { get, packager, caughtUp, api } = await fixture(t, { segments: 4, store });
  const before = (await get(`${packager.url}/media.m3u8`)).text;
  await store.stop();
  store.start();
  let seen = 4;
  const unsubscribe = api.live.onChange((stream) => {
    const next = stream.state?.nextMsn ?? 0;
    assert.ok(next >= seen, `went back from ${seen} to ${next}`);
    seen = next;
  });
  await packager.sayAgain();
  assert.equal((await get(`${packager.url}/media.m3u8`)).text, before);
  await packager.addSegments(1);
  await caughtUp();
  unsubscribe();
  const after = (await get(`${packager.url}/media.m3u8`)).text;
  assert.match(after, /^4\.m4s$/m);
  assert.match(after, /#EXT-X-MEDIA-SEQUENCE:0\n/);
});

test('what had left the list stays away when the log is told again', async (t) => {
  const store = restartableStore();
  const { get, packager, caughtUp, api } = await fixture(t, { segments: 4, store });
  await packager.append({ type: 'removed', before: 2 });
  await until(() => api.live.stream('cam')?.state?.segments.length === 2);
  await store.stop();
  store.start();
  packager.entries.splice(
    packager.entries.findIndex(({ type }) => type === 'removed'),
    1,
  );
  await packager.sayAgain();
  await packager.addSegments(1);
  await caughtUp();
  assert.match((await get(`${packager.url}/media.m3u8`)).text, /#EXT-X-MEDIA-SEQUENCE:2\n/);
});

test('markers that the store lost are appended again, once for all processes', async (t) => {
  const store = restartableStore();
  const one = await fixture(t, { segments: 4, store });
  const others = [(await one.another()).api, (await one.another()).api];
  await one.write('POST', '/markers', [
    { id: 'plain', time: 2, text: 'x' },
    { id: 'edited', time: 3, text: 'before' },
    { id: 'deleted', time: 4, text: 'x' },
    { id: 'open', time: 5, duration: null, text: 'x' },
  ]);
  await one.write('PATCH', '/markers/edited', { text: 'after', duration: 2 });
  await one.write('DELETE', '/markers/deleted');
  const before = await one.get('/markers');
  const playlist = (await one.get(`${one.packager.url}/media.m3u8`)).text;
  await until(() =>
    others.every((api) => api.live.stream('cam')?.markers.state.gone.has('deleted') === true),
  );

  await store.stop();
  store.start();
  await untilRestored(store, ['plain', 'edited', 'open'], [one.api, ...others]);
  const { state, entries } = await folded(store);
  assert.equal(entries, 4);
  assert.ok(state.gone.has('deleted'));
  assert.deepEqual((await one.get('/markers')).json.markers, before.json.markers);
  for (const [id, marker] of state.markers)
    assert.deepEqual(marker, one.api.live.stream('cam')?.markers.state.markers.get(id));
  // Date ranges never change (rfc8216bis §4.4.5.1): not for a newcomer either.
  await one.packager.sayAgain();
  const { port } = await one.another();
  const path = `${one.packager.url}/media.m3u8`;
  await until(async () => (await send(port, path).answer).text === playlist);
});

test('what is written right after the loss is kept too', async (t) => {
  const store = restartableStore();
  const { write, get, api } = await fixture(t, { segments: 4, store });
  await write('POST', '/markers', { id: 'open', time: 2, duration: null, text: 'x' });
  await store.stop();
  store.start();
  // As a detector would, before anybody has told the store of this marker again.
  await store.append(markerLogName('cam'), {
    operations: [{ op: 'close', id: 'open', duration: 1_500_000 }],
  });
  await write('POST', '/markers', { id: 'new', time: 3, text: 'y' });
  await untilRestored(store, ['new', 'open'], [api]);
  const { state } = await folded(store);
  assert.deepEqual([...state.markers.keys()].sort(), ['new', 'open']);
  assert.equal(state.markers.get('open')?.duration, 1_500_000);
  assert.equal((await get('/markers')).json.markers[0].duration, 1.5);
});

test('who listens to events misses nothing and hears nothing twice over the loss', async (t) => {
  const store = restartableStore();
  const { port, write, api } = await fixture(t, { segments: 4, store });
  const client = await SseClient.open(port, '/markers/events');
  await write('POST', '/markers', { id: 'a', text: 'x' });
  await until(() => client.changes.length === 1);
  const resumeAt = client.lastId;
  await store.stop();
  store.start();
  await untilRestored(store, ['a'], [api]);
  await write('POST', '/markers', { id: 'b', text: 'x' });
  await until(() => client.changes.length === 2);
  assert.deepEqual(client.changes, ['open a', 'open b']);
  assert.deepEqual(client.of('reset'), []);
  const resumed = await SseClient.open(port, '/markers/events', { 'Last-Event-ID': resumeAt });
  await until(() => resumed.changes.length === 1);
  assert.deepEqual(resumed.changes, ['open b']);
  client.close();
  resumed.close();
});
