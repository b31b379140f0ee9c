import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { download, isOfFrame, mintEvents } from './judge.ts';
import { startSystem } from './system.ts';

interface MarkerList {
  readonly markers: {
    readonly time: number;
    readonly duration: number | null;
    readonly data: { readonly beginUncertainty?: number | null; readonly endUncertainty?: number | null };
  }[];
}

describe('markers of a running system', () => {
  test('stand at the PTS of the first frame that shows the event, none missing and none false', async () => {
    const system = await startSystem([
      // The first event of this seed begins after five seconds: on the busiest machine the detector has come by then.
      ...['--size', '320x180', '--event-mean', '1', '--seed', '232', '--bitrate', '1M'],
      ...['--thumbnail-interval', '0'],
    ]);
    try {
      const found = async () => (await system.json<MarkerList>('/markers')).markers;
      await system.until('22 events', 90, async () => (await found()).length >= 22);
      const runs = await download(`${system.url}/video/chessboard.m3u8`);
      const shown = await mintEvents(runs, 20);
      const begins = shown.map(({ begin }) => begin);
      assert.ok(begins.length >= 20, `${begins.length} events were seen in the media`);
      // The detector may be ahead of the last whole segment, never behind it.
      const marked = (await found()).slice(0, begins.length).map(({ time, duration, data }) => ({
        ...{ begin: Math.round(time * 1e6), early: data.beginUncertainty, late: data.endUncertainty },
        end: duration === null ? undefined : Math.round((time + duration) * 1e6),
      }));
      // A marker that says by how much it may be off is so where a picture was lost on the way to the detector.
      assert.ok(marked.filter(({ early }) => early === undefined).length >= 10, JSON.stringify(marked));
      assert.deepEqual(
        marked.map(({ begin, early }, index) => {
          const shownAt = begins[index] ?? Number.NaN;
          return isOfFrame(begin, shownAt, early) ? shownAt : begin;
        }),
        begins,
      );
      // A frame that the source had no time for may have been the one that was to end it: the media says when it did.
      const ended = shown.flatMap(({ end }, index) => (end === undefined ? [] : [{ index, end }]));
      assert.ok(ended.length >= 10, `${ended.length} events were seen to end`);
      for (const { index, end } of ended) {
        const { end: named = Number.NaN, late } = marked[index] ?? {};
        assert.ok(isOfFrame(named, end, late), `event ${index} ended at ${end}, not ${named}`);
      }
    } finally {
      assert.equal(await system.stop(), 0);
    }
  });
});
