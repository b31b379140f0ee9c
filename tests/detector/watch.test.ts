import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { detectorStateKey } from '../../src/detector/watch.ts';
import { kill } from '../store/forked-store.ts';
import { until } from '../until.ts';
import { drawBoard } from './board.ts';
import { drawnStream, FRAME } from './drawn-stream.ts';
import { ForkedDetectors } from './forked-detectors.ts';

const board = { width: 160, height: 90, block: 10 };

describe('watch, in a process of its own', () => {
  const detectors = new ForkedDetectors();
  const startDetector = (name: string) =>
    detectors.fork(new URL('./fixtures/watcher.js', import.meta.url), [name]);

  test('killed in the middle of an event and started again, it leaves exactly one marker', async () => {
    let gone = Number.POSITIVE_INFINITY;
    const stream = drawnStream(detectors.store, (number) =>
      drawBoard(board, number * 0.1, number >= 30 && number < gone ? [{ column: 4, row: 3 }] : []),
    );
    const first = startDetector('mint-square');
    await detectors.listening(1);
    await stream.play(60);
    await until('the marker', 20, async () => (await detectors.markers()).length === 1);
    await kill(first);
    await detectors.listening(0);
    await stream.play(90);
    startDetector('mint-square');
    await detectors.listening(1);
    await stream.play(120);
    gone = stream.number + 15;
    await stream.play(gone + 15);
    await until('its end', 20, async () => (await detectors.markers())[0]?.duration !== null);
    const found = await detectors.markers();
    assert.deepEqual(
      found.map(({ pts, duration }) => [pts / FRAME, (duration ?? 0) / FRAME]),
      [[30, gone - 30]],
    );
  });

  test('motion knows the empty room again after a kill, and the visit stays one marker', async () => {
    let gone = Number.POSITIVE_INFINITY;
    const before = (await detectors.markers()).length;
    const visit = async () =>
      (await detectors.markers()).slice(before).filter(({ source }) => source === 'motion');
    const stream = drawnStream(detectors.store, (number) => {
      const room = drawBoard(board, 0, []);
      for (let y = 30; y < 70 && number >= 75 && number < gone; y += 1)
        room.data.fill(128, (y * 160 + 60) * 4, (y * 160 + 90) * 4);
      return room;
    });
    // No faster than whoever looks: pictures that wait for too long are dropped.
    const shown = async (to: number) => {
      while (stream.number < to) {
        await stream.play(Math.min(to, stream.number + 10));
        await until('the detector has seen it', 20, async () => {
          const left = (await detectors.store.get(detectorStateKey('room', 'motion'))) as
            | { pts: number }
            | undefined;
          return (left?.pts ?? 0) >= (stream.number - 45) * FRAME;
        });
      }
    };
    const first = startDetector('motion');
    await detectors.listening(1);
    await shown(70);
    await until(
      'what it knows is kept',
      20,
      async () => (await detectors.store.get(detectorStateKey('room', 'motion'))) !== undefined,
    );
    await shown(130);
    await until('the visit', 20, async () => (await visit()).length === 1);
    await kill(first);
    await detectors.listening(0);
    const second = startDetector('motion');
    await detectors.listening(1);
    await shown(180);
    gone = stream.number;
    await shown(gone + 60);
    await until('its end', 20, async () => (await visit())[0]?.duration !== null);
    assert.deepEqual(
      (await visit()).map(({ pts, duration }) => [pts / FRAME, (duration ?? 0) / FRAME]),
      [[75, gone - 75]],
    );
    second.send(['stop']);
    const [code] = await once(second, 'exit');
    assert.equal(code, 0, 'it leaves in good order when told');
  });
});
