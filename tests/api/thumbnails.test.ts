import assert from 'node:assert/strict';
import { test } from 'node:test';
import { thumbnailList } from '../../src/api/http/schemas.ts';
import { type ThumbnailEntry, thumbnailLogName } from '../../src/hls/thumbnail-log.ts';
import type { Store } from '../../src/store/store.ts';
import { fixture, until } from './fixture.ts';
import { assertError } from './http.ts';

const LOG = thumbnailLogName('cam', 'e1');
const DAY = Date.UTC(2026, 4, 1, 12) * 1000;

async function append(store: Store, ...entries: ThumbnailEntry[]): Promise<void> {
  for (const entry of entries) await store.append(LOG, entry);
}

const layout: ThumbnailEntry = {
  type: 'layout',
  ...{ width: 160, height: 90, columns: 5, rows: 5, interval: 2_000_000 },
};

function tiles(count: number, from = 0): ThumbnailEntry[] {
  return Array.from({ length: count }, (_, index) => {
    const pts = (from + index) * 2_000_000 + 1_000_033;
    return { type: 'tile', sheet: 3, index: from + index, pts, date: DAY + pts };
  });
}

test('thumbnails are listed as JSON and as a storyboard, which caches may keep for about an interval', async (t) => {
  const { get, store } = await fixture(t, { segments: 1 });
  assertError(await get('/streams/cam/thumbnails.json'), 404, 'NOT_FOUND');
  assert.equal((await get('/streams/cam')).json.thumbnails, null);
  await append(store, layout, ...tiles(7));
  await until(async () => (await get('/streams/cam/thumbnails.json')).status === 200);
  assert.equal((await get('/streams/cam')).json.thumbnails, '/streams/cam/thumbnails.json');
  await until(async () => (await get('/streams/cam/thumbnails.json')).json.sheets[0]?.tiles.length === 7);
  const answer = await get('/streams/cam/thumbnails.json');
  thumbnailList.parse(answer.json);
  assert.deepEqual(answer.json.sheets[0].tiles.slice(0, 2), [
    { time: 1.000033, date: '2026-05-01T12:00:01.000Z' },
    { time: 3.000033, date: '2026-05-01T12:00:03.000Z' },
  ]);
  assert.equal(answer.json.sheets[0].uri, '/video/cam/e1/thumbs-3-7.jpg');
  assert.equal(answer.headers['cache-control'], 'max-age=2');
  assert.equal(answer.headers.vary, 'Accept-Encoding');
  const known = await get('/streams/cam/thumbnails.json', {
    headers: { 'If-None-Match': answer.headers.etag },
  });
  assert.equal(known.status, 304);
  const zipped = await get('/streams/cam/thumbnails.json', { headers: { 'Accept-Encoding': 'gzip' } });
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  const storyboard = await get('/streams/cam/thumbnails.vtt');
  assert.equal(storyboard.headers['content-type'], 'text/vtt; charset=utf-8');
  assert.match(
    storyboard.text,
    /\n00:00:11\.000 --> 00:00:13\.000\n\/video\/cam\/e1\/thumbs-3-7\.jpg#xywh=0,90,160,90\n/,
  );
  await append(store, { type: 'off' });
  await until(async () => (await get('/streams/cam')).json.thumbnails === null);
  assertError(await get('/streams/cam/thumbnails.vtt'), 404, 'NOT_FOUND');
});

test('a sheet is served as media is: for ever, under a path that names the epoch', async (t) => {
  const { get, storage } = await fixture(t, { segments: 1 });
  await storage.write('cam/e1/thumbs-3-7.jpg', [Buffer.from('a picture')]);
  const answer = await get('/video/cam/e1/thumbs-3-7.jpg');
  assert.deepEqual(
    [answer.status, answer.text, answer.headers['content-type'], answer.headers['cache-control']],
    [200, 'a picture', 'image/jpeg', 'max-age=31536000, immutable'],
  );
  const known = await get('/video/cam/e1/thumbs-3-7.jpg', {
    headers: { 'If-None-Match': answer.headers.etag },
  });
  assert.equal(known.status, 304);
  const missing = await get('/video/cam/e1/thumbs-3-8.jpg');
  assertError(missing, 404, 'NOT_FOUND');
  assert.equal(missing.headers['cache-control'], 'no-store');
  for (const path of [
    '/video/cam/e2/thumbs-3-7.jpg',
    '/video/other/e1/thumbs-3-7.jpg',
    '/video/cam/e1/thumbs-03-7.jpg',
    '/video/cam/e1/thumbs-3.jpg',
    '/video/cam/e1/thumbs-3--7.jpg',
    '/video/cam/e1/../e1/thumbs-3-7.jpg',
    '/video/cam/e1/main/thumbs-3-7.jpg',
  ])
    assertError(await get(path), 404, 'NOT_FOUND');
});

test('the list of a store that came back empty is served until the new one reaches as far', async (t) => {
  const { get, api, store } = await fixture(t, { segments: 1 });
  await append(store, layout, ...tiles(3));
  const count = () => api.live.stream('cam')?.media?.thumbnails.state.sheets[0]?.tiles.length ?? 0;
  await until(() => count() === 3);
  const json = await get('/streams/cam/thumbnails.json');
  const cursors = await store.read(LOG);
  await store.trim(LOG, cursors.at(-1)?.cursor ?? '');
  await append(store, layout, ...tiles(4));
  assert.equal(json.json.sheets[0].tiles.length, 3);
  await until(() => count() === 4);
});
