import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { clipPainter } from '../../src/objects/burn-in.ts';
import type { PaintOrder } from '../../src/objects/clip-painter.ts';
import type { SeenObjects } from '../../src/objects/shown.ts';
import { decode } from '../system/judge.ts';
import { pidsBelow } from '../system/system.ts';
import { until } from '../until.ts';

const run = promisify(execFile);
const [WIDTH, HEIGHT] = [320, 96];
/** PTS of the clip's first frame, in microseconds: what is said counts from the stream's beginning. */
const BEGINS = 7_000_000_123;

describe('a clip with its boxes', () => {
  let folder: string;
  let clip: Buffer;
  /** Times of its frames, in microseconds; uneven. */
  let times: number[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hlsstream-burn-in-'));
    const uneven = `setpts='(N*33333+mod(N*7919,9000))/1000000/TB'`;
    await run('ffmpeg', [
      ...['-v', 'error', '-f', 'lavfi', '-i', `color=black:s=${WIDTH}x${HEIGHT}:r=30`, '-frames:v', '60'],
      ...['-vf', `settb=1/1000000,${uneven}`, '-fps_mode', 'passthrough', '-enc_time_base', '1:1000000'],
      ...['-c:v', 'libx264', '-bf', '0', '-video_track_timescale', '1000000', '-movflags', '+faststart'],
      join(folder, 'clip.mp4'),
    ]);
    clip = await readFile(join(folder, 'clip.mp4'));
    times = (await framesOf(clip)).map(({ time }) => time);
    assert.equal(times.length, 60);
  });
  after(() => rm(folder, { recursive: true }));

  /** A box for each of these frames, whose left edge says which. */
  function boxesOn(frames: readonly number[]): SeenObjects[] {
    return frames.map((frame) => ({
      pts: BEGINS + (times[frame] as number),
      source: 'test',
      objects: [{ label: `frame ${frame}`, class: 'one', box: [(4 * frame + 8) / WIDTH, 0.5, 0.2, 0.4] }],
    }));
  }

  function order(seen: readonly SeenObjects[], more: Partial<PaintOrder> = {}): PaintOrder {
    return {
      ...{ width: WIDTH, height: HEIGHT, labels: false, threshold: 0, seen, clip: chunked(clip) },
      frames: times.map((time) => BEGINS + time),
      ...more,
    };
  }

  async function painted(what: PaintOrder): Promise<Frame[]> {
    const media = await clipPainter('ffmpeg')(what);
    return framesOf(Buffer.concat(await media.toArray()));
  }

  test('has each on its very frame, at the very time', async () => {
    const frames = await painted(order(boxesOn([...times.keys()])));
    assert.deepEqual(
      frames.map(({ time }) => time),
      times,
    );
    for (const [frame, { left }] of frames.entries())
      assert.ok(Math.abs((left ?? -9) - (4 * frame + 7)) <= 1, `frame ${frame}: a box at ${left}`);
  });

  test('keeps that of the last frame that was looked at until the next one is, and no longer', async () => {
    const looks = [5, 10, 15, 20, 25];
    const frames = await painted(order(boxesOn(looks)));
    for (const [frame, { left }] of frames.entries()) {
      // From one look to the next it is five frames, give or take how uneven they are.
      const look = looks.findLast((at) => at <= frame);
      if (look === undefined || frame > 31) assert.equal(left, undefined, `frame ${frame}`);
      else if (frame < 30) assert.ok(Math.abs((left ?? -9) - (4 * look + 7)) <= 1, `frame ${frame}: ${left}`);
    }
  });

  test('leaves out what is too uncertain, and writes labels where they are wanted', async () => {
    const objects = [{ label: 'unsure', score: 0.3, box: [0.1, 0.6, 0.2, 0.3] as const }];
    const seen = [{ pts: BEGINS, source: 'test', objects }];
    assert.equal((await painted(order(seen, { threshold: 0.4 })))[0]?.left, undefined);
    const [plain, labelled] = [await painted(order(seen)), await painted(order(seen, { labels: true }))];
    assert.ok((labelled[0]?.lit ?? 0) > (plain[0]?.lit ?? 0) + 200, `${labelled[0]?.lit}`);
  });

  test('says what is wrong, and leaves nothing running', async () => {
    await assert.rejects(clipPainter('no-such-ffmpeg')(order([])), { code: 'FFMPEG_NOT_FOUND' });
    await assert.rejects(clipPainter('ffmpeg')(order([], { clip: chunked(Buffer.alloc(1000)) })), {
      code: 'ENCODER_FAILED',
    });
    const gone = async function* () {
      yield clip.subarray(0, clip.length >> 1);
      throw new Error('the disk is gone');
    };
    await assert.rejects(async () => {
      const media = await clipPainter('ffmpeg')(order([], { clip: gone() }));
      await media.toArray();
    }, /the disk is gone/);
    const media = await clipPainter('ffmpeg')(order(boxesOn([1, 2, 3])));
    media.destroy();
    await once(media, 'close');
    await until('no ffmpeg', 10, async () => (await pidsBelow(process.pid, 'ffmpeg')).length === 0);
  });

  interface Frame {
    /** In microseconds. */
    readonly time: number;
    /** Leftmost pixel that is not black in a row through the box's middle. */
    readonly left: number | undefined;
    /** How many pixels are not black. */
    readonly lit: number;
  }

  /** The frames of an MP4. */
  async function framesOf(bytes: Buffer): Promise<Frame[]> {
    const frames: Frame[] = [];
    await decode({ bytes, segments: [] }, ({ pts, data }) => {
      const isLit = (pixel: number) => {
        const [red = 0, green = 0, blue = 0] = data.subarray(3 * pixel, 3 * pixel + 3);
        return 0.299 * red + 0.587 * green + 0.114 * blue > 60;
      };
      const row = WIDTH * Math.round(0.7 * HEIGHT);
      const left = Array.from({ length: WIDTH }, (_, x) => row + x).findIndex(isLit);
      const lit = Array.from({ length: WIDTH * HEIGHT }, (_, pixel) => pixel).filter(isLit).length;
      frames.push({ time: pts, left: left < 0 ? undefined : left, lit });
    });
    return frames;
  }
});

async function* chunked(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += 1000) yield bytes.subarray(from, from + 1000);
}
