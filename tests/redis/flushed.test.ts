import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Marker, MarkerEntry } from '../../src/hls/marker-log.ts';
import { markerLogName } from '../../src/hls/marker-log.ts';
import { MarkerWindow } from '../../src/packager/marker-window.ts';
import { openStore } from '../../src/store/open.ts';
import { startRedis } from '../store/redis-server.ts';
import { come, command } from './several-redis.ts';

const log = markerLogName('yard');

function marker(id: string): Marker {
  const times = { pts: 1_000_000, date: 1_000_000, duration: 0 };
  return { id, stream: 'yard', ...times, text: id, class: 'c', source: 'api', data: {} };
}

describe('FLUSHALL while no API process lives', () => {
  test('takes no marker: the encoder that keeps the log short writes them again', async () => {
    const redis = await startRedis();
    const store = await openStore({ url: `redis://127.0.0.1:${redis.port}` });
    const failures: unknown[] = [];
    const window = new MarkerWindow({ store, stream: 'yard', failed: (error) => failures.push(error) });
    for (const id of ['a', 'b'])
      await store.append(log, { operations: [{ op: 'open', marker: marker(id) }] } satisfies MarkerEntry, {
        id,
      });
    const ids = async () =>
      (await store.read(log)).flatMap(({ value }) =>
        ((value as MarkerEntry).operations ?? []).flatMap((one) =>
          one.op === 'open' ? [one.marker.id] : [],
        ),
      );
    // It has read them when it can write them.
    await come(async () => {
      await command(redis.port, 'FLUSHALL');
      await window.restore();
      if ((await ids()).join() === 'a,b') return true;
      for (const id of ['a', 'b'])
        await store.append(log, { operations: [{ op: 'open', marker: marker(id) }] }, { id });
      return false;
    });
    await window.restore();
    assert.deepEqual(await ids(), ['a', 'b']);
    assert.deepEqual(failures, []);
    window.close();
    await store.close();
    await redis.stop();
  });
});
