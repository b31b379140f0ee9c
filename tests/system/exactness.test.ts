import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { download, mintEvents } from './judge.ts';
import { startSystem } from './system.ts';

interface MarkerList {
  readonly markers: { id: string; time: number; duration: number | null; class: string }[];
}

describe('markers of a running system', () => {
  test('stand at the PTS of the first frame that shows the event, none missing and none false', async () => {
    const system = await startSystem([
      ...['--size', '320x180', '--event-mean', '1', '--seed', '11', '--bitrate', '1M'],
      ...['--thumbnail-interval', '0'],
    ]);
    try {
      const found = async () => (await system.json<MarkerList>('/markers')).markers;
      await system.until('22 events', 90, async () => (await found()).length >= 22);
      const runs = await download(`${system.url}/video/chessboard.m3u8`);
      const shown = await mintEvents(runs, 20);
      const begins = shown.map(({ begin }) => begin);
      const last = begins.at(-1) ?? 0;
      assert.ok(begins.length >= 20, `${begins.length} events were seen in the media`);
      // The detector may be ahead of the last whole segment, never behind it.
      const marked = (await found())
        .map(({ time, duration }) => ({
          begin: Math.round(time * 1e6),
          end: duration === null ? undefined : Math.round((time + duration) * 1e6),
        }))
        .filter(({ begin }) => begin <= last);
      assert.deepEqual(
        marked.map(({ begin }) => begin),
        begins,
      );
      // A frame that the source had no time for may have been the one that was to end it: the media says when it did.
      const ended = shown.filter(({ end }) => end !== undefined);
      assert.ok(ended.length >= 10, `${ended.length} events were seen to end`);
      assert.deepEqual(marked.slice(0, ended.length), ended);
    } finally {
      assert.equal(await system.stop(), 0);
    }
  });
});
