import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { markerLogName } from '../../src/hls/marker-log.ts';
import { isCheckpoint } from '../../src/store/log/checkpoint.ts';
import { readAll } from '../../src/store/log/read-all.ts';
import { RedisStore } from '../../src/store/redis/redis-store.ts';
import { SseClient } from '../api/sse-client.ts';
import { startRedis } from '../store/redis-server.ts';
import { mediaPlaylist } from './judge.ts';
import { startSystem } from './system.ts';

const LOG = markerLogName('chessboard');
/** Markers a request, and requests: more than twice what a checkpoint waits for. */
const BATCH = 1000;
const BATCHES = 24;

describe('the marker log of a running system', () => {
  test('is cut off, and an API process that begins then shows the same markers and date ranges', async (t) => {
    const redis = await startRedis();
    const store = await RedisStore.open(`redis://127.0.0.1:${redis.port}`);
    const system = await startSystem([
      ...['--store', `redis://127.0.0.1:${redis.port}`, '--size', '320x180', '--segment', '1'],
      ...['--fps', '10', '--detector', 'none', '--thumbnail-interval', '0', '--log-level', 'warn'],
    ]);
    t.after(async () => {
      assert.equal(await system.stop(), 0);
      await store.close();
      await redis.stop();
    });
    assert.deepEqual(
      await system.pids('detect'),
      [],
      'where nothing is looked for there is nobody who looks',
    );
    const port = Number(new URL(system.url).port);
    const post = async (body: unknown) => {
      const response = await fetch(`${system.url}/markers`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
      assert.equal(response.status, 201, await response.clone().text());
      return response.json();
    };
    const shown = async () => {
      const markers: unknown[] = [];
      let next: string | null = '';
      while (next !== null) {
        const page: { markers: unknown[]; next: string | null } = await system.json(
          `/markers?limit=10000${next && `&page=${encodeURIComponent(next)}`}`,
        );
        markers.push(...page.markers);
        next = page.next;
      }
      const { text } = await mediaPlaylist(`${system.url}/video/chessboard.m3u8`);
      return { markers, ranges: text.match(/^#EXT-X-DATERANGE:.*$/gm) ?? [] };
    };

    const first = (await post({ id: 'first', duration: null, text: 'goes on' })) as { time: number };
    const { cursor: old } = await system.json<{ cursor: string }>('/markers');
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const facts = { time: first.time, text: 'x' };
      await post(Array.from({ length: BATCH }, (_, n) => ({ id: `b${batch}-${n}`, ...facts })));
    }
    await system.until('the log is cut off', 30, async () => {
      const [oldest] = await store.read(LOG, { limit: 1 });
      return isCheckpoint(oldest?.value);
    });
    const before = await shown();
    assert.equal(before.markers.length, 1 + BATCH * BATCHES);
    // Of a crowd no more than a playlist can carry, the first ones.
    assert.equal(before.ranges.length, 128);
    assert.ok(before.ranges.some((range) => /ID="first@[0-9a-f]{8}"/.test(range)));
    assert.equal(
      (await readAll(store, LOG)).some(({ cursor }) => cursor === old),
      false,
    );

    const [api = 0] = await system.pids('api');
    process.kill(api, 'SIGKILL');
    await system.until('another API process answers', 30, async () => {
      const [pid = api] = await system.pids('api');
      return pid !== api && (await fetch(`${system.url}/readyz`)).ok;
    });
    assert.deepEqual(await shown(), before);
    const client = await SseClient.open(port, '/markers/events', { 'Last-Event-ID': old });
    const { cursor } = await system.json<{ cursor: string }>('/markers');
    assert.deepEqual(
      client.of('reset').map(({ data }) => data),
      [{ cursor }],
    );
    await post({ id: 'last', text: 'x' });
    await system.until('the change is told', 10, () => client.changes.length > 0);
    assert.deepEqual(client.changes, ['open last']);
    client.close();
  });
});
