import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { toIsoDate } from '../../src/clock.ts';
import { retainedLogName } from '../../src/hls/retained-log.ts';
import { describePage, pageFile, pageText, retained } from '../../src/hls/retained-page.ts';
import { FakePackager } from './fake-packager.ts';
import { type Fixture, fixture, until } from './fixture.ts';
import { assertError } from './http.ts';

/** Takes segments below `before` off the list, which are kept in pages of five. */
async function keep({ packager, store, storage, api }: Fixture, before: number): Promise<void> {
  const { stream, entries } = packager;
  const segments = entries.flatMap((entry) =>
    entry.type === 'segment' ? [retained(entry, stream.epoch)] : [],
  );
  for (let at = 0; at < before; at += 5) {
    const some = segments.slice(at, at + 5);
    const page = describePage(some, stream);
    assert.ok(page);
    await storage.write(pageFile('cam', stream.epoch, page.first), [Buffer.from(pageText(some))]);
    await store.append(retainedLogName('cam'), page);
  }
  await packager.append({ type: 'removed', before });
  const first = () => api.live.stream('cam')?.state?.segments[0]?.msn;
  const pages = () => api.live.stream('cam')?.retained.state.pages.length ?? 0;
  await until(() => pages() === Math.ceil(before / 5));
  await until(() => first() === before || (first() === undefined && before === packager.msn));
}

/** The files that a playlist lists, by number, each with its date. */
function listed(text: string): { readonly file: string; readonly date: string }[] {
  const found = text.matchAll(/#EXT-X-PROGRAM-DATE-TIME:(\S+)\n#EXTINF:[\d.]+,\n(\S+)/g);
  return [...found].map(([, date = '', file = '']) => ({ file, date }));
}

const numbers = (text: string) => listed(text).map(({ file }) => Number(/(\d+)\.m4s$/.exec(file)?.[1]));
const around = (start: number, end?: number) =>
  `/video/cam.m3u8?start=${encodeURIComponent(toIsoDate(start))}${end === undefined ? '' : `&end=${encodeURIComponent(toIsoDate(end))}`}`;

test('a playlist of any time is complete and ends: the segments of then, whether they are still listed or kept', async (t) => {
  const made = await fixture(t, { segments: 20, corsOrigins: ['*'] });
  const { packager, get } = made;
  await keep(made, 15);
  const at = (msn: number) => packager.date(1e6 + msn * 2e6);
  const answer = await get(around(at(3) + 5e5, at(17) + 5e5), { headers: { Origin: 'https://a.example' } });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers['content-type'], 'application/vnd.apple.mpegurl');
  assert.equal(answer.headers['access-control-allow-origin'], '*');
  assert.deepEqual(
    numbers(answer.text),
    Array.from({ length: 15 }, (_, index) => 3 + index),
  );
  assert.match(
    answer.text,
    /^#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:3\n#EXT-X-PLAYLIST-TYPE:VOD\n/,
  );
  assert.match(answer.text, /\n#EXT-X-ENDLIST\n$/);
  assert.equal(answer.text.match(/EXT-X-MAP/g)?.length, 1);
  assert.equal(listed(answer.text)[0]?.date, toIsoDate(at(3)));
  for (const { file } of listed(answer.text)) assert.equal((await get(`/video/${file}`)).status, 200, file);
  const again = await get(around(at(3) + 5e5, at(17) + 5e5), {
    headers: { 'If-None-Match': String(answer.headers.etag) },
  });
  assert.equal(again.status, 304);
  const zipped = await get(around(at(3) + 5e5, at(17) + 5e5), { headers: { 'Accept-Encoding': 'gzip' } });
  assert.equal(gunzipSync(zipped.bytes).toString(), answer.text);
});

test('what leaves the list while pages are read is there all the same', async (t) => {
  const made = await fixture(t, { segments: 20 });
  const { packager, storage, store, api, get } = made;
  await keep(made, 10);
  const read = storage.read.bind(storage);
  let changes = 0;
  storage.read = async (path) => {
    const bytes = await read(path);
    if (!path.endsWith(pageFile('cam', packager.stream.epoch, 5))) return bytes;
    changes += 1;
    await store.append(retainedLogName('cam'), { type: 'removed', before: 11_000_000 });
    await packager.append({ type: 'removed', before: 12 });
    await until(() => api.live.stream('cam')?.state?.segments[0]?.msn === 12);
    await until(() => api.live.stream('cam')?.retained.state.pages.length === 1);
    return bytes;
  };
  const { text } = await get(around(packager.date(1e6), packager.date(41e6)));
  assert.equal(changes, 1);
  assert.deepEqual(
    numbers(text),
    Array.from({ length: 20 }, (_, msn) => msn),
  );
});

test('a page that is damaged is left out, and what lies before and behind it can be played', async (t) => {
  const made = await fixture(t, { segments: 20 });
  const { packager, storage, get } = made;
  await keep(made, 15);
  await storage.write(pageFile('cam', packager.stream.epoch, 5), [Buffer.from('{"schema":1,"segm')]);
  const { status, text } = await get(around(packager.date(0)));
  assert.equal(status, 200, text);
  const all = Array.from({ length: 20 }, (_, msn) => msn);
  assert.deepEqual(numbers(text), [...all.slice(0, 5), ...all.slice(10)]);
  assert.equal(text.match(/#EXT-X-DISCONTINUITY\n/g)?.length, 1);
});

test('dates come as AWS MediaPackage takes them; a start before all that is kept is moved up, an end after it is now', async (t) => {
  const made = await fixture(t, { segments: 20 });
  const { packager, get } = made;
  await keep(made, 10);
  const second = (msn: number) => Math.floor(packager.date(1e6 + msn * 2e6) / 1e6);
  const iso = toIsoDate(packager.date(1e6 + 8 * 2e6));
  const all = Array.from({ length: 20 }, (_, msn) => msn);
  const asked: [string, number[]][] = [
    [`start=${iso.replace('Z', '%2B00:00')}&end=${second(12)}`, [8, 9, 10, 11]],
    [`start=${iso.replace('Z', '+00:00')}&end=${second(12)}`, [8, 9, 10, 11]],
    [`start=${iso.replace('Z', '%2B0000')}`, all.slice(8)],
    [`start=${second(0) - 3600}`, all],
    [`start=${second(0) - 3600}&end=${second(3)}`, [0, 1, 2]],
    [`start=${second(5)}&end=${second(20) + 7200}`, all.slice(5)],
    [`end=${second(3)}`, [0, 1, 2]],
  ];
  for (const [query, wanted] of asked) {
    const { status, text } = await get(`/video/cam.m3u8?${query}`);
    assert.equal(status, 200, `${query}: ${text}`);
    assert.deepEqual(numbers(text), wanted, query);
  }
});

test('what cannot be asked for is refused with a code that says why', async (t) => {
  const made = await fixture(t, { segments: 20 });
  const { packager, get } = made;
  await keep(made, 10);
  const now = Math.floor(packager.date(packager.pts) / 1e6);
  const refused: [string, number, string][] = [
    [`start=${now - 25 * 3600}`, 400, 'TIME_SHIFT_TOO_LONG'],
    [`start=${now - 25 * 3600}&end=${now}`, 400, 'TIME_SHIFT_TOO_LONG'],
    [`start=${now}&end=${now - 10}`, 400, 'BAD_PARAMETER'],
    ['start=yesterday', 400, 'BAD_PARAMETER'],
    ['start=', 400, 'BAD_PARAMETER'],
    ['start=2026-01-01T00:00:00', 400, 'BAD_PARAMETER'],
    ['start=2026-13-01T00:00:00Z', 400, 'BAD_PARAMETER'],
    ['start=-5', 400, 'BAD_PARAMETER'],
    [`start=${now - 5}&start=${now - 6}`, 400, 'BAD_PARAMETER'],
    [`start=${now - 8000}&end=${now - 7000}`, 404, 'TIME_SHIFT_OUTSIDE'],
    [`start=${now + 100}`, 404, 'TIME_SHIFT_OUTSIDE'],
  ];
  for (const [query, status, code] of refused) {
    const answer = await get(`/video/cam.m3u8?${query}`);
    assert.equal(answer.status, status, query);
    assertError(answer, status, code);
  }
  assertError(await get(`/video/nobody.m3u8?start=${now - 10}`), 404, 'NOT_FOUND');
  assert.match((await get('/video/cam.m3u8?other=1')).text, /EXT-X-STREAM-INF/);
});

test('it reaches over runs and epochs, with a discontinuity between them', async (t) => {
  const made = await fixture(t, { segments: 10 });
  const { packager, store, storage, get, caughtUp } = made;
  packager.startRun();
  await storage.write(`${packager.folder}/init-r2.mp4`, [Buffer.from('init r2')]);
  await packager.addSegments(5);
  await keep(made, 15);
  const next = new FakePackager(store, storage, made.clock.now(), { epoch: 'e2', targetDuration: 3_000_000 });
  next.pts = packager.pts + 60e6;
  await next.announce();
  await next.addSegments(4);
  await caughtUp(next);
  const { status, text } = await get(around(packager.date(1e6 + 8 * 2e6)));
  assert.equal(status, 200, text);
  assert.deepEqual(numbers(text), [8, 9, 10, 11, 12, 13, 14, 0, 1, 2, 3]);
  assert.equal(text.match(/EXT-X-DISCONTINUITY\n/g)?.length, 2);
  assert.deepEqual(
    [...text.matchAll(/MAP:URI="(.*)"/g)].map(([, uri]) => uri),
    ['cam/e1/main/init-r1.mp4', 'cam/e1/main/init-r2.mp4', 'cam/e2/main/init-r1.mp4'],
  );
  assert.match(text, /TARGETDURATION:3\n/, 'the longest of them all');
  const { streams } = (await get('/streams')).json as {
    streams: { start: number; keptFrom: number; keptFromDate: string }[];
  };
  assert.deepEqual([streams[0]?.start, streams[0]?.keptFrom], [91, 1]);
  assert.equal(streams[0]?.keptFromDate, toIsoDate(packager.date(1e6)));
});

test('where a clock was set back a date names the newest of its moments', async (t) => {
  const made = await fixture(t, { segments: 10 });
  const { packager, store, storage, get, caughtUp } = made;
  await keep(made, 10);
  // The clock goes back by ten seconds, and on from there.
  const next = new FakePackager(store, storage, made.clock.now() - 10_000, { epoch: 'e2' });
  next.pts = packager.pts;
  await next.announce();
  await next.addSegments(10);
  await caughtUp(next);
  const date = next.date(next.pts) - 15e6;
  const { text } = await get(around(date, date + 4e6));
  assert.deepEqual(
    listed(text).map(({ file }) => file),
    ['cam/e2/main/2.m4s', 'cam/e2/main/3.m4s', 'cam/e2/main/4.m4s'],
  );
});

test('markers whose media is kept no more say so, and those of kept media are in the playlist of their time', async (t) => {
  const made = await fixture(t, { segments: 20 });
  const { packager, store, api, get, write } = made;
  await write('POST', '/markers', { id: 'early', time: 3, duration: 1, text: 'early' });
  await write('POST', '/markers', { id: 'long', time: 17, duration: 12, text: 'long' });
  await write('POST', '/markers', { id: 'late', time: 22, duration: 1, text: 'late' });
  await keep(made, 15);
  const { text } = await get(around(packager.date(1e6), packager.date(13e6)));
  assert.deepEqual(
    [...text.matchAll(/DATERANGE:ID="([^@"]+)/g)].map(([, id]) => id),
    ['early'],
  );
  await store.append(retainedLogName('cam'), { type: 'removed', before: 11_000_000 });
  await until(() => api.live.stream('cam')?.retained.state.before === 11_000_000);
  const { markers } = (await get('/markers')).json as { markers: { id: string; mediaGone?: boolean }[] };
  assert.deepEqual(
    markers.map(({ id, mediaGone }) => [id, mediaGone]),
    [
      ['early', true],
      ['long', undefined],
      ['late', undefined],
    ],
  );
  assertError(await get('/clips/cam.mp4?marker=early'), 422, 'CLIP_OUTSIDE');
  // One that began before and lasted longer.
  for (const [before, isGone] of [
    [21_000_000, undefined],
    [31_000_000, true],
  ] as const) {
    await store.append(retainedLogName('cam'), { type: 'removed', before });
    await until(() => api.live.stream('cam')?.retained.state.before === before);
    const list = (await get('/markers')).json.markers as { id: string; mediaGone?: boolean }[];
    assert.equal(list.find(({ id }) => id === 'long')?.mediaGone, isGone, String(before));
  }
});
