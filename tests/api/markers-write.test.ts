import assert from 'node:assert/strict';
import { test } from 'node:test';
import { marker } from '../../src/api/http/schemas.ts';
import { fixture } from './fixture.ts';
import { assertError } from './http.ts';
import { restartableStore } from './restartable-store.ts';

test('a marker is answered as it is stored, and is there at once', async (t) => {
  const { write, get } = await fixture(t, { segments: 3 });
  const answer = await write('POST', '/markers', { time: 2.5, text: 'here', data: { a: [1, null] } });
  assert.equal(answer.status, 201);
  marker.parse(answer.json);
  assert.equal(answer.json.time, 2.5);
  assert.equal(answer.json.date, '2026-05-01T12:00:01.500Z');
  assert.equal(answer.json.duration, 0);
  assert.equal(answer.json.class, 'note');
  assert.equal(answer.headers.location, `/markers/${answer.json.id}`);
  assert.deepEqual((await get(answer.headers.location as string)).json, answer.json);
  assert.deepEqual((await get('/markers')).json.markers, [answer.json]);
});

test('the time may be a date, or the live edge', async (t) => {
  const { write } = await fixture(t, { segments: 3 });
  const dated = await write('POST', '/markers', { date: '2026-05-01T14:00:02.25+02:00', text: 'dated' });
  assert.equal(dated.json.time, 3.25);
  const edge = await write('POST', '/markers', { text: 'now' });
  assert.equal(edge.json.time, 7);
});

test('an array is answered by an array', async (t) => {
  const { write } = await fixture(t, { segments: 3 });
  const answer = await write('POST', '/markers', [{ text: 'a' }, { text: 'b' }]);
  assert.equal(answer.status, 201);
  assert.deepEqual(
    answer.json.map(({ text }: { text: string }) => text),
    ['a', 'b'],
  );
});

test('a bad marker rejects the whole batch, and the answer says which and where', async (t) => {
  const { write, get } = await fixture(t, { segments: 3 });
  const answer = await write('POST', '/markers', [{ text: 'good' }, { text: 'bad', duration: -1 }]);
  assertError(answer, 422, 'INVALID_MARKER');
  assert.equal(answer.json.error.path, '/1/duration');
  assert.deepEqual((await get('/markers')).json.markers, []);
});

test('what does not fit is refused with its place', async (t) => {
  const { write } = await fixture(t, { segments: 3 });
  const cases: [unknown, string][] = [
    [{}, '/text'],
    [{ text: '' }, '/text'],
    [{ text: 5 }, '/text'],
    [{ text: 'x'.repeat(1001) }, '/text'],
    [{ text: 'x', time: '2' }, '/time'],
    [{ text: 'x', time: null }, '/time'],
    [{ text: 'x', date: 'yesterday' }, '/date'],
    [{ text: 'x', date: '2026-05-01T12:00:02' }, '/date'],
    [{ text: 'x', duration: 'long' }, '/duration'],
    [{ text: 'x', class: 'a b' }, '/class'],
    [{ text: 'x', id: '../x' }, '/id'],
    [{ text: 'x', id: 'events' }, '/id'],
    [{ text: 'x', data: [1] }, '/data'],
    [{ text: 'x', data: { long: 'x'.repeat(5000) } }, '/data'],
    [{ text: 'x', tiem: 2 }, ''],
    [{ text: 'x', time: 2, date: '2026-05-01T12:00:02Z' }, ''],
    ['text', ''],
    [null, ''],
    [[], ''],
    [[[]], '/0'],
    [Array.from({ length: 1001 }, () => ({ text: 'x' })), ''],
  ];
  for (const [body, path] of cases) {
    const answer = await write('POST', '/markers', body);
    assertError(answer, 422, 'INVALID_MARKER');
    assert.equal(answer.json.error.path, path, answer.text);
  }
});

test('a time outside the stream is refused; up to 10 s ahead of the edge is not', async (t) => {
  const { write } = await fixture(t, { segments: 3 });
  for (const time of [0.5, 17.1, 1e9]) {
    const answer = await write('POST', '/markers', { time, text: 'x' });
    assertError(answer, 422, 'MARKER_OUT_OF_RANGE');
    assert.equal(answer.json.error.path, '/time');
  }
  assertError(
    await write('POST', '/markers', { date: '2020-01-01T00:00:00Z', text: 'x' }),
    422,
    'MARKER_OUT_OF_RANGE',
  );
  for (const time of [1, 7, 17])
    assert.equal((await write('POST', '/markers', { time, text: 'x' })).status, 201);
});

test('a number beyond all numbers is refused', async (t) => {
  const { get } = await fixture(t, { segments: 3 });
  const answer = await get('/markers', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"text":"x","time":1e400}',
  });
  assertError(answer, 422, 'INVALID_MARKER');
});

test('an id is taken while its marker is kept, deleted or not', async (t) => {
  const { write } = await fixture(t, { segments: 3 });
  assert.equal((await write('POST', '/markers', { id: 'one', text: 'x' })).status, 201);
  assertError(await write('POST', '/markers', { id: 'one', text: 'y' }), 409, 'MARKER_EXISTS');
  assert.equal((await write('DELETE', '/markers/one')).status, 204);
  assertError(await write('POST', '/markers', { id: 'one', text: 'y' }), 409, 'MARKER_EXISTS');
  assertError(
    await write('POST', '/markers', [
      { id: 'two', text: 'x' },
      { id: 'two', text: 'y' },
    ]),
    409,
    'MARKER_EXISTS',
  );
});

test('of a batch nothing is written where one of its ids is taken, also by one that is on its way', async (t) => {
  const { write, get } = await fixture(t, { segments: 3 });
  const batch = (...ids: string[]) =>
    write(
      'POST',
      '/markers',
      ids.map((id) => ({ id, text: id })),
    );
  const [first, second] = await Promise.all([batch('a', 'b'), batch('c', 'b')]);
  assert.equal(first?.status, 201);
  assertError(second as NonNullable<typeof second>, 409, 'MARKER_EXISTS');
  assert.match(second?.text ?? '', /the id b is taken/);
  const { markers } = (await get('/markers')).json as { markers: { id: string }[] };
  assert.deepEqual(markers.map(({ id }) => id).sort(), ['a', 'b']);
  assert.equal((await batch('c')).status, 201);
});

test('text is data: what looks like HTML comes back as it was', async (t) => {
  const { write, get } = await fixture(t, { segments: 3 });
  const text = '<img src=x onerror=alert(1)>"\'&\u2028\n</script>';
  await write('POST', '/markers', { text, data: { text } });
  const answer = await get('/markers');
  assert.equal(answer.json.markers[0].text, text);
  assert.deepEqual(answer.json.markers[0].data, { text });
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/);
  assert.equal(answer.headers['x-content-type-options'], 'nosniff');
});

test('a body that is no JSON, of another type or too large is refused', async (t) => {
  const { get } = await fixture(t, { segments: 3 });
  const post = (body: string | Buffer, type = 'application/json') =>
    get('/markers', { method: 'POST', headers: { 'Content-Type': type }, body });
  for (const body of ['', '{', 'text', '{"text":undefined}', Buffer.from([0x22, 0xff, 0x22])])
    assertError(await post(body), 400, 'BAD_JSON');
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''])
    assertError(await post('{"text":"x"}', type), 415, 'UNSUPPORTED_MEDIA_TYPE');
  assertError(await post(`{"text":"${'x'.repeat(1024 * 1024)}"}`), 413, 'BODY_TOO_LARGE');
  assertError(await post('['.repeat(1_000_000)), 400, 'BAD_JSON');
});

test('PATCH changes what it names, or closes a marker that goes on', async (t) => {
  const { write } = await fixture(t, { segments: 3 });
  await write('POST', '/markers', { id: 'm', time: 2, duration: null, text: 'goes on' });
  const edited = await write('PATCH', '/markers/m', { text: 'changed', class: 'alarm', data: { a: 1 } });
  assert.equal(edited.status, 200);
  assert.deepEqual(
    {
      text: edited.json.text,
      class: edited.json.class,
      data: edited.json.data,
      duration: edited.json.duration,
    },
    { text: 'changed', class: 'alarm', data: { a: 1 }, duration: null },
  );
  assert.equal((await write('PATCH', '/markers/m', { close: 4.5 })).json.duration, 2.5);
  await write('POST', '/markers', { id: 'n', time: 3, duration: null, text: 'goes on' });
  assert.equal((await write('PATCH', '/markers/n', { close: true })).json.duration, 4);
  assert.equal((await write('PATCH', '/markers/n', { duration: 1.25 })).json.duration, 1.25);
});

test('PATCH and DELETE refuse what makes no sense', async (t) => {
  const { write } = await fixture(t, { segments: 3 });
  await write('POST', '/markers', { id: 'm', time: 2, text: 'x' });
  for (const body of [{}, { time: 3 }, { text: '' }, { close: false }, { close: 3, duration: 1 }, []])
    assertError(await write('PATCH', '/markers/m', body), 422, 'INVALID_MARKER');
  assertError(await write('PATCH', '/markers/m', { close: 100 }), 422, 'MARKER_OUT_OF_RANGE');
  assertError(await write('PATCH', '/markers/unknown', { text: 'x' }), 404, 'NOT_FOUND');
  assertError(await write('DELETE', '/markers/unknown'), 404, 'NOT_FOUND');
  assert.equal((await write('DELETE', '/markers/m')).status, 204);
  assertError(await write('DELETE', '/markers/m'), 404, 'NOT_FOUND');
  const other = await write('PUT', '/markers/m', { text: 'x' });
  assertError(other, 405, 'METHOD_NOT_ALLOWED');
  assert.match(other.headers.allow ?? '', /PATCH/);
});

test('before the stream has a picture nothing can be marked', async (t) => {
  const { write } = await fixture(t);
  assertError(await write('POST', '/markers', { text: 'x' }), 503, 'NOT_READY');
});

test('while the store is gone reading goes on and writing says so', async (t) => {
  const store = restartableStore();
  const { write, get, packager } = await fixture(t, { segments: 3, store });
  await write('POST', '/markers', { id: 'm', text: 'x' });
  await store.stop();
  assert.equal((await get('/markers')).json.markers.length, 1);
  assert.equal((await get(`${packager.url}/media.m3u8`)).status, 200);
  assertError(await write('POST', '/markers', { text: 'y' }), 503, 'STORE_GONE');
  const ready = await get('/readyz');
  assert.equal(ready.status, 503);
  assert.match(ready.json.reasons[0], /store/);
});
