import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stream, streamList } from '../../src/api/http/schemas.ts';
import { STREAMS_LOG, streamToLog } from '../../src/hls/stream-log.ts';
import { FakePackager } from './fake-packager.ts';
import { fixture, until } from './fixture.ts';
import { assertError, send } from './http.ts';
import { SseClient } from './sse-client.ts';

test('a stream is described with its promises, its picture and its window', async (t) => {
  const { get, packager, caughtUp } = await fixture(t, { segments: 3 });
  await packager.addPart();
  await caughtUp();
  const answer = await get('/streams');
  streamList.parse(answer.json);
  assert.deepEqual(answer.json, {
    default: 'cam',
    mayMark: true,
    streams: [
      {
        name: 'cam',
        epoch: 'e1',
        status: 'live',
        playlist: '/video/cam.m3u8',
        startedAt: '2026-05-01T12:00:00.000Z',
        targetDuration: 2,
        partTarget: 0.51,
        holdBack: 6,
        partHoldBack: 1.53,
        window: 60,
        width: 640,
        height: 360,
        frameRate: 30,
        start: 1,
        edge: 7.5,
        startDate: '2026-05-01T12:00:00.000Z',
        edgeDate: '2026-05-01T12:00:06.500Z',
        thumbnails: null,
        clips: '/clips/cam.mp4',
        clipLimit: 600,
      },
    ],
  });
  assert.deepEqual((await get('/streams/cam')).json, answer.json.streams[0]);
  assertError(await get('/streams/other'), 404, 'NOT_FOUND');
});

test('a stream tells the hold-backs that its playlists carry', async (t) => {
  const { get } = await fixture(t, { segments: 1 });
  const { holdBack, partHoldBack, epoch } = (await get('/streams/cam')).json;
  const { text } = await get(`/video/cam/${epoch}/main/media.m3u8`);
  const [, part, whole] = /PART-HOLD-BACK=([\d.]+),HOLD-BACK=([\d.]+)/.exec(text) ?? [];
  assert.deepEqual([partHoldBack, holdBack], [Number(part), Number(whole)]);
});

test('what another window changes, its playlist says at once, as that of a process does that begins', async (t) => {
  const { get, write, store, packager, another } = await fixture(t, { segments: 5 });
  const streams = async () => (await get('/streams/cam')).json.window;
  // As close as this they are too many for an hour's playlist, and not for one of a minute.
  for (let at = 0; at < 200; at += 1) {
    const posted = await write('POST', '/markers', { time: 1 + at / 25, text: 'x', class: 'x', duration: 0 });
    assert.equal(posted.status, 201);
  }
  const path = `${packager.url}/media.m3u8`;
  const ranges = (text: string) => text.match(/#EXT-X-DATERANGE/g)?.length ?? 0;
  await until(async () => ranges((await get(path)).text) === 200);
  const renewed = { ...packager.stream, window: 3_600_000_000, renewedAt: 1 };
  await store.append(STREAMS_LOG, streamToLog(renewed));
  await until(async () => (await streams()) === 3600);
  assert.equal(ranges((await get(path)).text), 128);
  const { port } = await another();
  await until(async () => (await send(port, path).answer).status === 200);
  assert.equal(ranges((await send(port, path).answer).text), 128);
});

test('before the first segment a stream is starting and has no window', async (t) => {
  const { get, packager, caughtUp } = await fixture(t);
  assert.deepEqual((await get('/streams')).json, { default: 'cam', mayMark: true, streams: [] });
  assertError(await get('/streams/cam'), 503, 'NOT_READY');
  await packager.announce();
  await caughtUp();
  const { json } = await get('/streams/cam');
  stream.parse(json);
  assert.deepEqual([json.status, json.start, json.edge, json.edgeDate], ['starting', null, null, null]);
});

test('the only stream there is is the default one, whatever its name', async (t) => {
  const { get, store, storage, clock, caughtUp } = await fixture(t);
  const other = new FakePackager(store, storage, clock.now(), { name: 'other' });
  await other.announce();
  await other.addSegments(1);
  await caughtUp(other);
  assert.equal((await get('/streams')).json.default, 'other');
  assert.equal((await get('/video/other.m3u8')).status, 200);
});

test('a stream that gets no media any more is stalled until it does', async (t) => {
  const { get, clock, packager, caughtUp } = await fixture(t, { segments: 3 });
  const status = async () => (await get('/streams/cam')).json.status;
  clock.advance(4900);
  assert.equal(await status(), 'live');
  clock.advance(1000);
  assert.equal(await status(), 'stalled');
  await packager.addPart();
  await caughtUp();
  assert.equal(await status(), 'live');
});

test('whoever may write is told so, and no shared cache tells others', async (t) => {
  const { get } = await fixture(t, { segments: 1 });
  const answer = await get('/streams');
  assert.equal(answer.json.mayMark, true);
  assert.equal(answer.headers['cache-control'], 'private, no-cache');
  for (const headers of [
    { 'X-Forwarded-For': '10.0.0.1' },
    { Origin: 'https://evil.example' },
    { 'Sec-Fetch-Site': 'cross-site' },
  ])
    assert.equal((await get('/streams', { headers })).json.mayMark, false);
});

test('with a token only its bearer is told that it may write', async (t) => {
  const { get } = await fixture(t, { segments: 1, token: 'correct-horse' });
  assert.equal((await get('/streams')).json.mayMark, false);
  const headers = { Authorization: 'Bearer correct-horse' };
  assert.equal((await get('/streams', { headers })).json.mayMark, true);
});

test('all streams of a store are listed and served; one that vanished leaves the list with its window, and comes back', async (t) => {
  const { get, store, storage, clock, packager, caughtUp } = await fixture(t, { segments: 3 });
  const other = new FakePackager(store, storage, clock.now(), { name: 'other' });
  await other.announce();
  await other.addSegments(3);
  await caughtUp(other);
  const listed = async () =>
    (await get('/streams')).json.streams.map(({ name, status }: { name: string; status: string }) => [
      name,
      status,
    ]);
  assert.deepEqual(await listed(), [
    ['cam', 'live'],
    ['other', 'live'],
  ]);
  for (const path of ['/video/other.m3u8', `${other.url}/media.m3u8`, `${other.url}/2.m4s`])
    assert.equal((await get(path)).status, 200, path);
  clock.advance(60_000);
  assert.deepEqual(await listed(), [
    ['cam', 'stalled'],
    ['other', 'stalled'],
  ]);
  clock.advance(7000);
  assert.deepEqual(await listed(), [['cam', 'stalled']], 'the default stream stays');
  assert.equal((await get('/streams/other')).json.status, 'stalled');
  await other.addPart();
  await packager.append({ type: 'end' });
  await caughtUp(other);
  assert.deepEqual(await listed(), [
    ['cam', 'ended'],
    ['other', 'live'],
  ]);
});

test('a stream whose source is silent says since when, and where its window shows none of its pictures', async (t) => {
  const { get, port, packager, caughtUp } = await fixture(t, { segments: 1 });
  const client = await SseClient.open(port, '/markers/events');
  packager.filler = { kind: 'slate', since: packager.date(2_900_000) };
  await packager.addSegments(1);
  await packager.addPart();
  await caughtUp();
  const silence = { kind: 'slate', since: '2026-05-01T12:00:01.900Z' };
  const range = { ...silence, start: 3, end: 5.5 };
  const dates = { startDate: '2026-05-01T12:00:02.000Z', endDate: '2026-05-01T12:00:04.500Z' };
  const { json } = await get('/streams/cam');
  stream.parse(json);
  assert.equal(json.status, 'live');
  assert.deepEqual([json.inputLoss, json.filler], [silence, [{ ...range, ...dates }]]);
  for (let part = 1; part < 4; part += 1) await packager.addPart();
  packager.filler = undefined;
  await packager.addPart();
  await caughtUp();
  const after = (await get('/streams/cam')).json;
  assert.equal(after.inputLoss, undefined);
  assert.deepEqual(
    after.filler.map(({ start, end }: { start: number; end: number }) => [start, end]),
    [[3, 7]],
  );
  // One event when it falls silent and one when it is back, after the one that all begin with.
  await until(() => client.of('stream').length === 3);
  assert.deepEqual(
    client.of('stream').map(({ data }) => data.inputLoss),
    [undefined, silence, undefined],
  );
  client.close();
});
