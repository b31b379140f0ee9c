import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startCachingNginx } from './caching-nginx.ts';
import { crowd } from './crowd.ts';
import { mediaPlaylist } from './judge.ts';
import { type System, startSystem } from './system.ts';

const FLAGS = [
  ...['--size', '320x180', '--fps', '10', '--detector', 'none', '--thumbnail-interval', '0'],
  ...['--log-level', 'warn'],
];

/** Requests the origin has answered, by kind. */
async function answered(url: string, kind: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const counts = text.matchAll(
    new RegExp(`^hlsstream_http_requests_total\\{kind="${kind}"[^}]*\\} (\\d+)`, 'gm'),
  );
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

describe('behind a cache', () => {
  let system: System;
  before(async () => {
    system = await startSystem(FLAGS);
  });
  after(() => system?.stop());

  test('200 viewers cost the origin at most two requests per part and playlist version', async () => {
    const nginx = await startCachingNginx(system.url);
    try {
      const { uri } = await mediaPlaylist(`${nginx.url}/video/chessboard.m3u8`);
      const before = await answered(system.url, 'part');
      const viewers = crowd(uri, 200);
      await system.until('all watch for a while', 60, () => viewers.rounds.every((count) => count >= 12));
      await viewers.stop();
      assert.deepEqual(viewers.outcomes.hung, []);
      assert.deepEqual([...viewers.outcomes.answered.keys()], [200]);
      const upstream = await nginx.upstream();
      const parts = [...upstream].filter(([path]) => /\.\d+\.m4s$/.test(path));
      const versions = [...upstream].filter(([path]) => path.includes('_HLS_msn='));
      assert.ok(parts.length >= 12 && versions.length >= 12, `${parts.length} ${versions.length}`);
      assert.deepEqual(
        [...parts, ...versions].filter(([, count]) => count > 2),
        [],
      );
      // What nginx says, the origin says too.
      const total = (of: [string, number][]) => of.reduce((sum, [, count]) => sum + count, 0);
      assert.equal((await answered(system.url, 'part')) - before, total(parts));
      const asked = viewers.rounds.reduce((sum, count) => sum + count, 0);
      assert.ok(asked > 20 * total(parts), `${asked} parts watched, ${total(parts)} fetched`);
    } finally {
      await nginx.stop();
    }
  });

  test('a part that never comes, for its encoder died, is denied to 50 viewers by one answer', async () => {
    const nginx = await startCachingNginx(system.url);
    try {
      const { uri } = await mediaPlaylist(`${nginx.url}/video/chessboard.m3u8`);
      const viewers = crowd(uri, 50);
      await system.until('all watch', 60, () => viewers.rounds.every((count) => count >= 3));
      const [stream = 0] = await system.pids('stream');
      process.kill(stream, 'SIGKILL');
      const before = [...viewers.rounds];
      await system.until('all watch again', 30, () =>
        viewers.rounds.every((count, viewer) => count >= (before[viewer] ?? 0) + 6),
      );
      await viewers.stop();
      assert.deepEqual(viewers.outcomes.hung, []);
      const parts = [...(await nginx.upstream())].filter(([path]) => /\.\d+\.m4s$/.test(path));
      assert.deepEqual(
        parts.filter(([, count]) => count > 2),
        [],
      );
    } finally {
      await nginx.stop();
    }
  });

  test('media and blocking playlists are kept, plain playlists for moments, errors never', async () => {
    const nginx = await startCachingNginx(system.url);
    try {
      const { uri, text } = await mediaPlaylist(`${nginx.url}/video/chessboard.m3u8`);
      const cache = async (url: string, init: RequestInit = {}) => {
        const response = await fetch(url, init);
        await response.arrayBuffer();
        return `${response.status} ${response.headers.get('x-cache')}`;
      };
      const segment = new URL(/^\d+\.m4s$/m.exec(text)?.[0] ?? '', uri).href;
      assert.equal(await cache(segment), '200 MISS');
      assert.equal(await cache(segment), '200 HIT');
      // A range comes out of the cached whole.
      assert.equal(await cache(segment, { headers: { range: 'bytes=0-99' } }), '206 HIT');
      const hint = /PRELOAD-HINT:TYPE=PART,URI="(\d+)\.(\d+)\.m4s"/.exec(text);
      const blocking = `${uri}?_HLS_msn=${hint?.[1]}&_HLS_part=${hint?.[2]}`;
      assert.equal(await cache(blocking), '200 MISS');
      assert.equal(await cache(blocking), '200 HIT');
      // Once it is over a second old, a plain playlist is fetched anew.
      await system.until('it is fetched anew', 5, async () => /EXPIRED|MISS/.test(await cache(uri)));
      for (const wrong of [`${uri}?_HLS_part=1`, `${uri}?_HLS_msn=100000`, new URL('99999.m4s', uri).href]) {
        const [first, second] = [await cache(wrong), await cache(wrong)];
        assert.match(first, /^40[04] MISS$/);
        assert.equal(second, first);
      }
      // Two codings, two variants: nobody is sent gzip who cannot read it.
      const fresh = `${uri}?_HLS_msn=${Number(hint?.[1]) + 1}&_HLS_part=0`;
      const zipped = await fetch(fresh, { headers: { 'accept-encoding': 'gzip' } });
      const plain = await fetch(fresh, { headers: { 'accept-encoding': 'identity' } });
      assert.deepEqual(
        [zipped.headers.get('content-encoding'), plain.headers.get('content-encoding')],
        ['gzip', null],
      );
      assert.match(await zipped.text(), /^#EXTM3U/);
      assert.match(await plain.text(), /^#EXTM3U/);
      // Neither events nor JSON that changes is kept.
      for (const path of ['/streams', '/markers', '/healthz']) {
        await cache(`${nginx.url}${path}`);
        assert.match(await cache(`${nginx.url}${path}`), /^200 (MISS|EXPIRED|BYPASS)$/, path);
      }
    } finally {
      await nginx.stop();
    }
  });

  test('a fresh start never meets what was cached of the one before', async () => {
    const nginx = await startCachingNginx(system.url);
    let second: System | undefined;
    try {
      const multivariant = `${nginx.url}/video/chessboard.m3u8`;
      const before = await mediaPlaylist(multivariant);
      const files = ['0.m4s', '0.0.m4s', '0.1.m4s'];
      for (const file of files) assert.equal((await fetch(new URL(file, before.uri))).status, 200);
      assert.equal(await system.stop(), 0);
      second = await startSystem([...FLAGS, '--port', new URL(system.url).port]);
      assert.equal(second.url, system.url);
      let after = before;
      await second.until('the new epoch shows', 5, async () => {
        after = await mediaPlaylist(multivariant);
        return after.uri !== before.uri;
      });
      for (const file of files) {
        const cached = new URL(file, after.uri);
        const direct = new URL(cached.pathname, second.url);
        const [one, other] = await Promise.all(
          [cached, direct].map(async (url) => Buffer.from(await (await fetch(url)).arrayBuffer())),
        );
        assert.ok(one?.equals(other ?? Buffer.alloc(0)), file);
      }
    } finally {
      await nginx.stop();
      await second?.stop();
    }
  });
});
