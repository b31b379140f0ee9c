import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partBytes, segmentBytes } from './fake-packager.ts';
import { fixture, until } from './fixture.ts';
import { assertError } from './http.ts';

test('media never changes, and says so', async (t) => {
  const { get, packager, caughtUp } = await fixture(t, { segments: 2 });
  await packager.addPart();
  await caughtUp();
  for (const [file, bytes] of [
    ['init-r1.mp4', Buffer.from('init r1')],
    ['1.m4s', segmentBytes(1)],
    ['1.2.m4s', partBytes(1, 2)],
    ['2.0.m4s', partBytes(2, 0)],
  ] as const) {
    const answer = await get(`${packager.url}/${file}`);
    assert.equal(answer.status, 200, file);
    assert.deepEqual(answer.bytes, bytes);
    assert.equal(answer.headers['content-type'], 'video/mp4');
    assert.equal(answer.headers['cache-control'], 'max-age=31536000, immutable');
    assert.equal(answer.headers['accept-ranges'], 'bytes');
    const known = await get(`${packager.url}/${file}`, { headers: { 'If-None-Match': answer.headers.etag } });
    assert.equal(known.status, 304);
  }
});

test('a range of an object can be asked for', async (t) => {
  const { get, packager } = await fixture(t, { segments: 2 });
  const path = `${packager.url}/1.m4s`;
  const whole = segmentBytes(1);
  const size = whole.length;
  const cases: [string, number, Buffer, string | undefined][] = [
    ['bytes=0-3', 206, whole.subarray(0, 4), `bytes 0-3/${size}`],
    ['bytes=5-', 206, whole.subarray(5), `bytes 5-${size - 1}/${size}`],
    ['bytes=-4', 206, whole.subarray(-4), `bytes ${size - 4}-${size - 1}/${size}`],
    ['bytes=0-99999', 206, whole, `bytes 0-${size - 1}/${size}`],
    ['bytes=99999-', 416, Buffer.alloc(0), `bytes */${size}`],
    ['bytes=-0', 416, Buffer.alloc(0), `bytes */${size}`],
    ['bytes=0-1,3-4', 200, whole, undefined],
    ['bytes=abc', 200, whole, undefined],
    ['bytes=4-2', 200, whole, undefined],
    ['frames=0-1', 200, whole, undefined],
  ];
  for (const [range, status, bytes, contentRange] of cases) {
    const answer = await get(path, { headers: { Range: range } });
    assert.equal(answer.status, status, range);
    assert.deepEqual(answer.bytes, bytes, range);
    assert.equal(answer.headers['content-range'], contentRange, range);
  }
});

test('a range of another version than the one known gives the whole object', async (t) => {
  const { get, packager } = await fixture(t, { segments: 2 });
  const path = `${packager.url}/1.m4s`;
  const { etag } = (await get(path)).headers;
  assert.equal((await get(path, { headers: { Range: 'bytes=0-1', 'If-Range': etag } })).status, 206);
  assert.equal((await get(path, { headers: { Range: 'bytes=0-1', 'If-Range': '"other"' } })).status, 200);
});

test('the live edge is read once, when it is announced; older media once when it is asked for', async (t) => {
  const { get, packager, caughtUp, storage } = await fixture(t, { segments: 8 });
  const reads: string[] = [];
  const read = storage.read.bind(storage);
  storage.read = (path) => {
    reads.push(path);
    return read(path);
  };
  await packager.addPart();
  await caughtUp();
  await until(() => reads.includes('cam/e1/main/8.0.m4s'));
  await Promise.all(Array.from({ length: 10 }, () => get(`${packager.url}/8.0.m4s`)));
  await Promise.all(Array.from({ length: 10 }, () => get(`${packager.url}/1.m4s`)));
  assert.equal(reads.filter((path) => path.endsWith('/8.0.m4s')).length, 1);
  assert.equal(reads.filter((path) => path.endsWith('/1.m4s')).length, 1);
});

test('a segment that closes is made of the parts in memory: storage is asked for each byte once', async (t) => {
  const { get, packager, caughtUp, storage, api } = await fixture(t, { segments: 3 });
  const reads: string[] = [];
  const read = storage.read.bind(storage);
  storage.read = (path) => {
    reads.push(path);
    return read(path);
  };
  const count = api.live.stream('cam')?.state?.segments.at(-1)?.parts.length ?? 0;
  for (let part = 0; part < count; part += 1) await packager.addPart();
  await caughtUp();
  await until(() => api.live.stream('cam')?.state?.segments.length === 4);
  const whole = await get(`${packager.url}/3.m4s`);
  const parts = await Promise.all(
    Array.from({ length: count }, (_, part) => get(`${packager.url}/3.${part}.m4s`)),
  );
  assert.deepEqual(whole.bytes, Buffer.concat(parts.map(({ bytes }) => bytes)));
  const own = Array.from({ length: count }, (_, part) => `cam/e1/main/3.${part}.m4s`);
  assert.deepEqual(reads.toSorted(), own);
});

test('what left the list can be fetched as long as storage has it', async (t) => {
  const { get, packager, api, storage } = await fixture(t, { segments: 8 });
  await packager.append({ type: 'removed', before: 7 });
  await until(() => api.live.stream('cam')?.state?.segments.length === 1);
  assert.equal((await get(`${packager.url}/0.1.m4s`)).status, 200);
  assert.equal((await get(`${packager.url}/0.m4s`)).status, 200);
  await storage.remove(['cam/e1/main/1.m4s']);
  const gone = await get(`${packager.url}/1.m4s`);
  assertError(gone, 404, 'NOT_FOUND');
  assert.equal(gone.headers['cache-control'], 'max-age=2');
});

test('a segment that is yet to come is not there, and nobody may remember that', async (t) => {
  const { get, packager } = await fixture(t, { segments: 4 });
  const answer = await get(`${packager.url}/4.m4s`);
  assertError(answer, 404, 'NOT_FOUND');
  assert.equal(answer.headers['cache-control'], 'no-store');
});

test('who asked for a segment before it was there denies it to nobody who asks when it is listed', async (t) => {
  const { start, get, packager, storage, caughtUp } = await fixture(t, { segments: 4 });
  const path = `${packager.url}/4.m4s`;
  const read = storage.read.bind(storage);
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let reading = false;
  storage.read = async (file) => {
    const bytes = await read(file);
    if (bytes !== undefined || reading || !file.endsWith('/4.m4s')) return bytes;
    reading = true;
    await held;
    return undefined;
  };
  const early = start(path);
  await until(() => reading);
  await packager.addSegments(1);
  await caughtUp();
  const listed = get(path);
  release();
  const { status, headers } = await early.answer;
  assert.deepEqual([status, headers['cache-control']], [404, 'no-store']);
  assert.deepEqual((await listed).bytes, segmentBytes(4));
});

test('a download that is broken off is no error', async (t) => {
  const { start, get, packager, storage, failures } = await fixture(t, { segments: 2 });
  await storage.write('cam/e1/main/init-big.mp4', [Buffer.alloc(8 * 1024 * 1024)]);
  const pending = start(`${packager.url}/init-big.mp4`);
  pending.answer.catch(() => {});
  await until(() => pending.answered());
  pending.request.destroy();
  assert.equal((await get('/healthz')).status, 200);
  assert.deepEqual(failures, []);
});
