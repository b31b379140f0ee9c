import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Detector, Observation } from '../../src/detector/detector.ts';
import { createMintSquareDetector } from '../../src/detector/mint-square.ts';
import { asPicture, type Board, drawBoard, randomNumbers, type Square } from './board.ts';

interface Event {
  readonly square: Square;
  readonly from: number;
  readonly to: number;
}

/** Shows `events` (in frame numbers) on a rolling board; returns what the detector said, in frame numbers. */
function watch(
  board: Board,
  events: readonly Event[],
  { frames = 60, fps = 30, speed = board.width / 20, detector = createMintSquareDetector() as Detector } = {},
) {
  const random = randomNumbers(7);
  const begun = new Map<string, { from: number; to: number | undefined; data: unknown }>();
  for (let frame = 0; frame < frames; frame += 1) {
    const pts = Math.round((frame * 1e6) / fps);
    const shown = events.filter(({ from, to }) => frame >= from && frame < to).map(({ square }) => square);
    const picture = asPicture(drawBoard(board, (frame * speed) / fps, shown, random), pts);
    for (const said of detector.look(picture) as Observation[]) {
      const at = Math.round((said.pts * fps) / 1e6);
      if (said.type === 'begin') begun.set(said.key, { from: at, to: undefined, data: said.data });
      else (begun.get(said.key) as { to: number | undefined }).to = at;
    }
  }
  return [...begun.values()];
}

function spans(found: readonly { from: number; to: number | undefined }[]) {
  return found.map(({ from, to }) => [from, to]);
}

const sizes = [
  [64, 36],
  [64, 64],
  [160, 90],
  [320, 180],
  [640, 360],
  [768, 432],
  [1280, 720],
  [1920, 1080],
  [360, 640],
] as const;

describe('createMintSquareDetector', () => {
  for (const [width, height] of sizes) {
    test(`says the first frame with the square and the first without it, at ${width}x${height}`, () => {
      const board = { width, height, block: Math.max(2, Math.round(width / 32) * 2) };
      const large = width > 1000;
      const event = { square: { column: 5, row: 3 }, from: 7, to: large ? 17 : 50 };
      assert.deepEqual(spans(watch(board, [event], { frames: large ? 20 : 60 })), [[7, large ? 17 : 50]]);
    });
  }

  test('finds the one-block square in the largest picture', () => {
    const board = { width: 7680, height: 2160, block: 480 };
    const found = watch(board, [{ square: { column: 5, row: 3 }, from: 0, to: 1 }], { frames: 2 });
    assert.deepEqual(spans(found), [[0, 1]]);
  });

  test('sees a square that is there in the very first picture', () => {
    const board = { width: 320, height: 180, block: 20 };
    assert.deepEqual(spans(watch(board, [{ square: { column: 2, row: 2 }, from: 0, to: 30 }])), [[0, 30]]);
  });

  test('tells several squares apart, also neighbours that touch, also one after the other in one place', () => {
    const board = { width: 640, height: 360, block: 40 };
    const events = [
      { square: { column: 2, row: 2 }, from: 3, to: 40 },
      { square: { column: 3, row: 2 }, from: 9, to: 30 },
      { square: { column: 3, row: 3 }, from: 10, to: 55 },
      { square: { column: 2, row: 2 }, from: 45, to: 50 },
      { square: { column: 9, row: 7 }, from: 20, to: 35 },
    ];
    assert.deepEqual(
      spans(watch(board, events)).sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d),
      [
        [3, 40],
        [9, 30],
        [10, 55],
        [20, 35],
        [45, 50],
      ],
    );
  });

  test('follows a square at any rate and speed of rolling', () => {
    const board = { width: 640, height: 360, block: 40 };
    for (const [fps, speed] of [
      [5, 30],
      [10, 100],
      [10, -100],
      [30, 200],
      [60, 32],
      [120, 0],
    ] as const) {
      const start = speed < 0 ? 12 : 1;
      const event = { square: { column: start, row: 4 }, from: 2, to: 16 };
      assert.deepEqual(
        spans(watch(board, [event], { frames: 20, fps, speed })),
        [[2, 16]],
        `${fps}/s, ${speed} px/s`,
      );
    }
  });

  test('is exact in noise, and finds nothing in noise alone', () => {
    for (const [width, height, noise] of [
      [64, 36, 20],
      [160, 90, 25],
      [320, 180, 30],
      [640, 360, 40],
    ] as const) {
      const board = { width, height, block: Math.round(width / 32) * 2, noise };
      const event = { square: { column: 6, row: 4 }, from: 10, to: 70 };
      assert.deepEqual(
        spans(watch(board, [event], { frames: 90 })),
        [[10, 70]],
        `${width} wide, noise ${noise}`,
      );
    }
    assert.deepEqual(watch({ width: 160, height: 90, block: 10, noise: 50 }, [], { frames: 300 }), []);
  });

  test('takes no other colour and no other shape for a mint square', () => {
    const detector = createMintSquareDetector();
    const paint = (colour: readonly number[], inside: (x: number, y: number) => boolean) => {
      const frame = drawBoard({ width: 160, height: 90, block: 10 }, 0, []);
      for (let i = 0; i < 160 * 90; i += 1)
        if (inside(i % 160, Math.floor(i / 160))) frame.data.set(colour, i * 4);
      return asPicture(frame, 0);
    };
    const block = (x: number, y: number) => x >= 40 && x < 50 && y >= 20 && y < 30;
    const mint = [0x3e, 0xb4, 0x89];
    const green = (x: number, y: number) => x >= 40 && x < 50 && y >= 20 && y < 30;
    for (const colour of [
      [0, 0xff, 0],
      [0x3e, 0xb4, 0xe0],
      [0x89, 0xb4, 0x3e],
      [0x80, 0x80, 0x80],
      [0x60, 0xd4, 0xa8],
    ])
      assert.deepEqual(detector.look(paint(colour, green)), [], String(colour));
    const bar = (_: number, y: number) => y === 30 || y === 31;
    const wide = (x: number, y: number) => x >= 20 && x < 60 && y >= 20 && y < 30;
    const frame = (x: number, y: number) =>
      x >= 40 && x < 70 && y >= 20 && y < 50 && (x < 43 || x >= 67 || y < 23 || y >= 47);
    const point = (x: number, y: number) => x === 40 && y === 20;
    const all = () => true;
    for (const shape of [bar, wide, frame, point, all])
      assert.deepEqual(detector.look(paint(mint, shape)), []);
    assert.equal(detector.look(paint(mint, block)).length, 1);
  });

  test('gives place and size as shares of the picture', () => {
    const found = watch(
      { width: 640, height: 360, block: 40 },
      [{ square: { column: 4, row: 3 }, from: 0, to: 2 }],
      {
        frames: 3,
        speed: 0,
      },
    );
    assert.deepEqual(found[0]?.data, { x: 0.25, y: 0.3333, width: 0.0625, height: 0.1111 });
  });

  test('over a break an event goes on in its place, and ends when the square is gone or elsewhere', () => {
    const board = { width: 640, height: 360, block: 40 };
    const first = asPicture(drawBoard(board, 0, [{ column: 4, row: 3 }]), 0);
    for (const [place, expected] of [
      [{ column: 4, row: 3 }, []],
      [{ column: 9, row: 3 }, ['end', 'begin']],
    ] as const) {
      const detector = createMintSquareDetector();
      assert.equal(detector.look(first).length, 1);
      const after = asPicture(drawBoard(board, 0, [place]), 5_000_000, { discontinuity: true });
      assert.deepEqual(
        detector.look(after).map(({ type }) => type),
        expected,
      );
    }
  });
});
