import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fromSeconds, ticksIn, timeOfTicks, toSeconds } from '../../src/clock.ts';
import { createChessboard } from '../../src/source/chessboard.ts';
import { chessboardEvents, placeOf } from '../../src/source/chessboard-events.ts';
import { EVENT_LENGTH, layOut, rolled } from '../../src/source/chessboard-layout.ts';
import { timecode } from '../../src/source/chessboard-picture.ts';
import type { PacerClock } from '../../src/source/pacer.ts';
import fc from '../property.ts';
import { sourceContract, take } from './source-contract.ts';

const small = { width: 160, height: 90, frameRate: 30, eventMean: fromSeconds(1), seed: 7 };
const even = (low: number, high: number) =>
  fc.integer({ min: low / 2, max: high / 2 }).map((half) => half * 2);

sourceContract('chessboard', (signal) => createChessboard({ ...small, signal }));

describe('chessboardEvents', () => {
  test('squares are whole and uncovered for two seconds, and a block apart from each other, at any size', () => {
    fc.assert(
      fc.property(
        even(64, 1920),
        even(64, 1080),
        fc.boolean(),
        fc.nat(0xffffffff),
        fc.integer({ min: 1, max: 120 }),
        (width, height, clockStrip, seed, frameRate) => {
          const layout = layOut({ width, height, clockStrip });
          const events = chessboardEvents({ layout, frameRate, eventMean: fromSeconds(0.5), seed });
          const all = Array.from({ length: 30 }, () => events.next().value);
          for (const [index, event] of all.entries()) {
            for (const pts of [event.begin, event.begin + EVENT_LENGTH - 1]) {
              const { x, y } = placeOf(event, layout, pts);
              assert.ok(x >= 0 && x + layout.block <= width, `x ${x} of ${width}`);
              assert.ok(y >= layout.stripHeight && y + layout.block <= layout.bandTop, `y ${y}`);
            }
            for (const other of all.slice(index + 1)) {
              assert.ok(other.begin >= event.begin);
              if (other.begin > event.begin + EVENT_LENGTH) continue;
              assert.ok(Math.max(Math.abs(other.row - event.row), Math.abs(other.column - event.column)) > 1);
            }
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test('the intervals between beginnings are exponential with the mean asked for', () => {
    const layout = layOut({ width: 640, height: 360 });
    const events = chessboardEvents({ layout, frameRate: 30, eventMean: fromSeconds(10), seed: 1 });
    const begins = Array.from({ length: 4000 }, () => events.next().value.begin);
    const steps = begins.map((begin, index) => toSeconds(begin - (begins[index - 1] ?? 0)));
    const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
    assert.ok(Math.abs(mean - 10) < 0.5, `mean ${mean}`);
    // An exponential variable exceeds its mean with probability 1/e.
    const longer = steps.filter((step) => step > 10).length / steps.length;
    assert.ok(Math.abs(longer - Math.exp(-1)) < 0.03, `${longer} exceed the mean`);
  });

  test('an event begins on a tick of the frame rate', () => {
    const layout = layOut({ width: 64, height: 64 });
    const events = chessboardEvents({ layout, frameRate: 29.97, eventMean: fromSeconds(1), seed: 2 });
    for (let n = 0; n < 50; n++) {
      const { begin } = events.next().value;
      const tick = Math.round(ticksIn(begin, 29.97));
      assert.equal(begin, Math.round(timeOfTicks(tick, 29.97)));
    }
  });
});

describe('createChessboard', () => {
  test('nothing has colour but the squares of the events, which are where the schedule says', async () => {
    const layout = layOut({ ...small, clockStrip: true });
    const schedule = chessboardEvents({ layout, ...small });
    const events = Array.from({ length: 20 }, () => schedule.next().value);
    let seen = 0;
    for (const { pts, data } of await take(
      createChessboard({ ...small, clockStrip: true, noise: 40, paced: false }),
      240,
    )) {
      const expected = events.filter(({ begin }) => begin <= pts && pts < begin + EVENT_LENGTH);
      const area = expected.length * layout.block ** 2;
      const coloured = new Uint32Array(data.buffer).filter(
        (_, at) => data[4 * at] !== data[4 * at + 1],
      ).length;
      assert.equal(coloured, area, `at ${pts}`);
      for (const event of expected) {
        const { x, y } = placeOf(event, layout, pts);
        const corners = [
          [0, 0],
          [layout.block - 1, layout.block - 1],
        ] as const;
        for (const [dx, dy] of corners) {
          const at = 4 * ((y + dy) * small.width + x + dx);
          assert.deepEqual([...data.subarray(at, at + 4)], [0x3e, 0xb4, 0x89, 255]);
        }
        seen++;
      }
    }
    assert.ok(seen > 60);
  });

  test('the board rolls with its squares, by whole pixels', async () => {
    const layout = layOut(small);
    const quiet = { ...small, eventMean: fromSeconds(3600) };
    const frames = await take(createChessboard({ ...quiet, paced: false }), 200);
    const [first, later] = [frames[0], frames[199]];
    assert.ok(first && later);
    const shift = rolled(layout, later.pts);
    assert.ok(shift > 10);
    for (let x = 0; x + shift < small.width; x++)
      assert.equal(later.data[4 * (x + shift)], first.data[4 * x]);
  });

  test('a seed makes it repeatable: the picture depends on the time only, also when ticks are skipped', async () => {
    const wallClock = () => 1_700_000_000_000_000;
    const all = await take(createChessboard({ ...small, noise: 9, paced: false, wallClock }), 120);
    let time = 0;
    const clock: PacerClock = {
      now: () => time,
      sleep: async (wait) => {
        time += wait;
      },
    };
    // Below is the text, which shows the wall clock: that of a late frame is late.
    const board = 4 * small.width * layOut(small).bandTop;
    let count = 0;
    for await (const frame of createChessboard({ ...small, noise: 9, clock, wallClock }).frames()) {
      const tick = Math.round(ticksIn(frame.pts, 30));
      if (tick >= 120) break;
      const same = all[tick]?.data.subarray(0, board) ?? new Uint8Array(0);
      assert.ok(Buffer.from(frame.data.subarray(0, board)).equals(same), `tick ${tick}`);
      time += count++ % 10 === 3 ? 170_000 : 1_000;
    }
    assert.ok(count < 100 && count > 60);
  });

  test('the clock strip spells the capture time in 48 cells', async () => {
    for (const width of [64, 160, 640]) {
      const source = createChessboard({ ...small, width, clockStrip: true, paced: false });
      for (const { data, capturedAt } of await take(source, 3)) {
        for (const line of [0, 7]) {
          let bits = '';
          for (let cell = 0; cell < 48; cell++) {
            const middle = Math.floor(
              (Math.floor((cell * width) / 48) + Math.floor(((cell + 1) * width) / 48)) / 2,
            );
            bits += data[4 * (line * width + middle)] === 255 ? '1' : '0';
          }
          assert.equal(Number.parseInt(bits, 2), Math.floor(capturedAt / 1000));
        }
      }
    }
  });

  test('PTS is the tick over the rate to the microsecond, and the capture time follows the wall clock', async () => {
    const frames = await take(
      createChessboard({ ...small, frameRate: 29.97, paced: false, wallClock: () => 5_000_000 }),
      100,
    );
    for (const [tick, { pts, capturedAt }] of frames.entries()) {
      assert.equal(pts, Math.round(timeOfTicks(tick, 29.97)));
      assert.equal(capturedAt, 5_000_000 + pts);
    }
  });

  test('a size without room for a whole square, or an odd one, is refused by name', () => {
    const refused = { code: 'SOURCE_SIZE' };
    assert.throws(() => createChessboard({ ...small, width: 161 }), refused);
    assert.throws(() => createChessboard({ ...small, block: 80 }), refused);
    assert.throws(() => createChessboard({ ...small, rollSpeed: 5000 }), refused);
  });
});

describe('timecode', () => {
  test('it counts hours, minutes, seconds and the frame within the second', () => {
    const at = (tick: number, rate: number) => timecode(tick, Math.round(timeOfTicks(tick, rate)), rate);
    assert.equal(at(0, 30), '00:00:00:00');
    assert.equal(at(29, 30), '00:00:00:29');
    assert.equal(at(30, 30), '00:00:01:00');
    assert.equal(at(30 * 3661 + 4, 30), '01:01:01:04');
    assert.equal(at(100 * 3600 * 25, 25), '00:00:00:00');
    assert.equal(at(119, 120), '00:00:00:119');
  });

  test('at fractional rates no frame is shown twice within a second', () => {
    for (const rate of [29.97, 23.976, 59.94, 7.3]) {
      const seen = new Set(
        Array.from({ length: 5000 }, (_, tick) => timecode(tick, Math.round(timeOfTicks(tick, rate)), rate)),
      );
      assert.equal(seen.size, 5000, String(rate));
    }
  });
});
