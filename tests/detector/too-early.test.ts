import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { watch } from '../../src/detector/watch.ts';
import { markerLogName } from '../../src/hls/marker-log.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { drawBoard } from './board.ts';
import { drawnStream } from './drawn-stream.ts';

describe('a detector that marks what was before the stream', () => {
  test('ends with a reason that says how much too early, and writes no such marker', async () => {
    const store = new MemoryStore();
    const stream = drawnStream(store, () => drawBoard({ width: 160, height: 90, block: 10 }, 0, []));
    const stop = new AbortController();
    const watching = watch({
      store,
      stream: 'room',
      detector: {
        name: 'mine',
        look: ({ pts, date }) => [
          { type: 'begin', key: 'k', pts: pts - 900e6, date, text: 'Long ago', class: 'mine' },
        ],
      },
      log: { info() {}, warn() {} },
      signal: stop.signal,
      onReady: () => void stream.play(60),
    });
    await assert.rejects(watching, {
      code: 'DETECTOR_FAILED',
      message:
        /^the detector mine marks "Long ago" at -?[\d.]+ s, 900 s before the first picture it was shown; pts is/,
    });
    assert.deepEqual(await store.read(markerLogName('room')), []);
    await store.close();
  });
});
