import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as HLS from 'hls-parser';
import { renderMultivariantPlaylist } from '../../src/hls/multivariant-playlist.ts';
import type { InitEntry } from '../../src/hls/playlist-log.ts';

const init: InitEntry = {
  type: 'init',
  run: 'r1',
  anchor: { pts: 0, date: 0 },
  codecs: 'avc1.64001f',
  width: 640,
  height: 360,
  frameRate: 30_000 / 1001,
  bandwidth: 2_000_000.5,
};

describe('renderMultivariantPlaylist', () => {
  test('describes the one variant there is', () => {
    const text = renderMultivariantPlaylist(init, 'test/e1/main/media.m3u8');
    assert.equal(
      text,
      `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=2000001,CODECS="avc1.64001f",RESOLUTION=640x360,FRAME-RATE=29.970,CLOSED-CAPTIONS=NONE
test/e1/main/media.m3u8
`,
    );
    HLS.setOptions({ strictMode: true });
    assert.equal((HLS.parse(text) as HLS.types.MasterPlaylist).variants.length, 1);
  });

  test('names the key frames beside it', () => {
    const keyFrames = { uri: 'test/e1/main/iframes.m3u8', bandwidth: 300_000.5, averageBandwidth: 90_000 };
    const text = renderMultivariantPlaylist(init, 'm.m3u8', keyFrames);
    assert.match(
      text,
      /\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=300001,AVERAGE-BANDWIDTH=90000,CODECS="avc1\.64001f",RESOLUTION=640x360,URI="test\/e1\/main\/iframes\.m3u8"\n$/,
    );
    const { variants } = HLS.parse(text) as HLS.types.MasterPlaylist;
    assert.deepEqual(
      variants.map(({ uri, isIFrameOnly }) => [uri, isIFrameOnly]),
      [
        ['m.m3u8', false],
        ['test/e1/main/iframes.m3u8', true],
      ],
    );
  });

  test('names the average where it is known', () => {
    const text = renderMultivariantPlaylist({ ...init, averageBandwidth: 1_500_000 }, 'm.m3u8');
    assert.match(text, /BANDWIDTH=2000001,AVERAGE-BANDWIDTH=1500000,CODECS/);
  });
});
