import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { PassThrough, Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { timeOfTicks } from '../../src/clock.ts';
import { openRawInput, type RawInputOptions } from '../../src/source/raw-input.ts';
import { sourceContract, take } from './source-contract.ts';

const shape = { width: 16, height: 16, frameRate: 30, format: 'rgba', timing: 'rate' } as const;

/** A program that writes zeros for ever. */
function zeros(): Readable {
  const program = spawn('cat', ['/dev/zero'], { stdio: ['ignore', 'pipe', 'ignore'] });
  return program.stdout.on('close', () => program.kill());
}

for (const timing of ['arrival', 'rate'] as const) {
  sourceContract(`raw frames on standard input, timed by ${timing}`, (signal) =>
    openRawInput({ ...shape, format: 'rgb24', timing, stdin: zeros(), signal, paced: timing === 'arrival' }),
  );
}

async function all(options: Partial<RawInputOptions>, bytes: Uint8Array) {
  return openRawInput({
    ...shape,
    paced: false,
    stdin: Readable.from([bytes.subarray(0, 5), bytes.subarray(5)]),
    ...options,
  });
}

describe('openRawInput', () => {
  test('every layout becomes RGBA', async () => {
    const pixel = { rgba: [1, 2, 3, 9], rgb24: [1, 2, 3], bgr24: [3, 2, 1], gray: [7] } as const;
    for (const format of ['rgba', 'rgb24', 'bgr24', 'gray'] as const) {
      const bytes = Uint8Array.from(
        { length: 256 * pixel[format].length },
        (_, at) => pixel[format][at % pixel[format].length] ?? 0,
      );
      const [frame] = await take(await all({ format }, bytes), 1);
      const wanted = format === 'gray' ? [7, 7, 7, 255] : format === 'rgba' ? [1, 2, 3, 9] : [1, 2, 3, 255];
      for (let at = 0; at < 1024; at += 4)
        assert.deepEqual([...(frame?.data.subarray(at, at + 4) ?? [])], wanted, format);
    }
  });

  test('by rate, frame n is at n over the rate; the end of the input ends the source', async () => {
    const frames = await take(await all({ frameRate: 29.97 }, new Uint8Array(1024 * 5)), 99);
    assert.deepEqual(
      frames.map(({ pts }) => pts),
      [0, 1, 2, 3, 4].map((n) => Math.round(timeOfTicks(n, 29.97))),
    );
  });

  test('by arrival, a frame is stamped when its last byte has come', async () => {
    const stdin = new PassThrough();
    let time = 1_000;
    const clock = { now: () => time, sleep: async () => {} };
    const frames = openRawInput({
      ...shape,
      timing: 'arrival',
      stdin,
      clock,
      wallClock: () => 7_000_000,
    }).frames();
    const iterator = frames[Symbol.asyncIterator]();
    const times: (number | undefined)[][] = [];
    for (const pause of [0, 40_000, 0, 3_000_000]) {
      time += pause;
      const next = iterator.next();
      stdin.write(new Uint8Array(1000));
      stdin.write(new Uint8Array(24));
      const { value } = await next;
      times.push([value?.pts, value?.capturedAt]);
    }
    stdin.end();
    assert.equal((await iterator.next()).done, true);
    const expected = [0, 40_000, 40_001, 3_040_000];
    assert.deepEqual(
      times,
      expected.map((pts) => [pts, 7_000_000 + pts]),
    );
  });

  test('a frame cut off at the end is dropped, and said', async () => {
    const warnings: string[] = [];
    const log = {
      info: () => {},
      warn: (facts: object, text: string) => warnings.push(`${text} ${JSON.stringify(facts)}`),
    };
    const frames = await take(await all({ log }, new Uint8Array(1024 * 2 + 100)), 99);
    assert.equal(frames.length, 2);
    assert.deepEqual(warnings, [
      'standard input ended inside a frame: its writer was stopped in the middle of one, or --size is not right {"bytes":100,"expected":1024}',
    ]);
  });

  test('an odd size is refused', () => {
    assert.throws(() => openRawInput({ ...shape, width: 17 }), { code: 'SOURCE_SIZE' });
  });
});
