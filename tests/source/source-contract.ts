import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import type { Frame } from '../../src/container/frame.ts';
import type { Source } from '../../src/source/source.ts';
import { until } from '../until.ts';

/** How a source of ten or more frames is opened for the contract; it should not take long to give them. */
export type Open = (signal: AbortSignal) => Source | Promise<Source>;

/** Programs that this process started and that still run. */
export function programs(): string {
  // The listing itself is a child too.
  const table = execFileSync('ps', ['-o', 'pid=,comm=', '--ppid', String(process.pid)]).toString();
  return table
    .split('\n')
    .filter((line) => /ffmpeg|sleep|cat/.test(line))
    .join('\n');
}

async function noProgramsLeft(): Promise<void> {
  await until('every program has ended', 3, () => {
    assert.equal(programs(), '');
    return true;
  });
}

/** The first frames of a source; leaves the loop after them. */
export async function take(source: Source, count: number): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of source.frames()) {
    frames.push(frame);
    if (frames.length === count) break;
  }
  return frames;
}

/** What every source must do. */
export function sourceContract(name: string, open: Open): void {
  describe(`the source contract: ${name}`, () => {
    test('its size is even and its rate sensible', async () => {
      const stop = new AbortController();
      const source = await open(stop.signal);
      assert.equal(source.width % 2, 0);
      assert.equal(source.height % 2, 0);
      assert.ok(source.frameRate >= 1 && source.frameRate <= 120, String(source.frameRate));
      stop.abort();
      await take(source, 1);
      await noProgramsLeft();
    });

    test('frames have its size, whole and strictly increasing times, and pixels of their own', async () => {
      const source = await open(new AbortController().signal);
      const frames = await take(source, 6);
      assert.equal(frames.length, 6);
      let last = Number.NEGATIVE_INFINITY;
      for (const { pts, capturedAt, width, height, data } of frames) {
        assert.ok(Number.isSafeInteger(pts) && pts > last, `${pts} after ${last}`);
        assert.ok(Math.abs(capturedAt / 1000 - Date.now()) < 60_000, `captured at ${capturedAt}`);
        assert.deepEqual([width, height, data.length], [source.width, source.height, width * height * 4]);
        last = pts;
      }
      assert.equal(new Set(frames.map(({ data }) => data)).size, 6);
    });

    test('leaving the loop frees everything', async () => {
      await take(await open(new AbortController().signal), 2);
      await noProgramsLeft();
    });

    test('the signal ends the loop in good order and frees everything', async () => {
      const stop = new AbortController();
      let count = 0;
      for await (const _ of (await open(stop.signal)).frames()) if (++count === 2) stop.abort();
      assert.equal(count, 2);
      await noProgramsLeft();
    });
  });
}
