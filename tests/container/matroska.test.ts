import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, test } from 'node:test';
import { matroskaFrameEnd, matroskaFrameHead, matroskaHeader } from '../../src/container/matroska-writer.ts';
import fc from '../property.ts';
import { type MatroskaFrame, openMatroska } from './matroska-reader.ts';

const shape = { width: 16, height: 16, frameRate: 30 };

function picture(shade: number, { width, height } = shape): Uint8Array {
  return new Uint8Array(width * height * 4).fill(shade);
}

function written(times: readonly number[], size = shape): Uint8Array {
  return Buffer.concat([
    matroskaHeader(size),
    ...times.flatMap((pts, index) => {
      const data = picture(index % 256, size);
      return [matroskaFrameHead(pts, data.length), data, matroskaFrameEnd];
    }),
  ]);
}

async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Uint8Array, chunk = 65_536): Promise<MatroskaFrame[]> {
  const frames: MatroskaFrame[] = [];
  for await (const frame of (await openMatroska(chunked(bytes, chunk))).frames()) frames.push(frame);
  return frames;
}

describe('matroskaFrameHead', () => {
  test('a PTS that is negative or no whole number is refused', () => {
    for (const pts of [-1, 0.5, Number.NaN]) {
      assert.throws(() => matroskaFrameHead(pts, 4), { code: 'CONTAINER_INVALID' });
    }
  });

  test('every timestamp that was written is what ffmpeg reads, to the microsecond', async () => {
    const times = [0, 33_335, 66_666, 66_667, 3_000_001, 9_000_000_000_001];
    const ffmpeg = spawn(
      'ffmpeg',
      '-hide_banner -nostats -loglevel info -f matroska -i pipe:0 -copyts -fps_mode passthrough -vf showinfo -f null -'.split(
        ' ',
      ),
      { stdio: ['pipe', 'ignore', 'pipe'] },
    );
    ffmpeg.stdin.end(written(times));
    const said = (await ffmpeg.stderr.setEncoding('utf8').toArray()).join('');
    assert.deepEqual(
      Array.from(said.matchAll(/ pts:\s*(\d+) /g), (match) => Number(match[1])),
      times,
    );
    assert.match(said, /time_base: 1\/1000000, frame_rate: 30\/1/);
  });
});

describe('openMatroska', () => {
  test('what the writer wrote comes back, in whatever pieces it arrives', async () => {
    const increasing = fc
      .uniqueArray(fc.nat(1e12), { minLength: 1, maxLength: 5 })
      .map((times) => times.sort((a, b) => a - b));
    await fc.assert(
      fc.asyncProperty(increasing, fc.integer({ min: 1, max: 3000 }), async (times, chunk) => {
        const frames = await read(written(times), chunk);
        assert.deepEqual(
          frames.map((frame) => frame.pts),
          times,
        );
        for (const [index, frame] of frames.entries()) {
          assert.deepEqual(new Uint8Array(frame.data), picture(index));
        }
      }),
      { numRuns: 30 },
    );
  });

  test('the header says size and nominal rate', async () => {
    const stream = await openMatroska(chunked(written([0], { width: 32, height: 18, frameRate: 25 }), 100));
    assert.deepEqual([stream.width, stream.height, stream.frameRate], [32, 18, 25]);
  });

  test('what ffmpeg writes into a pipe is read with its own timestamps and pixels', async () => {
    const ffmpeg = spawn(
      'ffmpeg',
      [
        ...'-loglevel error -f lavfi -i color=red:s=34x18:r=25:d=0.4'.split(' '),
        ...['-vf', "setpts='PTS+gt(N,4)*1.52/TB',settb=1/1000000,setpts=PTS*1000,format=rgba"],
        ...'-fps_mode passthrough -enc_time_base 1:1000000 -c:v rawvideo -f matroska pipe:1'.split(' '),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const stream = await openMatroska(ffmpeg.stdout);
    assert.deepEqual([stream.width, stream.height, stream.frameRate], [34, 18, 25]);
    const times: number[] = [];
    for await (const { pts, data } of stream.frames()) {
      times.push(pts / 1000);
      assert.equal(data.length, 34 * 18 * 4);
      const [red = 0, green, blue, alpha] = data;
      assert.ok(red >= 252, `red is ${red}`);
      assert.deepEqual([green, blue, alpha], [0, 0, 255]);
    }
    assert.deepEqual(
      times,
      [0, 1, 2, 3, 4, 43, 44, 45, 46, 47].map((n) => n * 40_000),
    );
  });

  test('a stream that is cut off anywhere ends before the picture it was cut in', async () => {
    const whole = written([0, 10]);
    const first = written([0]).length - matroskaFrameEnd.length;
    for (let length = matroskaHeader(shape).length + 12; length < whole.length; length += 97) {
      const frames = await read(whole.subarray(0, length));
      assert.equal(frames.length, length < first ? 0 : length < whole.length - 2 ? 1 : 2);
    }
  });

  test('bytes that are no such stream are refused by name', async () => {
    const cases: [string, Uint8Array][] = [
      ['empty', new Uint8Array(0)],
      ['text', Buffer.from('<!doctype html><title>no</title>')],
      ['zeros', new Uint8Array(500)],
      ['header only', matroskaHeader(shape)],
    ];
    for (const [name, bytes] of cases) {
      await assert.rejects(read(bytes), { code: 'CONTAINER_INVALID' }, name);
    }
    const wrong = Buffer.concat([matroskaHeader(shape), matroskaFrameHead(0, 12), new Uint8Array(12)]);
    await assert.rejects(read(wrong), /a picture has 12 bytes instead of 1024/);
  });

  test('leaving the loop closes the input', async () => {
    let closed = false;
    async function* input() {
      try {
        yield written([0, 1, 2]);
        await new Promise(() => {});
      } finally {
        closed = true;
      }
    }
    for await (const _ of (await openMatroska(input())).frames()) break;
    assert.equal(closed, true);
  });
});
