import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RunShape } from '../../src/encoder/encoder.ts';
import { FfmpegEncoder } from '../../src/encoder/ffmpeg-encoder.ts';
import {
  declaredBandwidth,
  type EncoderSettings,
  keyFrameBandwidth,
  rateControl,
} from '../../src/encoder/recipes.ts';
import { mostKeyFrames, planSegments, SegmentPlanner } from '../../src/packager/segment-planner.ts';

interface Case {
  readonly name: string;
  readonly shape: RunShape;
  readonly segment: number;
  readonly bitrate?: number;
}

const cases: readonly Case[] = [
  { name: 'segments of 2 s', shape: { width: 160, height: 90, frameRate: 15 }, segment: 2 },
  {
    name: 'segments of 1 s',
    shape: { width: 192, height: 108, frameRate: 25 },
    segment: 1,
    bitrate: 300_000,
  },
  { name: 'segments of 6 s', shape: { width: 160, height: 90, frameRate: 10 }, segment: 6 },
  { name: 'too few bits', shape: { width: 160, height: 90, frameRate: 15 }, segment: 2, bitrate: 10_000 },
];

/** Seconds that are encoded, at least. */
const SECONDS = 12;

/** Pictures of noise, the same few again and again: nothing is harder to compress. */
function noises({ width, height }: RunShape): Uint8Array[] {
  let seed = 1;
  return Array.from({ length: 5 }, () => {
    const pixels = new Uint32Array(width * height);
    for (let index = 0; index < pixels.length; index += 1) {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      pixels[index] = (seed ^ (seed >>> 15)) | 0xff000000;
    }
    return new Uint8Array(pixels.buffer);
  });
}

/** A checked pattern that rolls by. */
function easy({ width, height }: RunShape, index: number): Uint8Array {
  const pixels = new Uint32Array(width * height);
  for (let place = 0; place < pixels.length; place += 1) {
    const [x, y] = [place % width, Math.floor(place / width)];
    pixels[place] = (((x + index) >> 4) + (y >> 4)) % 2 === 0 ? 0xffffffff : 0xff202020;
  }
  return new Uint8Array(pixels.buffer);
}

/** When pictures that change become hard, in seconds. */
const HARD_FROM = 4;

/** What each picture of a second is like: noise (`true`) or easy. */
const contents: Readonly<Record<string, (second: number, index: number) => boolean>> = {
  easy: () => false,
  hard: () => true,
  changing: (second) => Math.floor(second / HARD_FROM) % 2 === 1,
  'of many cuts': (_, index) => index % 9 === 0,
};

function planOf({ shape, segment }: Pick<Case, 'shape' | 'segment'>) {
  return planSegments(shape.frameRate, 1 / 3, segment);
}

/** What a frame takes, and whether it is a key frame. */
interface Bits {
  readonly bits: number;
  readonly key: boolean;
}

/** Bits of each frame, boxes included, and which are key frames: those that begin segments, the first of them short. */
async function encode(
  { shape, segment, bitrate }: Case,
  isNoise: (second: number, index: number) => boolean,
) {
  const settings: EncoderSettings = { encoder: 'libx264', segment, bitrate };
  const run = new FfmpegEncoder(settings, 'ffmpeg').start(shape);
  const pictures = noises(shape);
  const planner = new SegmentPlanner(planOf({ shape, segment }));
  const write = async () => {
    for (let index = 0; index < SECONDS * shape.frameRate; index += 1) {
      const [planned] = planner.plan(Math.round((index * 1e6) / shape.frameRate));
      if (planned === undefined) throw new RangeError('a steady picture is never late');
      const { pts, keyframe } = planned;
      const data = isNoise(index / shape.frameRate, index)
        ? (pictures[index % pictures.length] as Uint8Array)
        : easy(shape, index);
      await run.write({
        ...{ pts, keyframe },
        frame: { width: shape.width, height: shape.height, data },
      });
    }
    run.end();
  };
  const writing = write();
  const frames: Bits[] = [];
  for await (const { bytes, independent } of run.fragments)
    frames.push({ bits: bytes.length * 8, key: independent });
  await writing;
  return frames;
}

/** The highest rate of any stretch from half a target duration to one and a half, in bits per second. */
function peak(bits: readonly number[], { shape: { frameRate }, segment }: Case): number {
  const sums = [0];
  for (const each of bits) sums.push((sums.at(-1) as number) + each);
  let highest = 0;
  for (let length = Math.ceil(0.5 * segment * frameRate); length <= 1.5 * segment * frameRate; length += 1)
    for (let end = length; end < sums.length; end += 1)
      highest = Math.max(
        highest,
        (((sums[end] as number) - (sums[end - length] as number)) * frameRate) / length,
      );
  return highest;
}

/** The highest rate of the key frames alone of whole segments that last so long together. */
function keyPeak(frames: readonly Bits[], { shape: { frameRate }, segment }: Case): number {
  const begins = [...frames.flatMap(({ key }, index) => (key ? [index] : [])), frames.length];
  let highest = 0;
  for (const [from, first = 0] of begins.entries()) {
    let bits = 0;
    for (const [at, begin] of begins.slice(from, -1).entries()) {
      bits += frames[begin]?.bits ?? 0;
      const seconds = ((begins[from + at + 1] as number) - first) / frameRate;
      if (seconds >= 0.5 * segment && seconds <= 1.5 * segment) highest = Math.max(highest, bits / seconds);
    }
  }
  return highest;
}

/** A run that is killed a part behind its last key frame, and one that begins as it did. */
function withSuccessor(run: readonly Bits[], { frameRate }: RunShape): readonly Bits[] {
  const last = run.findLastIndex(({ key }) => key);
  return [...run.slice(0, last + Math.round(frameRate / 3)), ...run];
}

/** All of them, run after run, and the worst that may come: a run that is killed a part after it became hard, and a hard one. */
async function encodeAll(each: Case): Promise<Record<string, readonly Bits[]>> {
  const runs: Record<string, readonly Bits[]> = {};
  for (const [name, isNoise] of Object.entries(contents)) runs[name] = await encode(each, isNoise);
  const { hard = [], changing = [] } = runs;
  const killed = changing.slice(0, Math.round((HARD_FROM + 1 / 3) * each.shape.frameRate));
  const alone = Object.entries(runs).map(([name, run]) => [name, withSuccessor(run, each.shape)]);
  return { ...Object.fromEntries(alone), 'of two runs': [...killed, ...hard] };
}

describe('BANDWIDTH', () => {
  for (const each of cases) {
    test(`is kept by whatever is encoded, and nearly reached (${each.name})`, async () => {
      const rate = rateControl(
        { encoder: 'libx264', bitrate: each.bitrate, segment: each.segment },
        each.shape,
      );
      const cut = { segment: each.segment, keyFrames: mostKeyFrames(planOf(each)) };
      const declared = declaredBandwidth(rate, each.shape, cut);
      const peaks: Record<string, number> = {};
      let keys = 0;
      for (const [name, frames] of Object.entries(await encodeAll(each))) {
        peaks[name] = Math.round(
          peak(
            frames.map(({ bits }) => bits),
            each,
          ),
        );
        keys = Math.max(keys, keyPeak(frames, each));
      }
      const seen = `${JSON.stringify(peaks)} of ${declared}`;
      assert.ok(Math.max(...Object.values(peaks)) <= declared, seen);
      assert.ok(Math.max(...Object.values(peaks)) >= 0.7 * declared, seen);
      const ofKeys = keyFrameBandwidth(rate, each.shape, cut);
      assert.ok(keys <= ofKeys, `${keys} of ${ofKeys}`);
    });
  }
});
