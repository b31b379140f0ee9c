import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Fixture, fixture, until } from './fixture.ts';

const SKIP = /#EXT-X-SKIP:SKIPPED-SEGMENTS=\d+/;

/** A stream of segments of 2 s with a discontinuity at the third: six may be skipped of twelve. */
async function broken(t: Parameters<typeof fixture>[0], options: Parameters<typeof fixture>[1] = {}) {
  const fixed = await fixture(t, { segments: 2, ...options });
  fixed.packager.startRun();
  await fixed.packager.addSegments(10);
  await fixed.caughtUp();
  return fixed;
}

const list = ({ packager, get }: Fixture, query = '', headers: Record<string, string> = {}) =>
  get(`${packager.url}/media.m3u8${query}`, { headers });

describe('a delta update that would skip a discontinuity', () => {
  for (const skip of ['YES', 'v2']) {
    test(`is the whole list, for all who ask alike (_HLS_skip=${skip})`, async (t) => {
      const stream = await broken(t);
      const whole = await list(stream);
      const asked = await list(stream, `?_HLS_skip=${skip}`);
      assert.equal(asked.text, whole.text);
      assert.match(asked.text, /CAN-SKIP-UNTIL=12/);
      assert.equal(asked.headers.etag, whole.headers.etag);
      const blocking = await list(stream, `?_HLS_msn=11&_HLS_part=3&_HLS_skip=${skip}`, {
        'Accept-Encoding': 'gzip',
      });
      assert.equal(blocking.headers['cache-control'], 'max-age=0, s-maxage=12');
      assert.equal(gunzipSync(blocking.bytes).toString(), whole.text);
      const known = { 'If-None-Match': asked.headers.etag ?? '' };
      assert.equal((await list(stream, `?_HLS_skip=${skip}`, known)).status, 304);
      const another = await stream.another();
      await until(() => another.api.live.stream('cam')?.state?.nextMsn === 12);
      const url = `http://127.0.0.1:${another.port}${stream.packager.url}/media.m3u8?_HLS_skip=${skip}`;
      assert.equal(await (await fetch(url)).text(), whole.text);
    });
  }

  test('is a delta update again, with a tag of its own, when the discontinuity has left the list', async (t) => {
    const stream = await broken(t);
    const { headers } = await list(stream, '?_HLS_skip=YES');
    await stream.packager.append({ type: 'removed', before: 3 });
    await until(() => stream.api.live.stream('cam')?.state?.segments[0]?.msn === 3);
    const delta = await list(stream, '?_HLS_skip=YES', { 'If-None-Match': headers.etag ?? '' });
    assert.equal(delta.status, 200);
    assert.match(delta.text, SKIP);
    assert.match(delta.text, /EXT-X-DISCONTINUITY-SEQUENCE:1/);
  });

  test('counts the tag on the first segment that is listed', async (t) => {
    const stream = await broken(t);
    await stream.packager.append({ type: 'removed', before: 2 });
    await until(() => stream.api.live.stream('cam')?.state?.segments[0]?.msn === 2);
    assert.doesNotMatch((await list(stream, '?_HLS_skip=YES')).text, SKIP);
  });

  test('is one where the discontinuity is in what is sent', async (t) => {
    const stream = await fixture(t, { segments: 10 });
    stream.packager.startRun();
    await stream.packager.addSegments(1);
    await stream.caughtUp();
    const delta = await list(stream, '?_HLS_skip=YES');
    assert.match(delta.text, SKIP);
    assert.match(delta.text, /EXT-X-DISCONTINUITY\n/);
  });

  test('is one in any case with `on`, and never with `off`', async (t) => {
    const on = await list(await broken(t, { deltaUpdates: 'on' }), '?_HLS_skip=YES');
    assert.match(on.text, SKIP);
    const off = await list(await broken(t, { deltaUpdates: 'off' }), '?_HLS_skip=YES');
    assert.doesNotMatch(off.text, /SKIP/);
  });

  test('is one when the whole list is more than 64 KiB gzipped', async (t) => {
    const stream = await broken(t);
    const { packager } = stream;
    const sizes: { bytes: number; delta: boolean }[] = [];
    for (const segments of [4000, 14_000]) {
      // Media that nobody fetches: each segment of one part.
      await packager.addEmptySegments(segments - packager.msn);
      await until(() => stream.api.live.stream('cam')?.state?.nextMsn === segments);
      const whole = await list(stream);
      const asked = await list(stream, '?_HLS_skip=YES');
      sizes.push({ bytes: gzipSync(whole.bytes).length, delta: SKIP.test(asked.text) });
    }
    assert.deepEqual(
      sizes.map(({ delta }) => delta),
      sizes.map(({ bytes }) => bytes > 65_536),
    );
    assert.deepEqual(new Set(sizes.map(({ delta }) => delta)), new Set([true, false]));
  });
});

describe('a delta update that would skip what its client cannot know', () => {
  test('is the whole list: who waits for a segment has those before it alone', async (t) => {
    const stream = await fixture(t, { segments: 10 });
    // Six of ten segments of 2 s are within the Skip Boundary.
    const whole = await list(stream);
    assert.equal((await list(stream, '?_HLS_msn=3&_HLS_skip=YES')).text, whole.text);
    assert.match((await list(stream, '?_HLS_msn=4&_HLS_skip=YES')).text, SKIP);
  });
});
