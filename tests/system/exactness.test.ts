import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { download, mintBegins } from './judge.ts';
import { startSystem } from './system.ts';

interface MarkerList {
  readonly markers: { id: string; time: number; duration: number | null; class: string }[];
}

describe('markers of a running system', () => {
  test('stand at the PTS of the first frame that shows the event, none missing and none false', async () => {
    const system = await startSystem([
      ...['--size', '320x180', '--event-mean', '1', '--seed', '11', '--bitrate', '1M'],
    ]);
    try {
      const found = async () => (await system.json<MarkerList>('/markers')).markers;
      await system.until('22 events', 90, async () => (await found()).length >= 22);
      const runs = await download(`${system.url}/video/chessboard.m3u8`);
      const begins = await mintBegins(runs, 20);
      const last = begins.at(-1) ?? 0;
      assert.ok(begins.length >= 20, `${begins.length} events were seen in the media`);
      // The detector may be ahead of the last whole segment, never behind it.
      const marked = (await found())
        .map((marker) => Math.round(marker.time * 1e6))
        .filter((pts) => pts <= last);
      assert.deepEqual(marked, begins);
      for (const { duration } of (await found()).slice(0, 10)) {
        assert.ok(duration !== null && Math.abs(duration - 2) < 0.04, `lasted ${duration} s`);
      }
    } finally {
      assert.equal(await system.stop(), 0);
    }
  });
});
