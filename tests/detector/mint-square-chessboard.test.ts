import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMintSquareDetector } from '../../src/detector/mint-square.ts';
import { createChessboard } from '../../src/source/chessboard.ts';
import { chessboardEvents } from '../../src/source/chessboard-events.ts';
import { EVENT_LENGTH, layOut } from '../../src/source/chessboard-layout.ts';
import { asPicture } from './board.ts';

const cases = [
  { width: 640, height: 360, frameRate: 30, noise: 0, seconds: 40, options: {} },
  { width: 320, height: 180, frameRate: 30, noise: 40, seconds: 30, options: { clockStrip: true } },
  { width: 320, height: 180, frameRate: 12.5, noise: 10, seconds: 40, options: {} },
  { width: 1280, height: 720, frameRate: 5, noise: 0, seconds: 30, options: {} },
  { width: 2560, height: 256, frameRate: 3, noise: 10, seconds: 20, options: {} },
  { width: 64, height: 64, frameRate: 30, noise: 63, seconds: 20, options: {} },
  { width: 128, height: 96, frameRate: 10, noise: 0, seconds: 40, options: {} },
];

describe('createMintSquareDetector before the real chessboard', () => {
  for (const { width, height, frameRate, noise, seconds, options } of cases) {
    test(`misses no frame at ${width}x${height}, ${frameRate}/s, noise ${noise}`, async () => {
      const shape = { width, height, ...options };
      const plan = { frameRate, eventMean: 1_000_000, seed: 11 };
      const detector = createMintSquareDetector();
      const found = new Map<string, number[]>();
      const frames: number[] = [];
      for await (const frame of createChessboard({ ...shape, ...plan, noise, paced: false }).frames()) {
        if (frame.pts > seconds * 1e6) break;
        frames.push(frame.pts);
        for (const { key, pts, type } of detector.look(asPicture(frame, frame.pts))) {
          if (type === 'begin') found.set(key, [pts]);
          else found.get(key)?.push(pts);
        }
      }
      const expected: number[][] = [];
      for (const { begin } of chessboardEvents({ layout: layOut(shape), ...plan })) {
        if (begin > (frames.at(-1) as number)) break;
        const end = frames.find((pts) => pts >= begin + EVENT_LENGTH);
        expected.push(end === undefined ? [begin] : [begin, end]);
      }
      const sorted = (events: number[][]) => events.sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d);
      assert.ok(expected.length > 10);
      assert.deepEqual(sorted([...found.values()]), sorted(expected));
    });
  }
});
