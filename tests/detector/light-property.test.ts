import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMotionDetector } from '../../src/detector/motion.ts';
import type { Picture } from '../../src/frames/picture.ts';
import fc from '../property.ts';
import { HEIGHT, WIDTH } from './places.ts';
import { draw } from './scenery.ts';

/** What a change of light alone opened is over within so long, in seconds. */
const LONGEST_MISTAKE = 5;
/** When the light begins to change, in seconds. */
const BEGIN = 4;

type Change = (levels: readonly [number, number, number], share: number) => readonly number[];

const factor = fc.double({ min: -1, max: 1, noNaN: true }).map((power) => 2 ** power);
const each =
  (change: (level: number, share: number, channel: number) => number): Change =>
  (levels, share) =>
    levels.map((level, channel) => change(level, share, channel));

/** A change that any part of the scene may see. */
const light: fc.Arbitrary<Change> = fc.oneof(
  factor.map((gain) => each((level, share) => level * gain ** share)),
  fc.integer({ min: -40, max: 40 }).map((offset) => each((level, share) => level + offset * share)),
  fc
    .double({ min: 0.6, max: 1.6, noNaN: true })
    .map((gamma) => each((level, share) => 255 * (level / 255) ** (gamma ** share))),
  fc
    .tuple(fc.double({ min: 0.7, max: 1.3, noNaN: true }), fc.double({ min: 0.7, max: 1.3, noNaN: true }))
    .map(([red, blue]) =>
      each((level, share, channel) => level * ([red, 1, blue][channel] as number) ** share),
    ),
);

/** The camera turns to grey, which the whole picture does or none of it. */
const grey: fc.Arbitrary<Change> = factor.map((gain) => (levels, share) => {
  const [red, green, blue] = levels;
  const target = (0.3 * red + 0.59 * green + 0.11 * blue) * gain ** share;
  return levels.map((level) => level + (target - level) * share);
});

/** How much of the change each pixel sees: a spot with a soft edge. */
const spot = fc
  .record({
    x: fc.double({ min: 0, max: 1, noNaN: true }),
    y: fc.double({ min: 0, max: 1, noNaN: true }),
    radius: fc.double({ min: 0.2, max: 0.6, noNaN: true }),
    edge: fc.double({ min: 0.05, max: 0.25, noNaN: true }),
  })
  .map(({ x, y, radius, edge }) => (at: number) => {
    const [dx, dy] = [(at % WIDTH) / WIDTH - x, (Math.floor(at / WIDTH) / HEIGHT - y) * (HEIGHT / WIDTH)];
    return Math.max(0, Math.min(1, (radius - Math.hypot(dx, dy)) / edge + 0.5));
  });

const everywhere = fc.constant((_at: number) => 1);

const scenes = fc.record({
  place: fc.constantFrom('study', 'office', 'street'),
  seed: fc.integer({ min: 1, max: 1e6 }),
  /** How long the light takes to change, in seconds. */
  length: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 20, noNaN: true })),
  seen: fc.oneof(fc.tuple(light, fc.oneof(everywhere, spot)), fc.tuple(grey, everywhere)),
});

/** Lays the part of a change on a picture that has come by its time. */
function changed(
  picture: Picture,
  [change, reach]: readonly [Change, (at: number) => number],
  length: number,
) {
  const since = picture.pts / 1e6 - BEGIN;
  if (since < 0) return picture;
  const come = length === 0 ? 1 : Math.min(1, since / length);
  const data = new Uint8ClampedArray(picture.data);
  for (let at = 0; at < WIDTH * HEIGHT; at += 1) {
    const share = come * reach(at);
    const [red, green, blue] = data.subarray(at * 4, at * 4 + 3) as unknown as [number, number, number];
    if (share > 0) data.set(change([red, green, blue], share), at * 4);
  }
  return { ...picture, data: new Uint8Array(data.buffer) };
}

describe('the motion detector when only the light changes', () => {
  test('marks nothing, or no longer than five seconds, whatever the light does', () => {
    fc.assert(
      fc.property(scenes, ({ place, seed, length, seen }) => {
        const detector = createMotionDetector();
        const events = new Map<string, number>();
        const pictures = draw({ place, seed, seconds: BEGIN + length + 8, fps: 5, ambient: () => 0.5 });
        let last = 0;
        for (const picture of pictures) {
          last = picture.pts / 1e6;
          for (const said of detector.look(changed(picture, seen, length))) {
            const began = events.get(said.key);
            events.delete(said.key);
            if (said.type === 'begin') events.set(said.key, said.pts / 1e6);
            else assert.ok(said.pts / 1e6 - (began as number) <= LONGEST_MISTAKE);
          }
        }
        for (const began of events.values()) assert.ok(last - began <= LONGEST_MISTAKE);
      }),
      { numRuns: 16, seed: 3 },
    );
  });
});
