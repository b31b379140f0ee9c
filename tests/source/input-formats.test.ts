import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { parseConfig } from '../../src/config/config.ts';
import { openSource } from '../../src/source/open.ts';
import { clipFolder, ffmpeg, lavfi } from './input-clips.ts';
import { take } from './source-contract.ts';

/** Red, green and blue of the left half and of the right. */
const [ORANGE, BLUE] = [
  [200, 100, 50],
  [50, 100, 200],
] as const;
const BLACK = [0, 0, 0] as const;

type Colour = readonly [number, number, number];

/** One way to write eight pictures of 25 a second, and what must be seen of it. */
interface Format {
  readonly name: string;
  /** ffmpeg's output arguments; with `-vf` in them, behind the picture. */
  readonly made: readonly string[];
  /** What it is shown as, WIDTHxHEIGHT. @default 64x48, as it is drawn */
  readonly shown?: string;
  /** @default 8 */
  readonly frames?: number;
  /** A quarter of the way from the left, a quarter from the right; down the middle where it is turned. */
  readonly colours?: readonly [Colour, Colour];
  readonly upright?: boolean;
}

const x264 = (format: string, ...more: readonly string[]) => [
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '1', '-pix_fmt', format, ...more],
];
/** Three of these in four have pictures after them that are shown before. */
const B_FRAMES = ['-c:v', 'libx264', '-crf', '1', '-bf', '2', '-pix_fmt', 'yuv420p'];
const fields = (flag: string) => ['-vf', `setfield=${flag}`, '-flags', '+ilme+ildct'];
/** As wide as only high definition is. */
const HD = '1280x32';
const BT709 = 'out_color_matrix=bt709';
const sized = (size: string, ...more: readonly string[]) => [
  ...['-vf', `scale=${[size.replace('x', ':'), 'flags=neighbor', ...more].join(':')},setsar=1`],
];
/** The left half is as transparent as this, 255 is opaque. */
const alpha = (level: number) =>
  `format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='if(lt(X,W/2),${level},255)'`;
const HALF = ORANGE.map((value) => value / 2) as unknown as Colour;

/** Also what only some builds of ffmpeg can write: those rows are there where their encoder is. */
const FORMATS: readonly (Format & { readonly encoder?: string })[] = [
  { name: 'odd.mkv', shown: '320x240', made: [...sized('321x241'), ...x264('yuv444p')] },
  { name: 'tiny.mp4', shown: '16x16', made: [...sized('16x16'), ...x264('yuv420p')] },
  { name: 'full-range.mp4', made: x264('yuvj420p') },
  { name: 'ten-bit.mkv', made: x264('yuv422p10le') },
  { name: 'rgb.mkv', made: ['-c:v', 'libx264rgb', '-preset', 'ultrafast', '-crf', '1'] },
  {
    name: 'grey.mp4',
    made: x264('gray'),
    colours: [
      [124, 124, 124],
      [96, 96, 96],
    ],
  },
  { name: 'sd-bt709.mp4', made: [...sized('64x48', BT709), ...x264('yuv420p', '-colorspace', 'bt709')] },
  {
    name: 'hd-bt709.mp4',
    shown: HD,
    frames: 2,
    made: [...sized(HD, BT709), ...x264('yuv420p', '-colorspace', 'bt709')],
  },
  {
    name: 'hd-bt601.mp4',
    shown: HD,
    frames: 2,
    made: [...sized(HD), ...x264('yuv420p', '-colorspace', 'smpte170m')],
  },
  { name: 'hd-says-nothing.mkv', shown: HD, frames: 2, made: [...sized(HD, BT709), ...x264('yuv420p')] },
  { name: 'hd-jpeg.avi', shown: HD, frames: 2, made: [...sized(HD), '-c:v', 'mjpeg', '-q:v', '2'] },
  { name: 'pal.gif', made: ['-vf', 'split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none'] },
  { name: 'pal%03d.png', made: ['-vf', 'split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none'] },
  { name: 'moving.png', made: ['-f', 'apng'] },
  { name: 'still.jpg', frames: 1, made: ['-q:v', '2', '-pix_fmt', 'yuvj444p'] },
  { name: 'half.png', frames: 1, made: ['-vf', alpha(128)], colours: [HALF, BLUE] },
  {
    name: 'nothing.webp',
    frames: 1,
    made: ['-vf', alpha(0), '-c:v', 'libwebp', '-lossless', '1'],
    colours: [BLACK, BLUE],
    encoder: 'libwebp',
  },
  {
    name: 'half.mkv',
    made: ['-vf', alpha(128), '-c:v', 'ffv1', '-pix_fmt', 'yuva420p'],
    colours: [HALF, BLUE],
  },
  { name: 'tff.mpg', made: [...fields('tff'), '-c:v', 'mpeg2video', '-q:v', '2'] },
  { name: 'bff.ts', made: [...fields('bff'), ...x264('yuv420p', '-x264opts', 'bff=1')] },
  {
    name: 'hevc.mp4',
    made: ['-c:v', 'libx265', '-x265-params', 'log-level=none:crf=4', '-preset', 'ultrafast'],
    encoder: 'libx265',
  },
  {
    name: 'vp9.webm',
    made: [
      '-c:v',
      'libvpx-vp9',
      '-crf',
      '4',
      '-b:v',
      '0',
      '-deadline',
      'realtime',
      '-cpu-used',
      '8',
      '-pix_fmt',
      'yuv420p',
    ],
    encoder: 'libvpx-vp9',
  },
  {
    name: 'av1.mp4',
    made: ['-c:v', 'libaom-av1', '-usage', 'realtime', '-cpu-used', '8', '-crf', '10', '-pix_fmt', 'yuv420p'],
    encoder: 'libaom-av1',
  },
  { name: 'b.avi', made: B_FRAMES },
  { name: 'b-packed.avi', made: ['-c:v', 'mpeg4', '-bf', '2', '-q:v', '2'] },
  { name: 'b.ts', made: B_FRAMES },
  { name: 'b-pieces.mp4', made: [...B_FRAMES, '-movflags', 'frag_keyframe+empty_moov'] },
  // 33 bits of 90 kHz are full after 95443.717 s.
  { name: 'runs-over.ts', made: [...B_FRAMES, '-output_ts_offset', '95443.6', '-muxdelay', '0'] },
];

/** How a player is to turn a film, clockwise: left edge up, over head, left edge down. The matrix of its `tkhd` box. */
const TURNED: readonly (Format & { readonly matrix: readonly [number, number, number, number] })[] = [
  { name: 'turned-90.mp4', matrix: [0, 1, -1, 0], made: [], shown: '48x64', upright: true },
  { name: 'turned-180.mp4', matrix: [-1, 0, 0, -1], made: [], colours: [BLUE, ORANGE] },
  {
    ...{ name: 'turned-270.mp4', matrix: [0, -1, 1, 0], made: [] },
    ...{ shown: '48x64', upright: true, colours: [BLUE, ORANGE] },
  },
];

/** The same clip under names that could be taken for something else. */
const NAMES = ['no-extension', 'UPPER.MP4', '100% & café 画.mp4', "12:30 %20%d it's [1]?.mp4"];
const IMAGES = ['50%02d.png', 'a{b}*?.png'];

const { path, remove } = clipFolder();
after(remove);
const { signal } = new AbortController();

/** Writes clips of one picture, all by one ffmpeg. */
function write(formats: readonly Format[]): void {
  const picture = `color=0xC86432:s=64x48:r=25:d=0.32,format=rgb24,drawbox=x=iw/2:w=iw/2:h=ih:color=0x3264C8:t=fill`;
  ffmpeg(
    ...lavfi(picture),
    ...formats.flatMap(({ made, name, frames = 8 }) => [
      '-map',
      '0',
      '-frames:v',
      `${frames}`,
      ...made,
      path(name),
    ]),
  );
}

async function frames(name: string, more: Record<string, unknown> = {}) {
  const source = await openSource(parseConfig({ source: path(name), ...more }), { signal, paced: false });
  return { source, frames: await take(source, 99) };
}

async function assertShown({ name, shown = '64x48', frames: count = 8, upright, ...right }: Format) {
  const { source, frames: seen } = await frames(name);
  assert.equal(`${source.width}x${source.height}`, shown);
  const first = seen[0]?.pts ?? 0;
  assert.deepEqual(
    seen.map(({ pts }) => pts - first),
    Array.from({ length: count }, (_, index) => index * 40_000),
  );
  assert.ok(seen.every(({ discontinuity }) => !discontinuity));
  for (const { width, height, data } of seen) {
    assert.equal(`${width}x${height}`, shown);
    for (const [at, colour] of [0.25, 0.75].map(
      (at, index) => [at, (right.colours ?? [ORANGE, BLUE])[index]] as const,
    )) {
      const [x, y] = upright ? [0.5, at] : [at, 0.5];
      const start = (Math.floor(height * y) * width + Math.floor(width * x)) * 4;
      const pixel = [...data.subarray(start, start + 4)];
      assert.ok(
        [...(colour ?? []), 255].every((value, index) => Math.abs(value - (pixel[index] ?? 0)) <= 3),
        `${pixel} instead of ${colour}`,
      );
    }
  }
}

const encoders = execFileSync('ffmpeg', ['-hide_banner', '-encoders']).toString();
const written = FORMATS.filter(({ encoder }) => encoder === undefined || encoders.includes(` ${encoder} `));

describe('what is read', { concurrency: 2 }, () => {
  before(async () => {
    write(written);
    for (const { name, matrix } of TURNED) {
      const film = await readFile(path('full-range.mp4'));
      // ISO/IEC 14496-12 §8.3.2: the matrix begins 40 bytes behind the box's name and version, in numbers of 16.16 bits.
      const at = film.indexOf('tkhd') + 4 + 40;
      for (const [index, number] of matrix.entries())
        film.writeInt32BE(number * 65536, at + 4 * (index < 2 ? index : index + 1));
      await writeFile(path(name), film);
    }
    await Promise.all(NAMES.map((name) => copyFile(path('full-range.mp4'), path(name))));
    await Promise.all(IMAGES.map((name) => copyFile(path('pal001.png'), path(name))));
  });

  for (const format of [...written, ...TURNED])
    test(`${format.name} is whole, even, on time and in its colours`, () => assertShown(format));

  for (const name of NAMES) test(`${name} is a film`, () => assertShown({ name, made: [] }));
  for (const name of IMAGES) test(`${name} is one picture`, () => assertShown({ name, made: [], frames: 1 }));

  test('a film that was cut off is shown as far as it goes', async () => {
    const intra = x264('yuv420p', '-g', '1', '-movflags', '+faststart');
    ffmpeg(...lavfi('testsrc=s=64x48:r=25:d=0.32'), ...intra, path('whole.mp4'));
    const whole = await readFile(path('whole.mp4'));
    await writeFile(path('cut.mp4'), whole.subarray(0, whole.length - 200));
    const { frames: seen } = await frames('cut.mp4');
    assert.equal(seen.length, 7);
  });

  test('what has no pictures that can be shown is refused with the reason', async () => {
    ffmpeg(...lavfi('sine=d=0.1'), path('sound.mp3'), path('sound.m4a'));
    await assert.rejects(frames('sound.mp3'), {
      code: 'SOURCE_FAILED',
      message: /^there is no video in .*mp3/,
    });
    await assert.rejects(frames('sound.m4a'), {
      code: 'SOURCE_FAILED',
      message: /^there is no video in .*m4a/,
    });
    // What ffmpeg says of such a picture, which takes it long to draw.
    const said = '[Parsed_showinfo_5 @ 0x1] [info] n:   0 pts:      0 pts_time:0 s:8200x8200 i:P iskey:1';
    await writeFile(path('big-ffmpeg'), `#!/bin/sh\necho '${said}' >&2\nexec sleep 60\n`, { mode: 0o755 });
    await assert.rejects(frames('UPPER.MP4', { ffmpeg: path('big-ffmpeg') }), {
      code: 'SOURCE_FAILED',
      message: /8200x8200, above 64 megapixels/,
    });
    if (!encoders.includes(' libwebp_anim ')) return;
    ffmpeg(...lavfi('testsrc=s=64x48:r=5:d=0.5'), '-c:v', 'libwebp_anim', path('moving.webp'));
    await assert.rejects(frames('moving.webp'), { code: 'SOURCE_FAILED', message: /is a WebP that moves/ });
  });
});
