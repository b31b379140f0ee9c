import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stream, streamList } from '../../src/api/http/schemas.ts';
import { PROBLEMS_KEY, type Problem, problemEntry } from '../../src/api/live/problems.ts';
import { openApi } from '../../src/api/routes/openapi.ts';
import { fixture, until } from './fixture.ts';
import { SseClient } from './sse-client.ts';

const BEGAN = Date.parse('2026-05-01T12:00:00.000Z');

const CAMERA: Problem = {
  code: 'SOURCE_FAILED',
  message: 'rtsp://***@camera/1: Connection refused',
  since: BEGAN,
  at: BEGAN,
  times: 3,
  solved: false,
};

const ANSWERED = {
  process: 'stream',
  code: 'SOURCE_FAILED',
  message: 'rtsp://***@camera/1: Connection refused',
  since: '2026-05-01T12:00:00.000Z',
  times: 3,
};

test('a stream that could not begin says why: in the list, by itself, and where readiness is asked', async (t) => {
  const { get, store, clock } = await fixture(t);
  await store.update(PROBLEMS_KEY, { [problemEntry('cam', 'stream')]: CAMERA });
  clock.advance(1000);
  await until(async () => (await get('/streams')).json.starting !== undefined);
  const { json } = await get('/streams');
  streamList.parse(json);
  assert.deepEqual(json.streams, []);
  assert.deepEqual(json.starting, [{ name: 'cam', problems: [ANSWERED] }]);
  const alone = await get('/streams/cam');
  assert.equal(alone.status, 503);
  assert.match(
    alone.json.error.message,
    /cam has not started: rtsp:\/\/\*\*\*@camera\/1: Connection refused/,
  );
  const ready = await get('/readyz');
  assert.equal(ready.status, 503);
  assert.deepEqual(ready.json.reasons, [
    'no stream has a segment yet',
    'cam, stream: rtsp://***@camera/1: Connection refused',
  ]);
});

test('a stream that does not go on says why, the page is told at once, and all is forgotten when it works', async (t) => {
  const { get, port, store, clock } = await fixture(t, { segments: 2 });
  const client = await SseClient.open(port, '/streams/cam/markers/events');
  t.after(() => client.close());
  const told = () => client.of('stream').at(-1)?.data.problems;
  await store.update(PROBLEMS_KEY, {
    [problemEntry('cam', 'stream')]: CAMERA,
    [problemEntry('cam', 'detect motion.door')]: {
      ...CAMERA,
      code: 'DETECTOR_FAILED',
      message: 'out of film',
    },
  });
  clock.advance(1000);
  await until(() => told() !== undefined);
  const door = {
    ...ANSWERED,
    process: 'detect motion.door',
    code: 'DETECTOR_FAILED',
    message: 'out of film',
  };
  assert.deepEqual(told(), [door, ANSWERED]);
  const one = (await get('/streams/cam')).json;
  stream.parse(one);
  assert.deepEqual(one.problems, [door, ANSWERED]);
  const ready = await get('/readyz');
  assert.equal(ready.status, 200, 'its window is served all the same');
  assert.deepEqual(ready.json.reasons, [
    'cam, detect motion.door: out of film',
    'cam, stream: rtsp://***@camera/1: Connection refused',
  ]);
  await store.update(PROBLEMS_KEY, {
    [problemEntry('cam', 'stream')]: { ...CAMERA, solved: true },
    [problemEntry('cam', 'detect motion.door')]: { ...CAMERA, solved: true },
  });
  clock.advance(1000);
  await until(() => told() === undefined);
  assert.equal((await get('/streams/cam')).json.problems, undefined);
  assert.deepEqual((await get('/readyz')).json, { status: 'ok' });
});

test('what nobody has reported for an hour is no news any more', async (t) => {
  const { get, store, clock } = await fixture(t);
  await store.update(PROBLEMS_KEY, { [problemEntry('gone', 'stream')]: CAMERA });
  clock.advance(1000);
  await until(async () => (await get('/streams')).json.starting?.[0].name === 'gone');
  clock.advance(3_600_000);
  await until(async () => (await get('/streams')).json.starting === undefined);
});

test('the field is described', () => {
  const { components } = openApi() as { components: { schemas: Record<string, { properties: object }> } };
  assert.ok('problems' in (components.schemas.stream?.properties ?? {}));
  assert.ok('starting' in (components.schemas.streamList?.properties ?? {}));
});
