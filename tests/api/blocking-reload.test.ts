import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partBytes } from './fake-packager.ts';
import { fixture, until } from './fixture.ts';
import { assertError } from './http.ts';

/** How many requests the API says it holds back. */
async function waiting(get: (path: string) => Promise<{ text: string }>): Promise<number> {
  return Number(/^hlsstream_blocking_waits\{.*\} (\d+)$/m.exec((await get('/metrics')).text)?.[1]);
}

test('a request for the next part is answered as soon as that part is listed', async (t) => {
  const { start, get, packager } = await fixture(t, { segments: 3 });
  const pending = start(`${packager.url}/media.m3u8?_HLS_msn=3&_HLS_part=0`);
  await until(async () => (await waiting(get)) === 1);
  assert.equal(pending.answered(), false);
  await packager.addPart();
  const answer = await pending.answer;
  assert.equal(answer.status, 200);
  assert.match(answer.text, /URI="3\.0\.m4s"/);
  assert.equal(answer.headers['cache-control'], 'max-age=0, s-maxage=12');
});

test('a request for a segment waits until it is closed', async (t) => {
  const { start, get, packager } = await fixture(t, { segments: 3 });
  const pending = start(`${packager.url}/media.m3u8?_HLS_msn=3`);
  await until(async () => (await waiting(get)) === 1);
  await packager.addPart();
  await packager.addPart();
  assert.equal(pending.answered(), false);
  await packager.addPart();
  await packager.addPart();
  assert.match((await pending.answer).text, /^3\.m4s$/m);
});

test('all who wait for one version get the same bytes', async (t) => {
  const { start, get, packager } = await fixture(t, { segments: 3 });
  const path = `${packager.url}/media.m3u8?_HLS_msn=3&_HLS_part=1`;
  const crowd = Array.from({ length: 50 }, () => start(path));
  await until(async () => (await waiting(get)) === 50);
  await packager.addPart();
  await packager.addPart();
  const answers = await Promise.all(crowd.map(({ answer }) => answer));
  assert.equal(new Set(answers.map(({ headers }) => headers.etag)).size, 1);
  assert.equal(await waiting(get), 0);
});

test('a client that goes away is forgotten at once', async (t) => {
  const { start, get, packager, failures } = await fixture(t, { segments: 3 });
  const pending = start(`${packager.url}/media.m3u8?_HLS_msn=3&_HLS_part=0`);
  pending.answer.catch(() => {});
  await until(async () => (await waiting(get)) === 1);
  pending.request.destroy();
  await until(async () => (await waiting(get)) === 0);
  await packager.addPart();
  assert.deepEqual(failures, []);
});

test('who has waited for three target durations gets 503', async (t) => {
  const { start, get, packager, clock } = await fixture(t, { segments: 3 });
  const pending = start(`${packager.url}/media.m3u8?_HLS_msn=3&_HLS_part=0`);
  await until(async () => (await waiting(get)) === 1);
  clock.advance(5900);
  assert.equal(await waiting(get), 1);
  clock.advance(300);
  const answer = await pending.answer;
  assertError(answer, 503, 'BLOCKED_TOO_LONG');
  assert.equal(answer.headers['cache-control'], 'no-store');
});

test('a request beyond the limit on waits gets 503 and disturbs nobody', async (t) => {
  const { start, get, packager } = await fixture(t, { segments: 3, waitLimit: 1 });
  const path = `${packager.url}/media.m3u8?_HLS_msn=3&_HLS_part=0`;
  const first = start(path);
  await until(async () => (await waiting(get)) === 1);
  const second = await get(path);
  assertError(second, 503, 'TOO_MANY_REQUESTS');
  assert.equal(second.headers['retry-after'], '1');
  await packager.addPart();
  assert.equal((await first.answer).status, 200);
});

test('directives that make no sense are refused at once', async (t) => {
  const { get, packager } = await fixture(t, { segments: 3 });
  for (const query of [
    '_HLS_part=0',
    '_HLS_msn=-1',
    '_HLS_msn=1.5',
    '_HLS_msn=abc',
    '_HLS_msn=',
    '_HLS_msn=99999999999999999999',
    '_HLS_msn=3&_HLS_part=-1',
    '_HLS_msn=3&_HLS_msn=3',
    '_HLS_msn=5',
    '_HLS_msn=3&_HLS_part=99',
  ])
    assertError(await get(`${packager.url}/media.m3u8?${query}`), 400, 'BAD_PARAMETER');
});

test('unknown directives are ignored, an old segment gets the whole playlist', async (t) => {
  const { get, packager } = await fixture(t, { segments: 3 });
  const plain = await get(`${packager.url}/media.m3u8`);
  for (const query of ['_HLS_unknown=1', 'foo=bar', '_HLS_msn=0', '_HLS_skip=YES'])
    assert.equal((await get(`${packager.url}/media.m3u8?${query}`)).text, plain.text, query);
});

test('after the end directives mean nothing', async (t) => {
  const { get, start, packager } = await fixture(t, { segments: 3 });
  const pending = start(`${packager.url}/media.m3u8?_HLS_msn=3`);
  await until(async () => (await waiting(get)) === 1);
  await packager.append({ type: 'end' });
  assert.match((await pending.answer).text, /#EXT-X-ENDLIST/);
  assert.equal((await get(`${packager.url}/media.m3u8?_HLS_msn=99`)).status, 200);
});

test('the hinted part is answered when it is whole', async (t) => {
  const { start, get, packager } = await fixture(t, { segments: 3 });
  const pending = start(`${packager.url}/3.0.m4s`);
  await until(async () => (await waiting(get)) === 1);
  await packager.addPart();
  const answer = await pending.answer;
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.bytes, partBytes(3, 0));
});

test('a part that will never come is not waited for', async (t) => {
  const { get, start, packager } = await fixture(t, { segments: 3 });
  const early = await get(`${packager.url}/9.0.m4s`);
  assertError(early, 404, 'NOT_FOUND');
  assert.equal(early.headers['cache-control'], 'no-store');
  const late = await get(`${packager.url}/2.7.m4s`);
  assertError(late, 404, 'NOT_FOUND');
  assert.equal(late.headers['cache-control'], 'max-age=2');
  const pending = start(`${packager.url}/3.0.m4s`);
  await until(async () => (await waiting(get)) === 1);
  await packager.append({ type: 'end' });
  assertError(await pending.answer, 404, 'NOT_FOUND');
});

test('who waits while the server stops is answered with the playlist as it stands', async (t) => {
  const { api, start, get, packager } = await fixture(t, { segments: 3 });
  const list = start(`${packager.url}/media.m3u8?_HLS_msn=3&_HLS_part=0`);
  const part = start(`${packager.url}/3.0.m4s`);
  await until(async () => (await waiting(get)) === 2);
  const begun = Date.now();
  await api.close();
  assert.ok(Date.now() - begun < 3000);
  const answer = await list.answer;
  assert.equal(answer.status, 200);
  assert.match(answer.text, /^2\.m4s$/m);
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.equal(answer.headers.connection, 'close');
  assertError(await part.answer, 503, 'NOT_READY');
});

test('those who wait on an epoch that is replaced are told', async (t) => {
  const { start, get, packager, store, storage, clock } = await fixture(t, { segments: 3 });
  const pending = start(`${packager.url}/media.m3u8?_HLS_msn=3&_HLS_part=0`);
  await until(async () => (await waiting(get)) === 1);
  const { FakePackager } = await import('./fake-packager.ts');
  await new FakePackager(store, storage, clock.now(), { epoch: 'e2' }).announce();
  assertError(await pending.answer, 404, 'NOT_FOUND');
});

test('delta updates are announced and answered unless they are turned off', async (t) => {
  const { get, packager } = await fixture(t, { segments: 12 });
  const whole = await get(`${packager.url}/media.m3u8`);
  assert.match(whole.text, /CAN-SKIP-UNTIL=12/);
  const delta = await get(`${packager.url}/media.m3u8?_HLS_skip=YES`);
  assert.match(delta.text, /#EXT-X-SKIP:SKIPPED-SEGMENTS=\d+/);
  assert.ok(delta.text.length < whole.text.length);
  const off = await fixture(t, { segments: 12, deltaUpdates: 'off' });
  const plain = await off.get(`${off.packager.url}/media.m3u8?_HLS_skip=YES`);
  assert.doesNotMatch(plain.text, /SKIP/);
});
