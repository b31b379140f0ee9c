import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture, until } from './fixture.ts';
import { restartableStore } from './restartable-store.ts';

test('ready is who has a segment to serve', async (t) => {
  const { get, packager, caughtUp } = await fixture(t);
  assert.equal((await get('/healthz')).status, 200);
  const early = await get('/readyz');
  assert.equal(early.status, 503);
  assert.deepEqual(early.json, { status: 'not ready', reasons: ['no stream has a segment yet'] });
  await packager.announce();
  await packager.addSegments(1);
  await caughtUp();
  const ready = await get('/readyz');
  assert.equal(ready.status, 200);
  assert.equal(ready.headers['cache-control'], 'no-store');
});

test('tells at once what the launcher knows to be wrong beside it, ready or not', async (t) => {
  let troubles: string[] = [];
  const { get } = await fixture(t, { segments: 1, troubles: () => troubles });
  assert.deepEqual((await get('/readyz')).json, { status: 'ok' });
  troubles = ['stream has not answered for 5 s'];
  const { status, json } = await get('/readyz');
  assert.deepEqual([status, json], [200, { status: 'ok', reasons: troubles }]);
});

test('who has not reached its store yet says so', async (t) => {
  const store = restartableStore();
  await store.stop();
  const { get } = await fixture(t, { store });
  const reasons = async () => (await get('/readyz')).json.reasons;
  const away = 'the store cannot be reached';
  assert.deepEqual(await reasons(), [away, 'no stream has a segment yet']);
  store.start();
  assert.deepEqual(await reasons(), ['no stream has a segment yet']);
});

test('metrics count requests and bytes by kind, and say how old the edge is', async (t) => {
  const { get, start, packager, clock } = await fixture(t, {
    segments: 3,
    worker: '7',
    processMetrics: true,
  });
  await get('/video/cam.m3u8');
  await get(`${packager.url}/media.m3u8`);
  await get(`${packager.url}/0.m4s`);
  await get(`${packager.url}/0.0.m4s`);
  await get(`${packager.url}/0.0.m4s`, { method: 'HEAD' });
  await get(`${packager.url}/9.m4s`);
  const waiting = start(`${packager.url}/media.m3u8?_HLS_msn=3`);
  waiting.answer.catch(() => {});
  clock.advance(8000);
  await until(async () => /hlsstream_blocking_waits\{worker="7"\} [01]/.test((await get('/metrics')).text));
  const answer = await get('/metrics');
  assert.match(answer.headers['content-type'] ?? '', /^text\/plain/);
  for (const line of [
    'hlsstream_http_requests_total{kind="multivariant",status="200",worker="7"} 1',
    'hlsstream_http_requests_total{kind="playlist",status="200",worker="7"} 1',
    'hlsstream_http_requests_total{kind="segment",status="200",worker="7"} 1',
    'hlsstream_http_requests_total{kind="segment",status="404",worker="7"} 1',
    'hlsstream_http_requests_total{kind="part",status="200",worker="7"} 2',
    'hlsstream_http_sent_bytes_total{kind="part",worker="7"} 9',
    'hlsstream_viewers{worker="7"} 1',
    'hlsstream_live_edge_age_seconds{stream="cam",worker="7"} 2',
  ])
    assert.ok(answer.text.includes(`${line}\n`), `${line} in\n${answer.text}`);
  assert.match(answer.text, /^nodejs_eventloop_lag_p99_seconds\{worker="7"\}/m);
  assert.match(answer.text, /^process_resident_memory_bytes\{worker="7"\}/m);
  waiting.request.destroy();
});

test('metrics tell how long parts took to be listed, from the end of their last frame', async (t) => {
  const { get, packager, clock, caughtUp } = await fixture(t);
  await packager.announce();
  for (const wait of [750, 500]) {
    clock.advance(wait);
    await packager.addPart();
    await caughtUp();
    await get('/healthz');
  }
  const { text } = await get('/metrics');
  const labels = 'worker="1",stream="cam"';
  for (const line of [
    `hlsstream_part_publish_delay_seconds_bucket{le="0.2",${labels}} 0`,
    `hlsstream_part_publish_delay_seconds_bucket{le="0.3",${labels}} 2`,
    `hlsstream_part_publish_delay_seconds_sum{${labels}} 0.5`,
  ])
    assert.ok(text.includes(`${line}\n`), text);
});

test('metrics tell what the other processes say of themselves, and forget who says nothing', async (t) => {
  const { get, store, clock } = await fixture(t, { segments: 1 });
  await store.update('stats/stream', { at: clock.now(), encoder_lag_seconds: 0.05, frames_repeated: 3 });
  await store.update('stats/stream', { 'storage_failures/ENOSPC': 2, 'storage_failures/EIO': 1 });
  await store.update('stats/detect', { at: clock.now() - 20_000, pictures: 7 });
  const { text } = await get('/metrics');
  assert.match(text, /^hlsstream_process_encoder_lag_seconds\{process="stream",worker="1"\} 0\.05$/m);
  assert.match(text, /^hlsstream_process_frames_repeated_total\{process="stream",worker="1"\} 3$/m);
  const failures = text.match(/^hlsstream_process_storage_failures_total.*$/gm);
  assert.deepEqual(failures, [
    'hlsstream_process_storage_failures_total{process="stream",code="ENOSPC",worker="1"} 2',
    'hlsstream_process_storage_failures_total{process="stream",code="EIO",worker="1"} 1',
  ]);
  assert.doesNotMatch(text, /process="detect"/);
  clock.advance(16_000);
  assert.doesNotMatch((await get('/metrics')).text, /process="stream"/);
});
