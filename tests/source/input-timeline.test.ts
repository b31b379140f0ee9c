import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import { fromSeconds } from '../../src/clock.ts';
import { matroskaFrameEnd, matroskaFrameHead, matroskaHeader } from '../../src/container/matroska-writer.ts';
import { clipFolder, ffmpeg, lavfi, mediaSeconds, play, X264 } from './input-clips.ts';

const { path, remove } = clipFolder();
after(remove);

/** Two clips of 3 s, one behind the other in one file, with these beginnings in seconds. */
async function joined(first: number, second: number): Promise<string> {
  const parts = [first, second].map((offset) => {
    const clip = path(`from-${offset}.ts`);
    ffmpeg(
      ...lavfi('testsrc=s=320x240:r=25'),
      ...['-t', '3', ...X264, '-output_ts_offset', String(offset), '-muxdelay', '0', '-f', 'mpegts', clip],
    );
    return clip;
  });
  const file = path(`${first}-${second}.ts`);
  await writeFile(file, Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))));
  return file;
}

/** A recording in Matroska, uncompressed, whose frames have exactly these times in microseconds. */
function recorded(times: readonly number[]): Buffer {
  const shape = { width: 32, height: 18, frameRate: 25 };
  const pixels = Buffer.alloc(shape.width * shape.height * 4, 0x80);
  const frames = times.flatMap((pts) => [matroskaFrameHead(pts, pixels.length), pixels, matroskaFrameEnd]);
  return Buffer.concat([matroskaHeader(shape), ...frames]);
}

describe('the timeline of an input', () => {
  for (const [first, second] of [
    [100, 60],
    [5000, 10],
    [5000, 9000],
  ] as const) {
    test(`joined clips that begin at ${first} and ${second} s: all 150 frames, one break, 6 s, no wait`, async () => {
      const file = await joined(first, second);
      for (const input of [{ input: file }, { input: '-', stdin: createReadStream(file) }]) {
        const played = await play(input);
        assert.equal(played.frames.length, 150);
        assert.deepEqual(played.breaks, [75]);
        assert.ok(Math.abs(mediaSeconds(played) - 5.92) < 0.001, String(mediaSeconds(played)));
        assert.ok(Math.abs(played.took / 1e6 - 5.96) < 0.1, `took ${played.took / 1e6} s`);
      }
    });
  }

  test('every 50th time is off by hours: all frames, no break, times between their neighbours', async () => {
    const input = path('off.mkv');
    const usual = (index: number) => fromSeconds(9000) + index * 40_000;
    const off = (index: number) => usual(index) + fromSeconds(index % 100 === 0 ? 7200 : -5400);
    const times = Array.from({ length: 200 }, (_, index) => (index % 50 === 0 ? off : usual)(index));
    await writeFile(input, recorded(times));
    const played = await play({ input });
    assert.deepEqual(played.breaks, []);
    assert.deepEqual(
      played.frames.map(({ pts }) => pts),
      times.map((_, index) => usual(index)),
    );
  });
});
