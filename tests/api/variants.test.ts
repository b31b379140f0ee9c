import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { fixture } from './fixture.ts';
import { assertError } from './http.ts';

/** Key frames of five bytes: what each segment begins with is its first part's text. */
async function withKeyFrames(t: Parameters<typeof fixture>[0]) {
  const fixed = await fixture(t);
  fixed.packager.keyFrame = 5;
  await fixed.packager.announce();
  await fixed.packager.addSegments(3);
  await fixed.caughtUp();
  return fixed;
}

describe('the I-frame playlist', () => {
  test('is named in the Multivariant Playlist and served as other playlists are', async (t) => {
    const { get, packager, caughtUp } = await withKeyFrames(t);
    const { text } = await get('/video/cam.m3u8');
    assert.match(
      text,
      /#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1800000,AVERAGE-BANDWIDTH=20,CODECS="avc1\.64001f",RESOLUTION=640x360,URI="cam\/e1\/main\/iframes\.m3u8"\n$/,
    );
    const path = `${packager.url}/iframes.m3u8`;
    const whole = await get(path);
    assert.equal(whole.status, 200);
    assert.equal(whole.headers['content-type'], 'application/vnd.apple.mpegurl');
    assert.equal(whole.headers['cache-control'], 'max-age=1');
    assert.equal(whole.text.match(/#EXT-X-BYTERANGE:5@0\n\d\.m4s\n/g)?.length, 3);
    const zipped = await get(path, { headers: { 'Accept-Encoding': 'gzip' } });
    assert.equal(gunzipSync(zipped.bytes).toString(), whole.text);
    const head = await get(path, { method: 'HEAD' });
    assert.equal(head.headers['content-length'], whole.headers['content-length']);
    const known = { headers: { 'If-None-Match': whole.headers.etag } };
    assert.equal((await get(path, known)).status, 304);
    await packager.addPart();
    await caughtUp();
    assert.equal((await get(path, known)).status, 304, 'an open segment is not in it');
    await packager.addSegments(1);
    await caughtUp();
    assert.equal((await get(path, known)).status, 200);
  });

  test('names ranges that hold what they say', async (t) => {
    const { get, packager } = await withKeyFrames(t);
    const { text } = await get(`${packager.url}/iframes.m3u8`);
    for (const [, length, offset, file] of text.matchAll(/#EXT-X-BYTERANGE:(\d+)@(\d+)\n(.*)\n/g)) {
      const range = `bytes=${offset}-${Number(offset) + Number(length) - 1}`;
      const answer = await get(`${packager.url}/${file}`, { headers: { Range: range } });
      assert.equal(answer.status, 206);
      assert.equal(answer.bytes.toString(), 'part ');
    }
  });

  test('is neither named nor there while no key frame is known, nor below another epoch', async (t) => {
    const { get, packager } = await fixture(t, { segments: 2 });
    assert.doesNotMatch((await get('/video/cam.m3u8')).text, /I-FRAME/);
    assertError(await get(`${packager.url}/iframes.m3u8`), 503, 'NOT_READY');
    assertError(await get('/video/cam/e9/main/iframes.m3u8'), 404, 'NOT_FOUND');
  });
});

test('BANDWIDTH is above what an earlier run has left in the list, and AVERAGE-BANDWIDTH what was measured', async (t) => {
  const { get, packager, caughtUp } = await fixture(t, { segments: 1 });
  const facts = {
    pts: packager.pts,
    date: packager.date(packager.pts),
    duration: 2_000_000,
    bytes: 1_000_000,
  };
  await packager.append({
    ...{ type: 'segment', msn: 1, run: 'r1', discontinuity: false, discontinuitySequence: 0 },
    ...{ ...facts, parts: [{ duration: 2_000_000, independent: true, bytes: 1_000_000 }] },
  });
  packager.msn = 2;
  await caughtUp();
  const { text } = await get('/video/cam.m3u8');
  assert.match(text, /:BANDWIDTH=4000000,AVERAGE-BANDWIDTH=2000072,/);
});
