import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { framesChannelName } from '../../src/frames/frames-channel.ts';
import {
  applyMarkerEntry,
  emptyMarkerState,
  type Marker,
  type MarkerEntry,
  markerLogName,
} from '../../src/hls/marker-log.ts';
import { type LeaseRecord, leaseKey } from '../../src/lease/lease-record.ts';
import type { Store } from '../../src/store/store.ts';
import { hangBound } from '../hang-bound.ts';
import { ForkedStore, kill } from '../store/forked-store.ts';
import { drawBoard } from './board.ts';
import { drawnStream, FRAME } from './drawn-stream.ts';

const board = { width: 160, height: 90, block: 10 };

describe('detectors run more than once', () => {
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

  /** A detect process; resolves when it works or stands by. */
  async function startDetector(id?: string): Promise<ChildProcess> {
    const script = new URL('./fixtures/detect.js', import.meta.url);
    const child = fork(script, id === undefined ? [] : [id], {
      serialization: 'advanced',
      env: { ...process.env, HLSSTREAM_LAUNCHED: '1' },
    });
    children.add(child);
    const ready = new Promise<void>((resolve) =>
      child.on('message', (message: unknown[]) => {
        if (message[0] === 'ready') resolve();
      }),
    );
    processes.relay.attachClient(child);
    await ready;
    return child;
  }

  async function active(source: string): Promise<number> {
    const record = (await store.get(leaseKey(`detect/room/${source}`))) as LeaseRecord | undefined;
    return record?.holder.pid ?? 0;
  }

  async function until(seconds: number, met: () => Promise<boolean>) {
    const deadline = Date.now() + hangBound(seconds);
    while (!(await met())) {
      assert.ok(Date.now() < deadline, 'it did not come about');
      await delay(5);
    }
  }

  async function listening(count: number) {
    await until(10, async () => (await store.subscribers(framesChannelName('room'))) === count);
  }

  async function markers(): Promise<Marker[]> {
    const state = emptyMarkerState();
    for (const { value } of await store.read(markerLogName('room')))
      applyMarkerEntry(state, value as MarkerEntry);
    return state.order.map((id) => state.markers.get(id) as Marker);
  }

  test('leave exactly one marker of an event, whichever is stopped, woken or killed in the middle of it', async () => {
    const first = await startDetector();
    await listening(1);
    const second = await startDetector();
    let gone = Number.POSITIVE_INFINITY;
    const stream = drawnStream(store, (number) =>
      drawBoard(board, number * 0.1, number >= 30 && number < gone ? [{ column: 4, row: 3 }] : []),
    );
    await stream.play(60);
    await until(5, async () => (await markers()).length === 1);
    assert.equal(await active('mint-square'), first.pid);
    first.kill('SIGSTOP');
    // It may still be listed as listening; what counts is that the other one works within three seconds.
    await until(3, async () => (await active('mint-square')) === second.pid);
    await listening(2);
    await stream.play(90);
    first.kill('SIGCONT');
    await listening(1);
    await stream.play(120);
    await kill(second);
    await until(3, async () => (await active('mint-square')) === first.pid);
    await listening(1);
    await stream.play(150);
    gone = stream.number + 15;
    await stream.play(gone + 15);
    await until(5, async () => (await markers()).every(({ duration }) => duration !== null));
    assert.deepEqual(
      (await markers()).map(({ pts, duration }) => [pts / FRAME, (duration ?? 0) / FRAME]),
      [[30, gone - 30]],
    );
  });

  test('work side by side under ids of their own, each with its own markers', async () => {
    const before = (await markers()).length;
    await startDetector('left');
    await startDetector('right');
    await listening(2);
    const stream = drawnStream(store, (number) =>
      drawBoard(board, number * 0.1, number >= 30 && number < 60 ? [{ column: 4, row: 3 }] : []),
    );
    await stream.play(80);
    const found = async () => (await markers()).filter(({ source }) => source !== 'mint-square');
    await until(5, async () => (await found()).filter(({ duration }) => duration !== null).length === 2);
    assert.deepEqual((await found()).map(({ source, pts }) => [source, pts / FRAME]).sort(), [
      ['mint-square.left', 30],
      ['mint-square.right', 30],
    ]);
    assert.equal((await markers()).length, before + 2);
  });
});
