import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { detectorStateKey } from '../../src/detector/watch.ts';
import { framesChannelName } from '../../src/frames/frames-channel.ts';
import {
  applyMarkerEntry,
  emptyMarkerState,
  type Marker,
  type MarkerEntry,
  markerLogName,
} from '../../src/hls/marker-log.ts';
import type { Store } from '../../src/store/store.ts';
import { hangBound } from '../hang-bound.ts';
import { ForkedStore, kill } from '../store/forked-store.ts';
import { drawBoard } from './board.ts';
import { drawnStream, FRAME } from './drawn-stream.ts';

const board = { width: 160, height: 90, block: 10 };

describe('watch, in a process of its own', () => {
  let processes: ForkedStore;
  let store: Store;
  const children = new Set<ChildProcess>();
  before(async () => {
    processes = new ForkedStore();
    await processes.startSync();
    store = processes.client();
  });
  afterEach(async () => {
    for (const child of children) await kill(child);
    children.clear();
  });
  after(() => processes.close());

  function startDetector(name: string): ChildProcess {
    const child = fork(new URL('./fixtures/watcher.js', import.meta.url), [name], {
      serialization: 'advanced',
      env: { ...process.env, HLSSTREAM_LAUNCHED: '1' },
    });
    children.add(child);
    processes.relay.attachClient(child);
    return child;
  }

  async function markers(): Promise<Marker[]> {
    const state = emptyMarkerState();
    for (const { value } of await store.read(markerLogName('room')))
      applyMarkerEntry(state, value as MarkerEntry);
    return state.order.map((id) => state.markers.get(id) as Marker);
  }

  async function until(met: () => Promise<boolean>) {
    const deadline = Date.now() + hangBound(20);
    while (!(await met())) {
      assert.ok(Date.now() < deadline, 'it did not come about');
      await delay(5);
    }
  }

  async function listening(count: number) {
    await until(async () => (await store.subscribers(framesChannelName('room'))) === count);
  }

  test('killed in the middle of an event and started again, it leaves exactly one marker', async () => {
    let gone = Number.POSITIVE_INFINITY;
    const stream = drawnStream(store, (number) =>
      drawBoard(board, number * 0.1, number >= 30 && number < gone ? [{ column: 4, row: 3 }] : []),
    );
    const first = startDetector('mint-square');
    await listening(1);
    await stream.play(60);
    await until(async () => (await markers()).length === 1);
    await kill(first);
    await listening(0);
    await stream.play(90);
    startDetector('mint-square');
    await listening(1);
    await stream.play(120);
    gone = stream.number + 15;
    await stream.play(gone + 15);
    await until(async () => (await markers())[0]?.duration !== null);
    const found = await markers();
    assert.deepEqual(
      found.map(({ pts, duration }) => [pts / FRAME, (duration ?? 0) / FRAME]),
      [[30, gone - 30]],
    );
  });

  test('motion knows the empty room again after a kill, and the visit stays one marker', async () => {
    let gone = Number.POSITIVE_INFINITY;
    const before = (await markers()).length;
    const visit = async () => (await markers()).slice(before).filter(({ source }) => source === 'motion');
    const stream = drawnStream(store, (number) => {
      const room = drawBoard(board, 0, []);
      for (let y = 30; y < 70 && number >= 75 && number < gone; y += 1)
        room.data.fill(128, (y * 160 + 60) * 4, (y * 160 + 90) * 4);
      return room;
    });
    // No faster than whoever looks: pictures that wait for too long are dropped.
    const shown = async (to: number) => {
      while (stream.number < to) {
        await stream.play(Math.min(to, stream.number + 10));
        await until(async () => {
          const left = (await store.get(detectorStateKey('room', 'motion'))) as { pts: number } | undefined;
          return (left?.pts ?? 0) >= (stream.number - 45) * FRAME;
        });
      }
    };
    const first = startDetector('motion');
    await listening(1);
    await shown(70);
    await until(async () => (await store.get(detectorStateKey('room', 'motion'))) !== undefined);
    await shown(130);
    await until(async () => (await visit()).length === 1);
    await kill(first);
    await listening(0);
    const second = startDetector('motion');
    await listening(1);
    await shown(180);
    gone = stream.number;
    await shown(gone + 60);
    await until(async () => (await visit())[0]?.duration !== null);
    assert.deepEqual(
      (await visit()).map(({ pts, duration }) => [pts / FRAME, (duration ?? 0) / FRAME]),
      [[75, gone - 75]],
    );
    second.send(['stop']);
    const [code] = await once(second, 'exit');
    assert.equal(code, 0, 'it leaves in good order when told');
  });
});
