import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { fixture, until } from './fixture.ts';
import { assertError } from './http.ts';

test('the Multivariant Playlist names the Media Playlist of the present epoch', async (t) => {
  const { get } = await fixture(t, { segments: 3 });
  const answer = await get('/video/cam.m3u8');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'application/vnd.apple.mpegurl');
  assert.equal(
    answer.text,
    [
      '#EXTM3U',
      '#EXT-X-VERSION:6',
      '#EXT-X-INDEPENDENT-SEGMENTS',
      '#EXT-X-STREAM-INF:BANDWIDTH=1800000,AVERAGE-BANDWIDTH=144,CODECS="avc1.64001f",RESOLUTION=640x360,FRAME-RATE=30.000,CLOSED-CAPTIONS=NONE',
      'cam/e1/main/media.m3u8',
      '',
    ].join('\n'),
  );
});

test('while there is no segment playlists say when to come again', async (t) => {
  const { get, packager, caughtUp } = await fixture(t);
  assertError(await get('/video/cam.m3u8'), 503, 'NOT_READY');
  await packager.announce();
  await caughtUp();
  const answer = await get('/video/cam.m3u8');
  assertError(answer, 503, 'NOT_READY');
  assert.equal(answer.headers['retry-after'], '1');
  assert.equal(answer.headers['cache-control'], 'no-store');
  assertError(await get(`${packager.url}/media.m3u8`), 503, 'NOT_READY');
});

test('an event stays known for as long as it is among the ranges that left last, though PTS jumped', async (t) => {
  const { packager, api, get, write, caughtUp } = await fixture(t, { segments: 3 });
  await write('POST', '/markers', { id: 'm1', time: 2, duration: 0.5, text: 'before the silence' });
  // The source was silent for ten minutes.
  packager.pts += 600_000_000;
  await packager.addSegments(2);
  await packager.append({ type: 'removed', before: 3 });
  await caughtUp();
  await until(() => api.live.stream('cam')?.state?.segments.length === 2);
  assert.equal((await get(`${packager.url}/media.m3u8`)).status, 200);
  assert.ok(api.live.stream('cam')?.markers.state.markers.has('m1'));
});

test('the Media Playlist lists segments, the parts of the open one and the hint of the next', async (t) => {
  const { get, packager, caughtUp } = await fixture(t, { segments: 2 });
  await packager.addPart();
  await caughtUp();
  const answer = await get(`${packager.url}/media.m3u8`);
  assert.equal(answer.status, 200);
  for (const line of [
    '#EXT-X-TARGETDURATION:2',
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-MAP:URI="init-r1.mp4"',
    '#EXT-X-PROGRAM-DATE-TIME:2026-05-01T12:00:00.000Z',
    '0.m4s',
    '1.m4s',
    '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="2.1.m4s"',
  ])
    assert.ok(answer.text.split('\n').includes(line), `${line} in\n${answer.text}`);
  assert.match(answer.text, /#EXT-X-PART:DURATION=0\.50*,URI="2\.0\.m4s",INDEPENDENT=YES/);
});

test('plain playlists may be kept for half a target duration, blocking ones for six', async (t) => {
  const { get, packager } = await fixture(t, { segments: 3 });
  assert.equal((await get('/video/cam.m3u8')).headers['cache-control'], 'max-age=1');
  assert.equal((await get(`${packager.url}/media.m3u8`)).headers['cache-control'], 'max-age=1');
  const blocking = await get(`${packager.url}/media.m3u8?_HLS_msn=2`);
  assert.equal(blocking.headers['cache-control'], 'max-age=0, s-maxage=12');
});

test('a playlist is gzipped for who takes gzip, and only then', async (t) => {
  const { get, packager } = await fixture(t, { segments: 3 });
  const path = `${packager.url}/media.m3u8`;
  const plain = await get(path);
  const zipped = await get(path, { headers: { 'Accept-Encoding': 'br, gzip' } });
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  assert.equal(gunzipSync(zipped.bytes).toString(), plain.text);
  assert.notEqual(zipped.headers.etag, plain.headers.etag);
  for (const answer of [plain, zipped]) assert.match(answer.headers.vary ?? '', /Accept-Encoding/);
  const refused = await get(path, { headers: { 'Accept-Encoding': 'gzip;q=0' } });
  assert.equal(refused.headers['content-encoding'], undefined);
});

test('a playlist that is known already is answered with 304 until it changes', async (t) => {
  const { get, packager, caughtUp } = await fixture(t, { segments: 3 });
  const path = `${packager.url}/media.m3u8`;
  const headers = { 'If-None-Match': (await get(path)).headers.etag };
  const same = await get(path, { headers });
  assert.equal(same.status, 304);
  assert.equal(same.bytes.length, 0);
  await packager.addPart();
  await caughtUp();
  assert.equal((await get(path, { headers })).status, 200);
});

test('HEAD tells what GET would, without the body', async (t) => {
  const { get, packager } = await fixture(t, { segments: 3 });
  for (const path of ['/video/cam.m3u8', `${packager.url}/media.m3u8`, `${packager.url}/1.m4s`]) {
    const whole = await get(path);
    const head = await get(path, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(head.bytes.length, 0);
    for (const name of ['content-length', 'content-type', 'etag', 'cache-control'])
      assert.equal(head.headers[name], whole.headers[name], `${name} of ${path}`);
  }
});

test('other methods are refused with what is allowed', async (t) => {
  const { get, packager } = await fixture(t, { segments: 1 });
  for (const path of ['/video/cam.m3u8', `${packager.url}/0.m4s`]) {
    const answer = await get(path, { method: 'POST' });
    assertError(answer, 405, 'METHOD_NOT_ALLOWED');
    assert.equal(answer.headers.allow, 'GET, HEAD');
  }
});

test('markers are listed as date ranges, HTML-looking text as text', async (t) => {
  const { get, write, packager } = await fixture(t, { segments: 3 });
  await write('POST', '/markers', { id: 'm1', time: 2, duration: 0.5, text: '<img src=x onerror=alert(1)>' });
  const { text } = await get(`${packager.url}/media.m3u8`);
  const [, id, facts] = /^#EXT-X-DATERANGE:ID="([^"]*)",(.*)$/m.exec(text) ?? [];
  assert.match(id ?? '', /^m1@[0-9a-f]{8}$/);
  assert.match(
    facts ?? '',
    /^CLASS="note",START-DATE="2026-05-01T12:00:01\.000Z",DURATION=0\.50*,X-TEXT="<img src=x onerror=alert\(1\)>"/,
  );
});

test('only configured origins may read from other sites', async (t) => {
  const headers = { Origin: 'https://example.org' };
  const closed = await fixture(t, { segments: 1 });
  assert.equal(
    (await closed.get('/video/cam.m3u8', { headers })).headers['access-control-allow-origin'],
    undefined,
  );
  const open = await fixture(t, { segments: 1, corsOrigins: ['https://example.org'] });
  for (const path of ['/video/cam.m3u8', `${open.packager.url}/0.m4s`, '/streams', '/markers']) {
    const answer = await open.get(path, { headers });
    assert.equal(answer.headers['access-control-allow-origin'], 'https://example.org', path);
    assert.match(answer.headers.vary ?? '', /Origin/, path);
    const stranger = await open.get(path, { headers: { Origin: 'https://other.example' } });
    assert.ok(!stranger.headers['access-control-allow-origin'], path);
  }
  const preflight = await open.get(`${open.packager.url}/0.m4s`, {
    method: 'OPTIONS',
    headers: {
      ...headers,
      'Access-Control-Request-Method': 'GET',
      'Access-Control-Request-Headers': 'range',
    },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers['access-control-allow-headers'], 'range');
});

test('a new epoch takes over at once; the old one says so, and its media stays', async (t) => {
  const { get, packager, store, storage, clock, caughtUp } = await fixture(t, { segments: 2 });
  const { FakePackager } = await import('./fake-packager.ts');
  const next = new FakePackager(store, storage, clock.now(), { epoch: 'e2' });
  await next.announce();
  await next.addSegments(1);
  await caughtUp(next);
  assert.match((await get('/video/cam.m3u8')).text, /^cam\/e2\/main\/media\.m3u8$/m);
  assertError(await get(`${packager.url}/media.m3u8`), 404, 'NOT_FOUND');
  assert.equal((await get(`${packager.url}/1.m4s`)).status, 200);
  assert.equal((await get(`${next.url}/media.m3u8`)).status, 200);
});
