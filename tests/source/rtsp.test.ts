import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { HlsStreamError } from '../../src/errors.ts';
import { openFfmpegInput } from '../../src/source/ffmpeg-input.ts';
import { systemClock } from '../../src/source/pacer.ts';
import { play } from './input-clips.ts';
import { type CodedPicture, greyPictures, type RtspBehaviour, rtspCamera } from './rtsp-camera.ts';

const RATE = 25;
/** Of the forty pictures of a camera that is not heard of any more, ffmpeg holds the last few back. */
const SHOWN = 36;
let pictures: readonly CodedPicture[];
before(() => {
  pictures = greyPictures(40);
});

/** Plays a camera that behaves so. */
async function watch(behave: (play: number) => Partial<RtspBehaviour>, most: number) {
  const camera = await rtspCamera((count) => ({ pictures, rate: RATE, ...behave(count) }));
  try {
    const options = { input: camera.url, clock: systemClock, silence: 1000 };
    return { ...(await play(options, most)), plays: camera.plays };
  } finally {
    await camera.close();
  }
}

/** From frame to frame, in milliseconds. */
const steps = (frames: readonly { readonly pts: number }[]) =>
  frames.slice(1).map(({ pts }, index) => Math.round((pts - (frames[index]?.pts ?? 0)) / 1000));

describe('a camera that speaks RTSP', { concurrency: true }, () => {
  test('shows each of its pictures as it was, at its own time', async () => {
    const camera = await rtspCamera(() => ({ pictures, rate: RATE }));
    try {
      const source = await openFfmpegInput({ input: camera.url });
      assert.deepEqual([source.width, source.height, source.frameRate, source.live], [160, 96, RATE, true]);
      const seen: number[] = [];
      const times: { pts: number }[] = [];
      for await (const { pts, data } of source.frames()) {
        // Of luma 16 to 235 to levels of 0 to 255.
        seen.push(Math.round(((data[0] ?? 0) * 219) / 255 / 4));
        times.push({ pts });
        if (seen.length === SHOWN) break;
      }
      assert.deepEqual(
        seen,
        seen.map((_, index) => index),
      );
      assert.ok(steps(times).every((step) => step === 1000 / RATE));
    } finally {
      await camera.close();
    }
  });

  test('is opened again when it closes its connection in good order', async () => {
    const { breaks, warnings, frames } = await watch((count) => ({ closes: count === 1 }), 60);
    assert.equal(frames.length, 60);
    assert.equal(breaks.length, 1);
    assert.match(warnings[0] ?? '', /the source broke off: rtsp:.* ended/);
  });

  test('is opened again when its connection stays open and nothing comes', async () => {
    const { breaks, warnings, plays } = await watch(() => ({}), 60);
    assert.deepEqual([breaks.length, plays], [1, 2]);
    assert.match(warnings[0] ?? '', /the source broke off: no picture for 1 s/);
  });

  test('is waited for while it is away, and says why', async () => {
    const first = await rtspCamera(() => ({ pictures, rate: RATE }));
    await first.close();
    const warnings: string[] = [];
    let came: (() => void) | undefined;
    const said = new Promise<void>((resolve) => {
      came = resolve;
    });
    const warn = (_: object, text: string) => {
      warnings.push(text);
      came?.();
    };
    const opening = openFfmpegInput({ input: first.url, log: { info: () => {}, warn } });
    await said;
    assert.match(warnings[0] ?? '', /Connection refused/);
    const port = Number(new URL(first.url).port);
    const camera = await rtspCamera(() => ({ pictures, rate: RATE }), port);
    try {
      for await (const { width } of (await opening).frames()) {
        assert.equal(width, 160);
        break;
      }
    } finally {
      await camera.close();
    }
  });

  test('says that it wants another password, in one line that does not show the one it got', async () => {
    const camera = await rtspCamera(() => ({ pictures, rate: RATE, login: 'admin:right' }));
    const stop = new AbortController();
    const broken: HlsStreamError[] = [];
    try {
      const opening = openFfmpegInput({
        input: camera.url.replace('//', '//admin:wr0ng@'),
        signal: stop.signal,
        log: { info: () => {}, warn: () => {}, broken: (error) => broken.push(error) && stop.abort() },
      });
      await assert.rejects(opening, HlsStreamError);
      const [error] = broken;
      assert.match(error?.message ?? '', /rtsp:\/\/\*\*\*@127.*401 Unauthorized/);
      assert.doesNotMatch(error?.message ?? '', /wr0ng|\n/);
    } finally {
      await camera.close();
    }
  });

  test('is refused if it has sound only', async () => {
    const opening = watch(() => ({ soundOnly: true }), 1);
    await assert.rejects(opening, /there is no video in rtsp:/);
  });

  test('loses no picture where every tenth is stamped hours away from the others', async () => {
    for (const hours of [-2.7, 10.4]) {
      const timestamp = (index: number) => index * 3600 + (index % 10 === 7 ? hours * 3600 * 90_000 : 0);
      const { frames, breaks } = await watch(() => ({ timestamp }), SHOWN);
      assert.deepEqual(breaks, []);
      assert.ok(
        steps(frames).every((step) => step === 1000 / RATE),
        JSON.stringify(steps(frames)),
      );
    }
  });

  test('whose clock is set and stays there goes on after one break', async () => {
    for (const seconds of [-100, 100]) {
      const timestamp = (index: number) => index * 3600 + (index >= 20 ? seconds * 90_000 : 0);
      const { frames, breaks } = await watch(() => ({ timestamp }), SHOWN);
      assert.equal(breaks.length, 1);
      assert.equal(steps(frames).filter((step) => step === 1000 / RATE).length, SHOWN - 2);
    }
  });

  test('whose RTP clock runs over goes on as if nothing were', async () => {
    const timestamp = (index: number) => 2 ** 32 - 20 * 3600 + index * 3600;
    const { frames, breaks } = await watch(() => ({ timestamp }), SHOWN);
    assert.deepEqual(breaks, []);
    assert.ok(steps(frames).every((step) => step === 1000 / RATE));
  });
});
