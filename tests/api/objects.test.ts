import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { ObjectsEventJson } from '../../src/hls/frame-objects.ts';
import { objectsFile, objectsFileText } from '../../src/hls/objects-file.ts';
import { objectsLogName } from '../../src/hls/objects-log.ts';
import { type Fixture, fixture, until } from './fixture.ts';
import { SseClient } from './sse-client.ts';

const LOG = objectsLogName('cam');
const BALL = { label: 'ball', box: [0.1, 0.2, 0.3, 0.4] };

/** What the stream child does when a segment is over: closes it, and writes its file. */
async function settle({ store, storage, packager, api }: Fixture, msn: number): Promise<void> {
  const before = 1_000_000 + (msn + 1) * 2_000_000;
  const { objects } = api.live.stream('cam') ?? assert.fail();
  const frames = () => [...objects.frames].filter(({ pts }) => pts < before);
  await store.append(LOG, { type: 'closed', epoch: 'e1', msn, before, any: true, some: false });
  await until(() => objects.state.closed === msn);
  if (frames().length === 0) return;
  await storage.write(`${packager.folder}/${objectsFile(msn)}`, [Buffer.from(objectsFileText(frames()))]);
  await store.append(LOG, { type: 'written', epoch: 'e1', msn, before });
  await until(() => objects.state.written === msn);
}

describe('POST /objects', () => {
  test('says where objects went, which are in the file of their segment then, and told live', async (t) => {
    const api = await fixture(t, { segments: 2 });
    const client = await SseClient.open(api.port, '/streams/cam/objects/events');
    const zipped = await SseClient.open(api.port, '/objects/events', { 'Accept-Encoding': 'gzip, br' });
    assert.deepEqual([client.zipped, zipped.zipped], [false, true]);
    assert.deepEqual(client.events[0]?.data, { epoch: 'e1', frames: [] });
    assert.equal((await api.get('/streams/cam')).json.objects, undefined);
    const first = await api.write('POST', '/objects', { pts: 1.234567, objects: [BALL] });
    assert.deepEqual([first.status, first.json], [201, { pts: 1.234567, source: 'api' }]);
    const several = await api.write('POST', '/streams/cam/objects', {
      frames: [
        { time: 2.5, objects: [], source: 'yolo' },
        { date: new Date(api.clock.now() + 3000).toISOString(), objects: [{ ...BALL, track: 7 }] },
      ],
    });
    assert.deepEqual(several.json, {
      frames: [
        { pts: 2.5, source: 'yolo' },
        { pts: 4, source: 'api' },
      ],
    });
    await until(() => {
      api.clock.advance(50);
      return client.of('objects').flatMap(({ data }) => data.frames).length === 3;
    });
    await until(() => zipped.events.length === client.events.length);
    assert.deepEqual(zipped.events, client.events);
    const told = client.of('objects').flatMap(({ data }) => (data as ObjectsEventJson).frames);
    assert.deepEqual(told, [
      { pts: 1.234567, source: 'api', objects: [BALL] },
      { pts: 2.5, source: 'yolo', objects: [] },
      { pts: 4, source: 'api', objects: [{ ...BALL, track: '7' }] },
    ]);
    assert.equal((await api.get('/streams/cam')).json.objects, true);
    await settle(api, 0);
    assert.deepEqual((await api.get('/video/cam/e1/0.objects.json')).json, {
      version: 1,
      frames: told.slice(0, 2),
    });
    const late = await SseClient.open(api.port, '/objects/events');
    assert.deepEqual(late.events[0]?.data, { epoch: 'e1', frames: told.slice(2) });
    for (const one of [client, zipped, late]) one.close();
  });

  test('refuses what comes too late, all of it', async (t) => {
    const api = await fixture(t, { segments: 2 });
    await settle(api, 0);
    const { status, json } = await api.write('POST', '/objects', {
      frames: [
        { pts: 3.5, objects: [BALL] },
        { pts: 2.9, objects: [BALL] },
      ],
    });
    assert.deepEqual([status, json.error.code], [422, 'OBJECTS_TOO_LATE']);
    assert.match(json.error.message, /2\.9 s .*before 3 s is written/);
    assert.equal([...(api.api.live.stream('cam')?.objects.frames ?? [])].length, 0);
  });

  test('is decided by the order of the log, also where this process is behind', async (t) => {
    const api = await fixture(t, { segments: 2 });
    const append = api.store.append.bind(api.store);
    api.store.append = async (log, value, options) => {
      const closed = { type: 'closed', epoch: 'e1', msn: 0, before: 3_000_000, any: true, some: false };
      if (options?.id !== undefined) await append(log, closed);
      return append(log, value, options);
    };
    const { json } = await api.write('POST', '/objects', { pts: 2, objects: [BALL] });
    assert.equal(json.error.code, 'OBJECTS_TOO_LATE');
  });

  test('finds the frame that is named, and waits for one that is not packaged yet', async (t) => {
    const api = await fixture(t);
    api.packager.frames = (pts) => [
      { at: [0, 250_000], offset: pts > 3e6 ? 0 : 400, number: (pts / 250_000) | 0 },
    ];
    await api.packager.announce();
    await api.packager.addSegments(1);
    await api.caughtUp();
    const byNumber = await api.write('POST', '/objects', { frame: 5, objects: [BALL] });
    assert.deepEqual(byNumber.json, { pts: 1.25, source: 'api' });
    const byTime = await api.write('POST', '/objects', { sourcePts: 1.2496, objects: [BALL] });
    assert.deepEqual(byTime.json, { pts: 1.25, source: 'api' });
    const waiting = api.write('POST', '/objects', { frame: 13, objects: [BALL] });
    await api.packager.addSegments(1);
    assert.deepEqual((await waiting).json, { pts: 3.25, source: 'api' });
    const gone = await api.write('POST', '/objects', { frame: 2, objects: [BALL] });
    assert.deepEqual([gone.status, gone.json.error.code], [422, 'OBJECTS_OUT_OF_RANGE']);
  });

  test('says what is wrong and where', async (t) => {
    const api = await fixture(t, { segments: 1 });
    const wrong: [unknown, string, RegExp][] = [
      [{ objects: [] }, '', /which frame is meant; give pts/],
      [{ pts: 1, frame: 2, objects: [] }, '', /pts and frame came together/],
      [{ pts: 1 }, '/objects', /array/],
      [{ pts: 1, objects: [{ label: 'x', box: [0, 0, 2, 1] }] }, '/objects/0/box', /shares of the picture/],
      [{ pts: 1, objects: Array.from({ length: 257 }, () => BALL) }, '/objects', /257 objects.*at most 256/],
      [
        {
          frames: [
            { pts: 1, objects: [] },
            { pts: 2, objects: 5 },
          ],
        },
        '/frames/1/objects',
        /array/,
      ],
      [{ frames: Array.from({ length: 101 }, () => ({ pts: 1, objects: [] })) }, '/frames', /1 to 100/],
      [{ frames: [], pts: 1 }, '', /frames and pts came together/],
      [{ pts: 1, source: 'a b', objects: [] }, '/source', /characters/],
      [{ pts: 1, color: 'red', objects: [] }, '', /color/],
      [null, '', /object/],
    ];
    for (const [body, path, message] of wrong) {
      const { status, json } = await api.write('POST', '/objects', body);
      assert.deepEqual(
        [status, json.error.code, json.error.path],
        [422, 'INVALID_OBJECTS', path],
        message.source,
      );
      assert.match(json.error.message, message);
    }
    const ahead = await api.write('POST', '/objects', { pts: 14, objects: [] });
    assert.deepEqual([ahead.status, ahead.json.error.code], [422, 'OBJECTS_OUT_OF_RANGE']);
  });

  test('takes a full request, and no more while too much waits', async (t) => {
    const api = await fixture(t, { segments: 1 });
    const outline = Array.from({ length: 256 }, (_, at) => [at / 256, 0.5]);
    const objects = Array.from({ length: 256 }, (_, at) => ({ ...BALL, ...(at < 16 && { outline }) }));
    const frames = (from: number) =>
      Array.from({ length: 100 }, (_, at) => ({ pts: 2 + (from + at) / 1000, objects }));
    assert.equal((await api.write('POST', '/objects', { frames: frames(0) })).status, 201);
    const large = `["${'x'.repeat(16e6)}"]`;
    await api.store.append(LOG, { type: 'frames', frames: [{ pts: 2.5e6, source: 'x', objects: large }] });
    const { status, json } = await api.write('POST', '/objects', { frames: frames(100) });
    assert.deepEqual([status, json.error.code], [503, 'TOO_MANY_REQUESTS']);
  });

  test('needs what writing markers needs', async (t) => {
    const api = await fixture(t, { segments: 1, token: 'secret-secret' });
    const body = { pts: 2, objects: [] };
    const asked = { headers: { 'X-Forwarded-For': '10.0.0.1' } };
    assert.equal((await api.write('POST', '/objects', body, asked)).status, 401);
    const headers = { Authorization: 'Bearer secret-secret' };
    assert.equal((await api.write('POST', '/objects', body, { headers })).status, 201);
  });
});

describe('the objects of a segment', () => {
  test('are not there before they are written, and never change then', async (t) => {
    const api = await fixture(t, { segments: 3, corsOrigins: ['https://example.com'] });
    await api.write('POST', '/objects', { pts: 1.5, objects: Array.from({ length: 200 }, () => BALL) });
    const path = '/video/cam/e1/0.objects.json';
    const before = await api.get(path);
    assert.deepEqual([before.status, before.headers['cache-control']], [404, 'no-store']);
    await settle(api, 0);
    const headers = { Origin: 'https://example.com', 'Accept-Encoding': 'gzip' };
    const after = await api.get(path, { headers });
    assert.deepEqual(
      [
        ...[after.status, after.headers['cache-control'], after.headers['content-type']],
        ...[after.headers['access-control-allow-origin'], after.headers['content-encoding']],
      ],
      [
        ...[200, 'max-age=31536000, immutable', 'application/json; charset=utf-8'],
        ...['https://example.com', 'gzip'],
      ],
    );
    assert.equal(JSON.parse(String(gunzipSync(after.bytes))).frames[0].objects.length, 200);
    const again = await api.get(path, {
      headers: { ...headers, 'If-None-Match': String(after.headers.etag) },
    });
    assert.equal(again.status, 304);
  });

  test('are none where nothing was said, as long as the segment is there', async (t) => {
    const api = await fixture(t, { segments: 3 });
    await settle(api, 1);
    assert.deepEqual((await api.get('/video/cam/e1/1.objects.json')).json, { version: 1, frames: [] });
    assert.equal((await api.get('/video/cam/e1/2.objects.json')).status, 404);
    assert.equal((await api.get('/video/cam/e2/1.objects.json')).status, 404);
    await api.packager.append({ type: 'removed', before: 2 });
    await until(async () => (await api.get('/video/cam/e1/1.objects.json')).status === 404);
  });

  test('are known to a process that comes later, and to one whose log begins anew', async (t) => {
    const api = await fixture(t, { segments: 2 });
    await api.write('POST', '/objects', { pts: 1.5, objects: [BALL] });
    await settle(api, 0);
    const { port, api: other } = await api.another();
    await until(() => other.live.stream('cam')?.hasObjects === true);
    const client = await SseClient.open(port, '/objects/events');
    await api.store.append(LOG, { type: 'frames', frames: [{ pts: 3.5e6, source: 'x', objects: '[]' }] });
    // Trimmed away under its readers, a log is as good as lost: it is written again.
    const cursor = await api.store.append(LOG, {
      type: 'frames',
      frames: [{ pts: 3.5e6, source: 'x', objects: '[]' }],
    });
    await api.store.trim(LOG, cursor);
    await api.store.append(LOG, { type: 'frames', frames: [{ pts: 4e6, source: 'x', objects: '[]' }] });
    const told = () =>
      client.of('objects').flatMap(({ data }) => data.frames.map(({ pts }: { pts: number }) => pts));
    await until(() => {
      api.clock.advance(50);
      return told().includes(4);
    });
    assert.deepEqual(told(), [3.5, 4], 'nothing is told twice');
    client.close();
  });
});
