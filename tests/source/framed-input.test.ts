import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { PassThrough, Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { openFramedInput } from '../../src/source/framed-input.ts';
import { rawFormats, toRgba } from '../../src/source/pixels.ts';
import type { RawInputOptions } from '../../src/source/raw-input.ts';
import { sourceContract, take } from './source-contract.ts';

const shape = { width: 16, height: 16, frameRate: 30, format: 'gray', timing: 'arrival' } as const;
const SIZE = 256;

/** A frame whose pixels all are its number. */
function frame(id: number, fields: object = {}): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(fields)}\n`), Buffer.alloc(SIZE, id)]);
}

interface Opened {
  readonly said: string[];
  readonly options: RawInputOptions;
}

function opened(stdin: Readable, more: Partial<RawInputOptions> = {}): Opened {
  const said: string[] = [];
  const log = {
    info: () => {},
    warn: (facts: object, text: string) => said.push(`${text} ${JSON.stringify(facts)}`),
  };
  return { said, options: { ...shape, stdin, log, paced: false, wallClock: () => 7_000_000, ...more } };
}

/** All frames of these bytes: number of the picture and PTS, and what was said. */
async function all(bytes: readonly Uint8Array[], more: Partial<RawInputOptions> = {}) {
  const { said, options } = opened(Readable.from([Buffer.concat(bytes)]), more);
  const frames = await take(openFramedInput(options), 99);
  return { frames, shown: frames.map(({ data, pts }) => [data[0], pts]), said };
}

/** A program that writes frames for ever. */
function endless(): Readable {
  const script = 'i=0; while :; do printf \'{"pts":%d.04}\\n\' $i; head -c 256 /dev/zero; i=$((i+1)); done';
  const program = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  return program.stdout.on('close', () => program.kill());
}

sourceContract('frames with lines on standard input', (signal) =>
  openFramedInput({ ...shape, stdin: endless(), signal, paced: false }),
);

describe('openFramedInput', () => {
  test('frames keep the times, numbers and words of their writer, exactly', async () => {
    const { frames, said } = await all([
      frame(1, { pts: 12.345678, seq: 7, markers: [{ text: 'goal', class: 'sport', duration: 1.5 }] }),
      frame(2, { pts: 12.4, objects: [{ box: [0, 0, 0.5, 0.5], label: 'ball' }] }),
      frame(3, { pts: 13.000001, seq: 20, markers: [{ id: 'door', end: true }] }),
    ]);
    assert.deepEqual(said, []);
    assert.deepEqual(
      frames.map(({ pts, number, annotations, data }) => ({ pts, number, annotations, first: data[0] })),
      [
        {
          pts: 12_345_678,
          number: 7,
          annotations: {
            markers: [{ text: 'goal', class: 'sport', duration: 1_500_000, data: {} }],
          },
          first: 1,
        },
        {
          pts: 12_400_000,
          number: 8,
          annotations: { objects: [{ box: [0, 0, 0.5, 0.5], label: 'ball' }] },
          first: 2,
        },
        { pts: 13_000_001, number: 20, annotations: { markers: [{ id: 'door', end: true }] }, first: 3 },
      ],
    );
  });

  test('without a time a frame is stamped when its last byte has come', async () => {
    const stdin = new PassThrough();
    let time = 1_000;
    const clock = { now: () => time, sleep: async () => {} };
    const { options } = opened(stdin, { clock });
    const iterator = openFramedInput(options).frames()[Symbol.asyncIterator]();
    const got: (number | undefined)[] = [];
    for (const pause of [0, 40_000, 3_000_000]) {
      time += pause;
      const next = iterator.next();
      stdin.write(frame(1));
      got.push((await next).value?.pts);
    }
    stdin.end();
    assert.equal((await iterator.next()).done, true);
    assert.deepEqual(got, [0, 40_000, 3_040_000]);
  });

  test('without a time and by rate, frames are one interval apart', async () => {
    const { shown } = await all([frame(1), frame(2, { pts: 5 }), frame(3)], {
      timing: 'rate',
      frameRate: 25,
    });
    assert.deepEqual(shown, [
      [1, 0],
      [2, 5_000_000],
      [3, 5_040_000],
    ]);
  });

  test('a frame whose time alone goes back, repeats or leaps is left out, said once, and its markers come to the next', async () => {
    const { shown, said, frames } = await all([
      frame(1, { pts: 1 }),
      frame(2, { pts: 1.1 }),
      frame(3, { pts: 0.5, markers: [{ text: 'lost' }] }),
      frame(4, { pts: 1.3 }),
      frame(5, { pts: 1.3 }),
      frame(6, { pts: 1.4 }),
      frame(7, { pts: 99_999 }),
      frame(8, { pts: 1.5 }),
      frame(9, { pts: 1.6 }),
    ]);
    assert.deepEqual(shown, [
      [1, 1_000_000],
      [2, 1_100_000],
      [4, 1_300_000],
      [6, 1_400_000],
      [8, 1_500_000],
      [9, 1_600_000],
    ]);
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /^frame 2 at 0.5 s is left out/);
    const [marker] = frames[2]?.annotations?.markers ?? [];
    assert.ok(
      marker &&
        'text' in marker &&
        marker.text === 'lost' &&
        (marker.moved?.by ?? -1) >= 0 &&
        marker.moved?.number === 2,
    );
  });

  test('a clock that begins anew and goes on from there is a break', async () => {
    const { frames, shown } = await all([10, 10.04, 0, 0.04, 0.08].map((pts, id) => frame(id, { pts })));
    assert.deepEqual(
      shown.map(([, pts]) => pts),
      [10_000_000, 10_040_000, 0, 40_000, 80_000],
    );
    assert.deepEqual(
      frames.map(({ discontinuity = false }) => discontinuity),
      [false, false, true, false, false],
    );
  });

  test('what is wrong in a line is said with its place; a wrong time costs the frame, anything else only itself', async () => {
    const { shown, said, frames } = await all([
      frame(1, { pts: 1, markers: [{ text: '' }, { text: 'good' }, { text: 'x', time: 4 }] }),
      frame(2, { pts: '1.1' }),
      frame(3, { pts: 1e300 }),
      frame(4, { pts: 1.2, seq: -1, marker: [], objects: 'none', markers: { text: 'x' } }),
      frame(5, { pts: 1.3 }),
    ]);
    assert.deepEqual(shown, [
      [1, 1_000_000],
      [4, 1_200_000],
      [5, 1_300_000],
    ]);
    assert.deepEqual(frames[0]?.annotations?.markers?.length, 1);
    for (const words of [
      /\/markers\/0\/text is empty/,
      /\/pts is "1.1"; it must be a number of seconds/,
      /\/seq is -1/,
      /\/marker is not a field/,
      /\/objects is not/,
      /\/markers is not an array/,
    ])
      assert.equal(said.filter((line) => words.test(line)).length, 1, `${words} in ${said.join('\n')}`);
  });

  test('bytes that do not fit are said once with what came, and passed over', async () => {
    const { shown, said } = await all([
      frame(1, { pts: 1 }),
      frame(2, { pts: 1.1 }).subarray(0, -3),
      frame(3, { pts: 1.2 }),
      frame(4, { pts: 1.3 }),
      Buffer.from('Warning: slow disk\n'),
      frame(5, { pts: 1.4 }),
      frame(6, { pts: 1.5 }),
      frame(7, { pts: 1.6 }).subarray(0, 100),
    ]);
    assert.deepEqual(
      shown.map(([id]) => id),
      [1, 3, 5, 6],
    );
    assert.equal(said.length, 3, said.join('\n'));
    assert.match(
      said[0] ?? '',
      /^behind the picture of a line came .* 16x16 as gray takes 256.*\\"pts\\":1.1/,
    );
    assert.match(said[1] ?? '', /^lines and pictures fit again/);
    assert.match(
      said[2] ?? '',
      /^standard input ended inside a frame: its writer was stopped in the middle of one, or --size is not right/,
    );
  });

  test('a program that draws ahead of its times is held back to them', async () => {
    let time = 0;
    const slept: number[] = [];
    const clock = {
      now: () => time,
      sleep: async (duration: number) => {
        slept.push(duration);
        time += duration;
      },
    };
    const bytes = Array.from({ length: 100 }, (_, id) => frame(id, { pts: id / 10 }));
    await all(bytes, { clock, paced: true });
    assert.ok(time >= 9_500_000 && time <= 9_800_000, `${time}`);
  });
});

describe('toRgba', () => {
  test('rgb24, bgr24 and gray become what ffmpeg makes of them, wherever in memory they begin', () => {
    for (const format of ['rgb24', 'bgr24', 'gray'] as const) {
      const ffmpeg = (input: readonly string[], out: string, raw?: Buffer) =>
        execFileSync(
          'ffmpeg',
          [...['-v', 'error', ...input], ...['-frames:v', '1', '-pix_fmt', out, '-f', 'rawvideo', '-']],
          { input: raw },
        );
      const raw = ffmpeg(['-f', 'lavfi', '-i', 'testsrc2=s=34x18'], format);
      const theirs = ffmpeg(
        ['-f', 'rawvideo', '-pix_fmt', format, '-video_size', '34x18', '-i', 'pipe:0'],
        'rgba',
        raw,
      );
      for (const offset of [0, 1, 2, 3]) {
        const moved = Buffer.concat([Buffer.alloc(offset), raw]).subarray(offset);
        assert.ok(theirs.equals(toRgba(moved, format, 34)), `${format} ${offset} bytes behind a word`);
      }
    }
  });

  test('nv12 and yuv420p become what ffmpeg makes of them in BT.709', () => {
    const [width, height] = [32, 16];
    for (const format of ['nv12', 'yuv420p'] as const) {
      const bytes = (out: string) =>
        execFileSync('ffmpeg', [
          ...['-v', 'error', '-f', 'lavfi', '-i', `smptehdbars=s=${width}x${height}`, '-frames:v', '1'],
          ...[
            '-vf',
            `scale=flags=neighbor:out_color_matrix=bt709:out_range=tv,format=${format}${out === format ? '' : ',scale=flags=neighbor+accurate_rnd:in_color_matrix=bt709:in_range=tv'}`,
          ],
          ...['-pix_fmt', out, '-f', 'rawvideo', '-'],
        ]);
      const raw = bytes(format);
      assert.equal(raw.length, width * height * rawFormats[format]);
      const [ours, theirs] = [toRgba(raw, format, width), bytes('rgba')];
      const off = theirs.map((value, at) => Math.abs(value - (ours[at] ?? 0)));
      assert.ok(
        Math.max(...off) <= 4,
        `${format} is ${Math.max(...off)} off at ${off.indexOf(Math.max(...off))}`,
      );
    }
  });
});
