import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as HLS from 'hls-parser';
import { bitRates } from '../../src/hls/bit-rates.ts';
import { hasKeyFrames, keyFrameBytes, renderKeyFramePlaylist } from '../../src/hls/key-frame-playlist.ts';
import type { MediaState, SegmentEntry } from '../../src/hls/playlist-log.ts';
import { SimulatedStream } from './simulated-stream.ts';

HLS.setOptions({ strictMode: true });

/** Every segment begins with a key frame of 700 bytes and its MSN. */
function known(state: MediaState, from = 0): MediaState {
  const segments = state.segments.map((segment): SegmentEntry => {
    const [first, ...rest] = segment.parts;
    if (first === undefined || segment.msn < from) return segment;
    return { ...segment, parts: [{ ...first, keyFrame: 700 + segment.msn }, ...rest] };
  });
  return { ...state, segments };
}

describe('renderKeyFramePlaylist', () => {
  test('lists the key frame of each segment, with breaks and dates, and nothing that is open', () => {
    const played = new SimulatedStream();
    played.segment();
    played.segment();
    played.startRun(60_000_000);
    played.segment();
    played.part(333_333);
    const text = renderKeyFramePlaylist(known(played.state));
    assert.equal(
      text,
      `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-I-FRAMES-ONLY
#EXT-X-MAP:URI="init-r1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-02T12:00:00.000Z
#EXTINF:1.999998,
#EXT-X-BYTERANGE:700@0
0.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-02T12:00:02.000Z
#EXTINF:1.999998,
#EXT-X-BYTERANGE:701@0
1.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init-r2.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-02T12:01:04.000Z
#EXTINF:1.999998,
#EXT-X-BYTERANGE:702@0
2.m4s
`,
    );
    const parsed = HLS.parse(text) as HLS.types.MediaPlaylist;
    assert.equal(parsed.isIFrame, true);
    assert.deepEqual(
      parsed.segments.map(({ byterange }) => byterange),
      [700, 701, 702].map((length) => ({ length, offset: 0 })),
    );
  });

  test('numbers its entries as the segments are, breaks that left the list included, and ends with them', () => {
    const played = new SimulatedStream({ window: 4_000_000 });
    for (let count = 0; count < 5; count += 1) {
      if (count > 0) played.startRun(0);
      played.segment();
    }
    played.end();
    const text = renderKeyFramePlaylist(known(played.state));
    assert.match(text, /#EXT-X-MEDIA-SEQUENCE:2\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n/);
    assert.match(text, /2\.m4s\n(.*\n)*4\.m4s\n#EXT-X-ENDLIST\n$/);
  });

  test('begins behind what an older log does not know, and leaves a gap where one is missing', () => {
    const played = new SimulatedStream();
    for (let count = 0; count < 4; count += 1) played.segment();
    assert.equal(hasKeyFrames(played.state), false);
    const later = known(played.state, 2);
    assert.match(renderKeyFramePlaylist(later), /#EXT-X-MEDIA-SEQUENCE:2\n/);
    assert.match(renderKeyFramePlaylist(later), /I-FRAMES-ONLY\n#EXT-X-MAP:URI="init-r1.mp4"\n/);
    const [first, , ...rest] = known(played.state).segments;
    const holed = { ...played.state, segments: [first, played.state.segments[1], ...rest] as SegmentEntry[] };
    assert.match(renderKeyFramePlaylist(holed), /#EXTINF:1\.999998,\n#EXT-X-GAP\n1\.m4s\n/);
    assert.equal((HLS.parse(renderKeyFramePlaylist(holed)) as HLS.types.MediaPlaylist).segments.length, 4);
  });
});

describe('bitRates', () => {
  test('says the average of what is listed and the highest of what is long enough to count', () => {
    const played = new SimulatedStream();
    played.segment([2_000_000]);
    played.segment([1_000_000, 1_000_000]);
    played.segment([100_000, 100_000, 100_000]);
    // 1000 bytes a part: 4 and 8 kbit/s, and 80 kbit/s in 0.3 s.
    const rates = bitRates(played.state);
    assert.equal(Math.round(rates?.average ?? 0), Math.round((6000 * 8) / 4.3));
    assert.equal(rates?.peak, 8000);
    const keys = bitRates(known(played.state), (segment) => keyFrameBytes(segment) ?? 0);
    assert.equal(keys?.peak, (701 * 8) / 2);
    assert.equal(bitRates(new SimulatedStream().state), undefined);
  });
});
