import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import type { Frame } from '../../src/container/frame.ts';
import { openFfmpegInput } from '../../src/source/ffmpeg-input.ts';
import { clipFolder, fastClock, ffmpeg, lavfi, play, X264 } from './input-clips.ts';
import { take } from './source-contract.ts';

const { path, remove } = clipFolder();
after(remove);

async function firstFrame(input: string): Promise<Frame> {
  const [frame] = await take(await openFfmpegInput({ input, clock: fastClock() }), 1);
  return frame as Frame;
}

/** Red, green and blue in the middle of a frame. */
function middle({ width, height, data }: Frame): number[] {
  const at = ((height >> 1) * width + (width >> 1)) * 4;
  return [...data.subarray(at, at + 3)];
}

/** Rows that differ from the one above more than from the one two above: combing, as a share of all rows. */
function combing({ width, height, data }: Pick<Frame, 'width' | 'height' | 'data'>): number {
  let combed = 0;
  for (let y = 2; y < height; y++) {
    let [one, two] = [0, 0];
    for (let x = 0; x < width; x++) {
      const at = (row: number) => data[((y - row) * width + x) * 4] as number;
      one += Math.abs(at(0) - at(1));
      two += Math.abs(at(0) - at(2));
    }
    if (one > two * 2 + width) combed += 1;
  }
  return combed / height;
}

describe('the picture of an input', () => {
  test('pixels that are not square become square, the longer way round; a senseless aspect is left alone', async () => {
    const cases: [string, string, [number, number]][] = [
      ['720x576', '64/45', [1024, 576]],
      ['1440x1080', '4/3', [1920, 1080]],
      ['704x480', '10/11', [704, 528]],
      ['640x360', '1/1', [640, 360]],
      ['320x240', '50/1', [320, 240]],
    ];
    for (const [size, aspect, expected] of cases) {
      ffmpeg(
        ...lavfi(`testsrc=s=${size}:r=25:d=0.2`),
        '-vf',
        `setsar=${aspect}:max=100`,
        ...X264,
        path('sar.mkv'),
      );
      const { width, height } = await firstFrame(path('sar.mkv'));
      assert.deepEqual([width, height], expected, `${size} of ${aspect}`);
    }
  });

  test('HLG and PQ are brought to BT.709: grey, diffuse white and highlights where SDR has them', async () => {
    // Signal level → the level of SDR that shows the same light (ITU-R BT.2408 §2: grey card 18 %, white 203 cd/m²).
    const cases: [string, number, [number, number]][] = [
      ['arib-std-b67', 0.38, [90, 125]],
      ['arib-std-b67', 0.75, [195, 235]],
      ['arib-std-b67', 1, [240, 255]],
      ['smpte2084', 0.38, [90, 125]],
      ['smpte2084', 0.58, [195, 235]],
      ['smpte2084', 0.9, [240, 255]],
    ];
    for (const [transfer, level, [least, most]] of cases) {
      const luma = Math.round(64 + 876 * level);
      ffmpeg(
        ...lavfi(`color=s=64x64:d=0.2,format=yuv420p10le,geq=lum=${luma}:cb=512:cr=512`),
        ...['-c:v', 'libx265', '-x265-params', 'log-level=none', '-colorspace', 'bt2020nc'],
        ...['-color_primaries', 'bt2020', '-color_trc', transfer, path('hdr.mp4')],
      );
      const [red = 0, green, blue] = middle(await firstFrame(path('hdr.mp4')));
      assert.ok(red >= least && red <= most, `${transfer} at ${level} became ${red}`);
      assert.ok(Math.abs(red - (green ?? 0)) <= 2 && Math.abs(red - (blue ?? 0)) <= 2, 'grey stays grey');
    }
  });

  test('HDR through standard input is seen before anything is lost', async () => {
    ffmpeg(
      ...lavfi('testsrc=s=64x64:d=1:r=25,format=yuv420p10le'),
      ...['-c:v', 'libx265', '-x265-params', 'log-level=none', '-colorspace', 'bt2020nc'],
      ...['-color_primaries', 'bt2020', '-color_trc', 'arib-std-b67', path('hdr.mkv')],
    );
    const played = await play({ input: '-', stdin: createReadStream(path('hdr.mkv')) });
    assert.equal(played.frames.length, 25);
  });

  test('without the filter for it HDR is refused by name, not shown in wrong colours', async () => {
    ffmpeg(
      ...lavfi('testsrc=s=64x64:d=0.2,format=yuv420p10le'),
      ...['-c:v', 'libx265', '-x265-params', 'log-level=none', '-colorspace', 'bt2020nc'],
      ...['-color_primaries', 'bt2020', '-color_trc', 'smpte2084', path('pq.mp4')],
    );
    // An ffmpeg that was built without libzimg.
    writeFileSync(
      path('old-ffmpeg'),
      `#!/bin/sh\ncase "$*" in *zscale*) echo "[AVFilterGraph @ 0x1] [error] No such filter: 'zscale'" >&2; exit 1;; esac\nexec ffmpeg "$@"\n`,
      { mode: 0o755 },
    );
    await assert.rejects(openFfmpegInput({ input: path('pq.mp4'), ffmpeg: path('old-ffmpeg') }), {
      code: 'SOURCE_FAILED',
      message: /pq\.mp4 are HDR, .* has no such filter as zscale; install an ffmpeg built with libzimg/,
    });
  });

  for (const [first, flag] of [
    ['top', 'tff'],
    ['bottom', 'bff'],
  ] as const)
    test(`what is flagged as interlaced, ${first} field first, is deinterlaced, and no frame is lost`, async () => {
      // Bars that go 16 pixels from field to field.
      const bars = "geq=lum='if(lt(mod(X+N*16,80),40),235,16)':cb=128:cr=128";
      const moving = `color=s=320x240:r=50:d=1,format=yuv420p,${bars},tinterlace=interleave_${first},setfield=${flag}`;
      ffmpeg(
        ...lavfi(moving),
        '-flags',
        '+ilme+ildct',
        '-c:v',
        'mpeg2video',
        '-q:v',
        '2',
        path('fields.mpg'),
      );
      const frames = await take(
        await openFfmpegInput({ input: path('fields.mpg'), clock: fastClock() }),
        100,
      );
      assert.equal(frames.length, 25);
      const worst = Math.max(...frames.slice(1).map(combing));
      // The same pictures as they are: the measure sees them.
      const raw = execFileSync(
        'ffmpeg',
        ['-v', 'error', '-i', path('fields.mpg'), '-pix_fmt', 'rgba', '-f', 'rawvideo', '-'],
        {
          maxBuffer: 1 << 26,
        },
      );
      const size = 320 * 240 * 4;
      const woven = Array.from({ length: 25 }, (_, index) => ({
        ...{ width: 320, height: 240 },
        data: raw.subarray(index * size, (index + 1) * size),
      }));
      const combed = Math.max(...woven.map(combing));
      assert.ok(combed > 0.1, `the measure must see combing: ${combed}`);
      assert.ok(worst < combed / 3, `combing ${worst} of ${combed}`);
    });

  test('a size that changes in the stream is kept, nothing stretched', async () => {
    for (const [size, start] of [
      ['320x240', '0'],
      ['270x480', '1'],
    ] as const) {
      ffmpeg(
        ...lavfi(`testsrc=s=${size}:r=25`),
        ...['-t', '1', ...X264, '-output_ts_offset', start, '-muxdelay', '0', path(`${size}.ts`)],
      );
    }
    writeFileSync(
      path('both.ts'),
      Buffer.concat([readFileSync(path('320x240.ts')), readFileSync(path('270x480.ts'))]),
    );
    const { frames } = await play({ input: path('both.ts') });
    assert.equal(frames.length, 50);
    assert.deepEqual([frames[24]?.width, frames[24]?.height], [320, 240]);
    assert.deepEqual([frames[25]?.width, frames[25]?.height], [270, 480]);
  });

  test('a turned recording is shown upright', async () => {
    ffmpeg(...lavfi('testsrc=s=320x240:r=25:d=0.2'), ...X264, path('flat.mp4'));
    ffmpeg('-i', path('flat.mp4'), '-c', 'copy', '-metadata:s:v', 'rotate=90', path('turned.mp4'));
    const { width, height } = await firstFrame(path('turned.mp4'));
    assert.deepEqual([width, height], [240, 320]);
  });

  test('a cover picture is never the video, also when it comes first', async () => {
    ffmpeg(...lavfi('color=red:s=96x96'), '-frames:v', '1', path('cover.jpg'));
    ffmpeg(
      ...['-i', path('cover.jpg'), ...lavfi('testsrc=s=320x240:r=25:d=0.4')],
      ...['-map', '0', '-map', '1', '-c:v:0', 'mjpeg', '-disposition:v:0', 'attached_pic'],
      ...['-c:v:1', 'libx264', '-pix_fmt', 'yuv420p', path('cover.mp4')],
    );
    const { width, height } = await firstFrame(path('cover.mp4'));
    assert.deepEqual([width, height], [320, 240]);
  });

  test('sound with a cover picture has no video', async () => {
    ffmpeg(
      ...['-i', path('cover.jpg'), ...lavfi('sine=d=0.3')],
      ...[
        '-map',
        '0',
        '-map',
        '1',
        '-c:v',
        'mjpeg',
        '-disposition:v',
        'attached_pic',
        '-c:a',
        'aac',
        path('song.m4a'),
      ],
    );
    await assert.rejects(openFfmpegInput({ input: path('song.m4a') }), {
      code: 'SOURCE_FAILED',
      message: /^there is no video in .*song\.m4a/,
    });
  });
});
