import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Fragment } from '../../src/encoder/encoder.ts';
import { FfmpegEncoder } from '../../src/encoder/ffmpeg-encoder.ts';
import { declaredBandwidth, rateControl } from '../../src/encoder/recipes.ts';

const shape = { width: 160, height: 96, frameRate: 30 };
const picture = (shade: number) => ({
  width: 160,
  height: 96,
  data: new Uint8Array(160 * 96 * 4).fill(shade),
});

/** Jittered, gapped times, even and odd, with IDR frames asked for at some of them. */
function times(count: number): { readonly pts: number; readonly keyframe: boolean }[] {
  let random = 7;
  const next = () => {
    random = (random * 48_271) % 2_147_483_647;
    return random / 2_147_483_647;
  };
  let pts = 7_000_001;
  return Array.from({ length: count }, (_, index) => {
    pts += Math.round(33_333 + (next() - 0.5) * 20_000 + (index % 40 === 39 ? 1_500_000 * next() : 0));
    return { pts, keyframe: index % 17 === 0 };
  });
}

describe('FfmpegEncoder', () => {
  test('gives each frame back at the time it was given, an IDR frame where one was asked for and nowhere else', async () => {
    const run = new FfmpegEncoder({ encoder: 'libx264' }, 'ffmpeg').start(shape);
    const given = times(200);
    const feed = (async () => {
      for (const [index, asked] of given.entries()) await run.write({ ...asked, frame: picture(index) });
      run.end();
    })();
    const fragments: Fragment[] = [];
    for await (const fragment of run.fragments) fragments.push(fragment);
    await feed;
    assert.equal(fragments.length, given.length);
    for (const [index, { pts, duration, independent }] of fragments.entries()) {
      assert.deepEqual({ pts, keyframe: independent }, given[index]);
      const until = fragments[index + 1]?.pts;
      if (until !== undefined) assert.equal(pts + duration, until);
    }
    const init = await run.init;
    assert.match(init.codecs, /^avc1\.64[0-9a-f]{4}$/);
    assert.deepEqual([init.width, init.height], [160, 96]);
  });

  test('says why it failed when ffmpeg is killed, and when it cannot be run', async () => {
    const run = new FfmpegEncoder({ encoder: 'libx264' }, 'ffmpeg').start(shape);
    await run.write({ pts: 0, keyframe: true, frame: picture(1) });
    run.kill();
    const drain = async (fragments: AsyncIterable<Fragment>) => {
      for await (const _ of fragments);
    };
    await assert.rejects(drain(run.fragments), { code: 'ENCODER_FAILED', message: /SIGKILL/ });
    await assert.rejects(run.init, { code: 'ENCODER_FAILED' });
    const absent = new FfmpegEncoder({ encoder: 'libx264' }, '/nowhere/ffmpeg').start(shape);
    await assert.rejects(drain(absent.fragments), { code: 'FFMPEG_NOT_FOUND' });
  });

  test('refuses an odd size before it starts anything', () => {
    const encoder = new FfmpegEncoder({ encoder: 'libx264' }, 'ffmpeg');
    assert.throws(() => encoder.start({ ...shape, width: 161 }), { code: 'SOURCE_SIZE' });
  });
});

describe('declaredBandwidth', () => {
  test('is above what the rate control may let through in one segment', () => {
    const rate = rateControl({ encoder: 'libx264', bitrate: 1_000_000 }, shape);
    assert.ok(declaredBandwidth(rate, shape, { segment: 2, keyFrames: 1 }) > rate.peak + rate.buffer / 2);
  });
});
