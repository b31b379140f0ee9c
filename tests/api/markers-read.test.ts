import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { markerList } from '../../src/api/http/schemas.ts';
import { type Fixture, fixture } from './fixture.ts';
import { assertError } from './http.ts';

/** A stream of 10 s from PTS 1 s on with markers at 2, 4 and 6 s. */
async function withMarkers(t: Parameters<typeof fixture>[0]): Promise<Fixture> {
  const made = await fixture(t, { segments: 5 });
  const answer = await made.write('POST', '/markers', [
    { id: 'a', time: 2, duration: 3, text: 'first' },
    { id: 'b', time: 4, text: 'second', class: 'alarm', data: { size: 3 } },
    { id: 'c', time: 6.000001, duration: null, text: 'third' },
  ]);
  assert.equal(answer.status, 201);
  return made;
}

const ids = (answer: { json: { markers: { id: string }[] } }) => answer.json.markers.map(({ id }) => id);

test('markers are listed ascending, as they were made', async (t) => {
  const { get } = await withMarkers(t);
  const answer = await get('/markers');
  assert.equal(answer.status, 200);
  markerList.parse(answer.json);
  assert.deepEqual(ids(answer), ['a', 'b', 'c']);
  assert.deepEqual(answer.json.markers[1], {
    id: 'b',
    stream: 'cam',
    time: 4,
    date: '2026-05-01T12:00:03.000Z',
    duration: 0,
    text: 'second',
    class: 'alarm',
    source: 'api',
    data: { size: 3 },
  });
  assert.equal(answer.json.markers[2].time, 6.000001);
  assert.equal(answer.json.markers[2].duration, null);
  assert.equal(answer.json.next, null);
  assert.equal(typeof answer.json.cursor, 'string');
});

test('ts_start is exclusive, ts_end inclusive, overlapping adds what reaches in', async (t) => {
  const { get } = await withMarkers(t);
  assert.deepEqual(ids(await get('/markers?ts_start=2')), ['b', 'c']);
  assert.deepEqual(ids(await get('/markers?ts_start=-1')), ids(await get('/markers')));
  assert.deepEqual(ids(await get('/markers?ts_start=-1.5e0&ts_end=-0')), []);
  assert.deepEqual(ids(await get('/markers?ts_start=+1.9')), ['a', 'b', 'c']);
  assert.deepEqual(ids(await get('/markers?ts_start=1.9')), ['a', 'b', 'c']);
  assert.deepEqual(ids(await get('/markers?ts_start=6')), ['c']);
  assert.deepEqual(ids(await get('/markers?ts_start=6.000001')), []);
  assert.deepEqual(ids(await get('/markers?ts_end=4')), ['a', 'b']);
  assert.deepEqual(ids(await get('/markers?ts_start=4&overlapping=1')), ['a', 'c']);
  assert.deepEqual(ids(await get('/markers?class=alarm')), ['b']);
});

test('pages follow one another', async (t) => {
  const { get } = await withMarkers(t);
  const first = await get('/markers?limit=2');
  assert.deepEqual(ids(first), ['a', 'b']);
  const second = await get(`/markers?limit=2&page=${encodeURIComponent(first.json.next)}`);
  assert.deepEqual(ids(second), ['c']);
  assert.equal(second.json.next, null);
});

test('parameters that make no sense are refused by name', async (t) => {
  const { get } = await withMarkers(t);
  for (const query of [
    'ts_start=',
    'ts_start=abc',
    'ts_start=NaN',
    'ts_start=inf',
    'ts_start=Infinity',
    'ts_start=1e400',
    'ts_start=0x10',
    'ts_start=1&ts_start=2',
    'ts_end=',
    'ts_end=1e400',
    'limit=0',
    'limit=10001',
    'limit=1.5',
    'limit=all',
    'overlapping=maybe',
    'class=',
    'class=%3Cimg%3E',
    'page=rubbish',
  ]) {
    const answer = await get(`/markers?${query}`);
    assertError(answer, 400, 'BAD_PARAMETER');
    assert.ok(answer.json.error.message.includes(query.split('=')[0]), answer.text);
  }
});

test('everything about a stream also answers below its own name', async (t) => {
  const { get } = await withMarkers(t);
  assert.equal((await get('/streams/cam/markers')).text, (await get('/markers')).text);
  assert.equal((await get('/streams/cam/markers/b')).json.text, 'second');
  assertError(await get('/streams/other/markers'), 404, 'NOT_FOUND');
  assertError(await get('/markers/unknown'), 404, 'NOT_FOUND');
});

test('a list that is known already is answered with 304, a long one gzipped', async (t) => {
  const { get, write } = await withMarkers(t);
  const { etag } = (await get('/markers')).headers;
  assert.equal((await get('/markers', { headers: { 'If-None-Match': etag } })).status, 304);
  await write('POST', '/markers', { time: 3, text: 'x'.repeat(1000) });
  assert.equal((await get('/markers', { headers: { 'If-None-Match': etag } })).status, 200);
  const zipped = await get('/markers', { headers: { 'Accept-Encoding': 'gzip' } });
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  assert.equal(JSON.parse(gunzipSync(zipped.bytes).toString()).markers.length, 4);
  const head = await get('/markers', { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(head.bytes.length, 0);
});

test('before the stream starts there are no markers, and that is no error', async (t) => {
  const { get } = await fixture(t);
  const answer = await get('/markers');
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json.markers, []);
});
