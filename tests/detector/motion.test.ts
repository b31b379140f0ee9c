import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { PromptDetector } from '../../src/detector/detector.ts';
import { createMotionDetector } from '../../src/detector/motion.ts';
import type { Picture } from '../../src/frames/picture.ts';
import { ROOT } from '../root.ts';
import { asPicture, randomNumbers } from './board.ts';
import { decode } from './decode.ts';

const clips = join(ROOT, '../shared/clips/');

type Span = [from: number, to: number | undefined];

/** Begins and ends of events in seconds, as they stand after the last picture. */
async function spansOf(
  pictures: AsyncIterable<Picture> | Iterable<Picture>,
  detector = createMotionDetector(),
) {
  const events = new Map<string, Span>();
  for await (const picture of pictures) {
    for (const said of detector.look(picture)) {
      assert.ok(said.pts <= picture.pts);
      if (said.type === 'begin') events.set(said.key, [said.pts / 1e6, undefined]);
      else (events.get(said.key) as Span)[1] = said.pts / 1e6;
    }
  }
  return [...events.values()];
}

function assertSpans(
  found: readonly Span[],
  expected: readonly (readonly [number, number])[],
  tolerance: number,
) {
  const text = found.map(([from, to]) => `${from.toFixed(2)}–${to?.toFixed(2)}`).join(', ');
  assert.equal(found.length, expected.length, text);
  for (const [i, [from, to]] of expected.entries()) {
    const [begin, end = Number.POSITIVE_INFINITY] = found[i] as Span;
    assert.ok(Math.abs(begin - from) <= tolerance && Math.abs(end - to) <= tolerance, text);
  }
}

interface Scene {
  /** Seconds. */
  readonly length: number;
  readonly fps?: number;
  readonly noise?: number;
  /** The level of a place at a time, 0 to 255. */
  readonly at: (x: number, y: number, seconds: number) => number;
}

/** A small grey scene, drawn by hand. */
function* scene({ length, fps = 5, noise = 0, at }: Scene, from = 0): Generator<Picture> {
  const random = randomNumbers(3);
  for (let number = Math.round(from * fps); number < length * fps; number += 1) {
    const data = new Uint8Array(40 * 24 * 4);
    for (let i = 0; i < 40 * 24; i += 1) {
      const level = at(i % 40, Math.floor(i / 40), number / fps) + noise * (random() - 0.5);
      data.fill(Math.max(0, Math.min(255, Math.round(level))), i * 4, i * 4 + 3);
    }
    yield asPicture({ width: 40, height: 24, data }, Math.round((number * 1e6) / fps));
  }
}

const wall = (x: number, y: number) => 120 + ((x * 7 + y * 13) % 40);
const inside = (x: number, y: number) => x >= 10 && x < 18 && y >= 8 && y < 20;

describe('createMotionDetector', () => {
  test('marks hands that take bottles away and bring them back', async () => {
    const bottles = `${clips}bottle-detection.mp4`;
    const shape = { width: 640, height: 360, fps: 179 / 6 };
    const expected = [
      [5.7, 14],
      [15.8, 18.5],
      [22, 24.3],
      [27.3, 29],
      [30.7, 36.7],
    ] as const;
    if (existsSync(bottles)) {
      assertSpans(await spansOf(decode(['-i', bottles], shape)), expected, 0.5);
      return;
    }
    const shown = expected.map(([from, to]) => `between(t,${from},${to})`).join('+');
    const hand = `drawbox=x=100:y=0:w=60:h=200:color=0xb06050:t=fill:enable='${shown}'`;
    const table = `color=0xa0a0a8:s=640x360:r=179/6:d=40,${hand}`;
    assertSpans(await spansOf(decode(['-f', 'lavfi', '-i', table], shape)), expected, 0.2);
  });

  const rooms = [
    ['a dark room with much noise at 25 frames a second', '0x242424', '0x585048', 18, 25, 320, 180],
    ['a bright one with little noise at 60', '0xe8e8e0', '0x3060a0', 3, 60, 640, 360],
    ['a grey one at 8, a grey thing in it', '0x808080', '0xb4b4b4', 8, 8, 768, 432],
  ] as const;
  for (const [name, room, thing, noise, fps, width, height] of rooms) {
    test(`finds what enters ${name}, stays and leaves`, async () => {
      // In from the left within half a second, still, out to the right; then once more, short.
      const w = width / 6;
      const path = `if(lt(t,6),min((t-3)*${width}*0.8-${w},${width * 0.3}),${width * 0.3}+(t-6)*${width})`;
      const short = 'between(t,9,9.8)';
      const filters = [
        `color=${thing}:s=${w - (w % 2)}x${height / 2}:r=${fps}:d=12[thing]`,
        `color=${room}:s=${width}x${height}:r=${fps}:d=12[room]`,
        `[room][thing]overlay=x='if(${short},${width / 2},${path})':y=${height / 4}:enable='between(t,3,7)+${short}'`,
        `noise=alls=${noise}:allf=t`,
      ];
      const graph = `${filters.slice(0, 2).join(';')};${filters.slice(2).join(',')}`;
      const pictures = decode(['-f', 'lavfi', '-i', graph], { width, height, fps });
      assertSpans(
        await spansOf(pictures),
        [
          [3.1, 6.75],
          [9, 9.8],
        ],
        0.3,
      );
    });
  }

  test('reports nothing shorter than the minimum, and joins what pauses less than the quiet time', async () => {
    const shown = (t: number) => (t >= 5 && t < 5.4) || (t >= 10 && t < 11) || (t >= 11.6 && t < 13);
    const at: Scene['at'] = (x, y, t) => (inside(x, y) && shown(t) ? 30 : wall(x, y));
    assertSpans(await spansOf(scene({ length: 20, at, noise: 20 })), [[10, 13]], 0.01);
    const strict = createMotionDetector({ minimumSeconds: 1.2, quietSeconds: 0.3 });
    assertSpans(await spansOf(scene({ length: 20, at }), strict), [[11.6, 13]], 0.01);
    const coarse = createMotionDetector({ threshold: 0.2 });
    assertSpans(await spansOf(scene({ length: 20, at }), coarse), [], 0);
  });

  test('tells of an event with the time of its first frame, once it has lasted long enough', async () => {
    const at: Scene['at'] = (x, y, t) => (inside(x, y) && t >= 5 && t < 8 ? 30 : wall(x, y));
    const detector = createMotionDetector();
    for (const picture of scene({ length: 7, fps: 10, at })) {
      const [said] = detector.look(picture);
      if (said === undefined) continue;
      assert.equal(picture.pts, 5_500_000);
      assert.deepEqual(said, {
        type: 'begin',
        key: 'motion-0',
        pts: 5_000_000,
        date: 1_700_000_005_000_000,
        text: 'Motion',
        class: 'motion',
        data: { share: 0.1, x: 0.25, y: 0.3333, width: 0.2, height: 0.5 },
      });
    }
  });

  test('keeps an event while a thing stands perfectly still for more than a minute', async () => {
    const at: Scene['at'] = (x, y, t) => (inside(x, y) && t >= 5 && t < 80 ? 30 : wall(x, y));
    assertSpans(await spansOf(scene({ length: 90, at, noise: 10 })), [[5, 80]], 0.01);
  });

  test('keeps an event for minutes while somebody sways where he stands', async () => {
    const at: Scene['at'] = (x, y, t) => {
      const sway = Math.floor(t / 15) % 2;
      return inside(x - sway, y) && t >= 5 && t < 400 ? 30 : wall(x, y);
    };
    assertSpans(await spansOf(scene({ length: 410, at, noise: 10 })), [[5, 400]], 0.01);
  });

  test('ends an event when a thing came to stay, at the moment it came to rest; its leaving is another', async () => {
    // Carried in from 5 to 7 s, carried away from 200 to 202 s.
    const shift = (t: number) => (t < 7 ? (t - 7) * 10 : t < 200 ? 0 : (t - 200) * 15);
    const at: Scene['at'] = (x, y, t) =>
      t >= 5 && t < 202 && inside(x - Math.round(shift(t)), y) ? 30 : wall(x, y);
    assertSpans(
      await spansOf(scene({ length: 300, at, noise: 10 })),
      [
        [5, 7],
        [200, 201.8],
      ],
      0.7,
    );
  });

  test('a light switched on holds an event open for seconds, not for ever', async () => {
    const at: Scene['at'] = (x, y, t) => (t >= 5 ? Math.min(250, wall(x, y) * 0.3 + 170) : wall(x, y) * 0.3);
    const detector = createMotionDetector();
    const found = await spansOf(scene({ length: 13, at, noise: 10 }), detector);
    assertSpans(found, [[5, 5]], 0.5);
  });

  test('dusk and the exposure of the camera are no motion', async () => {
    const dusk: Scene['at'] = (x, y, t) => wall(x, y) * (1 - 0.006 * t);
    const exposure: Scene['at'] = (x, y, t) => wall(x, y) * (t >= 5 ? 0.8 : 1);
    for (const at of [dusk, exposure])
      assertSpans(await spansOf(scene({ length: 100, at, noise: 6 })), [], 0);
  });

  test('after ten minutes anything is the new normal', async () => {
    const at: Scene['at'] = (x, y, t) =>
      inside(x, y) && t >= 5 && Math.floor(t) % 2 === 0 ? 30 : wall(x, y);
    const found = await spansOf(scene({ length: 700, fps: 3, at }));
    assertSpans(found, [[6, 606]], 0.5);
  });

  test('goes on over a break in the same scene, and begins anew in another', async () => {
    const same = (detector: PromptDetector, at: Scene['at'], from: number, length: number) =>
      [...scene({ length, at }, from)].flatMap((picture, i) =>
        detector.look(i === 0 && from > 0 ? { ...picture, discontinuity: true } : picture),
      );
    const visited: Scene['at'] = (x, y, t) => (inside(x, y) && t >= 3 ? 30 : wall(x, y));
    const elsewhere: Scene['at'] = (x, y) => ((x + y) % 7 < 3 ? 250 : 10);
    const staying = createMotionDetector();
    assert.equal(same(staying, visited, 0, 5).length, 1);
    assert.deepEqual(same(staying, visited, 30, 35), []);
    const moving = createMotionDetector();
    assert.equal(same(moving, visited, 0, 5).length, 1);
    assert.deepEqual(same(moving, elsewhere, 30, 35), [{ type: 'end', key: 'motion-0', pts: 30_000_000 }]);
  });

  test('a successor that recalls the scene sees at once that somebody is there', async () => {
    const at: Scene['at'] = (x, y, t) => (inside(x, y) && t >= 5 && t < 12 ? 30 : wall(x, y));
    const killed = createMotionDetector();
    await spansOf(scene({ length: 8, at }), killed);
    const successor = createMotionDetector();
    successor.recall?.(structuredClone(killed.remember?.()));
    assertSpans(await spansOf(scene({ length: 20, at }, 9), successor), [[9, 12]], 0.01);
    const strange = createMotionDetector();
    strange.recall?.({ columns: 1, rows: 1, background: 'no' });
    assertSpans(await spansOf(scene({ length: 12, at: wall }, 9), strange), [], 0);
  });
});
