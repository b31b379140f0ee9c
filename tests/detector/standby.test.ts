import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { describe, test } from 'node:test';
import { type LeaseRecord, leaseKey } from '../../src/lease/lease-record.ts';
import { kill } from '../store/forked-store.ts';
import { until } from '../until.ts';
import { drawBoard } from './board.ts';
import { drawnStream, FRAME } from './drawn-stream.ts';
import { ForkedDetectors } from './forked-detectors.ts';

const board = { width: 160, height: 90, block: 10 };

describe('detectors run more than once', () => {
  const detectors = new ForkedDetectors();

  /** A detect process; resolves when it works or stands by. */
  async function startDetector(id?: string): Promise<ChildProcess> {
    const script = new URL('./fixtures/detect.js', import.meta.url);
    const child = detectors.fork(script, id === undefined ? [] : [id]);
    const ready = new Promise<void>((resolve) =>
      child.on('message', (message: unknown[]) => {
        if (message[0] === 'ready') resolve();
      }),
    );
    await ready;
    return child;
  }

  async function active(source: string): Promise<number> {
    const record = (await detectors.store.get(leaseKey(`detect/room/${source}`))) as LeaseRecord | undefined;
    return record?.holder.pid ?? 0;
  }

  test('leave exactly one marker of an event, whichever is stopped, woken or killed in the middle of it', async () => {
    const first = await startDetector();
    await detectors.listening(1);
    const second = await startDetector();
    let gone = Number.POSITIVE_INFINITY;
    const stream = drawnStream(detectors.store, (number) =>
      drawBoard(board, number * 0.1, number >= 30 && number < gone ? [{ column: 4, row: 3 }] : []),
    );
    await stream.play(60);
    await until('the marker', 5, async () => (await detectors.markers()).length === 1);
    assert.equal(await active('mint-square'), first.pid);
    first.kill('SIGSTOP');
    // It may still be listed as listening; what counts is that the other one works within three seconds.
    await until('the second takes over', 3, async () => (await active('mint-square')) === second.pid);
    await detectors.listening(2);
    await stream.play(90);
    first.kill('SIGCONT');
    await detectors.listening(1);
    await stream.play(120);
    await kill(second);
    await until('the first takes over', 3, async () => (await active('mint-square')) === first.pid);
    await detectors.listening(1);
    await stream.play(150);
    gone = stream.number + 15;
    await stream.play(gone + 15);
    await until('its end', 5, async () =>
      (await detectors.markers()).every(({ duration }) => duration !== null),
    );
    assert.deepEqual(
      (await detectors.markers()).map(({ pts, duration }) => [pts / FRAME, (duration ?? 0) / FRAME]),
      [[30, gone - 30]],
    );
  });

  test('work side by side under ids of their own, each with its own markers', async () => {
    const before = (await detectors.markers()).length;
    await startDetector('left');
    await startDetector('right');
    await detectors.listening(2);
    const stream = drawnStream(detectors.store, (number) =>
      drawBoard(board, number * 0.1, number >= 30 && number < 60 ? [{ column: 4, row: 3 }] : []),
    );
    await stream.play(80);
    const found = async () => (await detectors.markers()).filter(({ source }) => source !== 'mint-square');
    await until(
      'both markers and their ends',
      5,
      async () => (await found()).filter(({ duration }) => duration !== null).length === 2,
    );
    assert.deepEqual((await found()).map(({ source, pts }) => [source, pts / FRAME]).sort(), [
      ['mint-square.left', 30],
      ['mint-square.right', 30],
    ]);
    assert.equal((await detectors.markers()).length, before + 2);
  });
});
