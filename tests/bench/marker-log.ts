import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { markerFold } from '../../src/hls/marker-checkpoint.ts';
import { type MarkerEntry, markerLogName } from '../../src/hls/marker-log.ts';
import { emptyMediaState, type MediaState, type SegmentEntry } from '../../src/hls/playlist-log.ts';
import { MarkerWindow } from '../../src/packager/marker-window.ts';
import { RedisConnection } from '../../src/redis/redis-connection.ts';
import { CheckpointedFold } from '../../src/store/log/checkpoint.ts';
import { followLog } from '../../src/store/log/follow.ts';
import { readAll } from '../../src/store/log/read-all.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { RedisStore } from '../../src/store/redis/redis-store.ts';
import type { LogEntry, LogEvent, Store } from '../../src/store/store.ts';
import { startRedis } from '../store/redis-server.ts';

const STREAM = 'bench';
const LOG = markerLogName(STREAM);
/** A marker every 10 ms of the stream, 6,000 within its window, and segments of 2 s. */
const STEP = 10_000;
const WINDOW = 60_000_000;
const SEGMENT = 2_000_000;
const IN_FLIGHT = 1000;
/** Of so many the follower's time is taken. */
const LAST = 10_000;
const LENGTHS = [10_000, 100_000, 1_000_000];

/** A store under measurement, and what it holds in memory. */
interface Measured {
  readonly client: () => Promise<Store>;
  readonly bytes: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

/** A long run of markers through a store: what it holds, what a reader who begins pays, and what one who follows does. */
export async function benchMarkerLog(print: (line: string) => void): Promise<void> {
  print('The marker log over a long run: 100 markers a second of the stream, 60 s of window, 6,000 kept;');
  print(
    '  start: reading and folding by a reader who begins; follow: folding a marker, the mean of the last 10,000;',
  );
  print('  both in processor time of the process that measures, so that what else runs here does not count;');
  print(
    '  memory: of Redis what it uses; of the Map what this process holds, with the folds of owner and reader.',
  );
  print('  Without an owner nothing is cut off.');
  for (const [engine, open] of [
    ['map', openMap],
    ['redis', openRedis],
  ] as const) {
    for (const owned of [true, false]) {
      const store = await open();
      try {
        // What is never cut off is carried to a tenth of it, for the sake of the machine.
        const lengths = owned ? LENGTHS : LENGTHS.slice(0, -1);
        await measure(store, owned, lengths, (line) =>
          print(`  ${engine.padEnd(5)} ${owned ? 'owned  ' : 'no owner'} ${line}`),
        );
      } finally {
        await store.stop();
      }
    }
  }
}

async function measure(
  { client, bytes }: Measured,
  owned: boolean,
  lengths: readonly number[],
  print: (line: string) => void,
): Promise<void> {
  const [writer, reader] = [await client(), await client()];
  const failures: unknown[] = [];
  const failed = (error: unknown) => failures.push(error);
  const window = owned ? new MarkerWindow({ store: writer, stream: STREAM, failed }) : undefined;
  const stop = new AbortController();
  let fold = new CheckpointedFold(markerFold);
  let last = '';
  let resets = 0;
  /** What the follower is to fold at one go, to be measured. */
  let waiting: LogEntry[] | undefined;
  const take = (event: LogEvent) => {
    if (event.type === 'reset') {
      resets += 1;
      fold = new CheckpointedFold(markerFold);
      return;
    }
    if (waiting === undefined) fold.take(event);
    else waiting.push(event);
    last = event.cursor;
  };
  void followLog({ store: reader, log: LOG, signal: stop.signal, take, failed });
  let written = 0;
  for (const length of lengths) {
    while (written < length) {
      if (written === length - LAST) waiting = [];
      const batch = Array.from({ length: IN_FLIGHT }, (_, n) => written + n);
      const cursors = await Promise.all(batch.map((n) => writer.append(LOG, entry(n))));
      written += IN_FLIGHT;
      if ((written * STEP) % SEGMENT === 0) await window?.moved(listed(written * STEP));
      // As in a real system nobody is ever far behind.
      const newest = cursors.at(-1) ?? '';
      while (number(last) < number(newest)) await turn();
    }
    const follow = await processorTime(() => {
      for (const each of waiting ?? []) fold.take(each);
    });
    waiting = undefined;
    const newcomer = new CheckpointedFold(markerFold);
    let entries: readonly LogEntry[] = [];
    const start = await processorTime(async () => {
      entries = await readAll(reader, LOG);
      for (const each of entries) newcomer.take(each);
    });
    const kept = newcomer.state.markers.size;
    const same =
      newcomer.state.order.join() === fold.state.order.join() ? 'as the follower' : 'NOT AS THE FOLLOWER';
    print(
      [
        `${String(length).padStart(7)} markers: ${String(entries.length).padStart(6)} entries,`,
        `memory ${String(Math.round((await bytes()) / 1e6)).padStart(4)} MB,`,
        `start ${start.toFixed(0).padStart(5)} ms, follow ${((follow * 1000) / LAST).toFixed(1)} µs,`,
        `${kept} kept ${same}, ${resets} resets, ${failures.length} failures`,
      ].join(' '),
    );
  }
  stop.abort();
  window?.close();
}

/** Of this process, in milliseconds. */
async function processorTime(work: () => void | Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function entry(n: number): MarkerEntry {
  const pts = n * STEP;
  const marker = {
    ...{ id: `bench-${n}`, stream: STREAM, pts, date: 1_767_355_200_000_000 + pts, duration: STEP },
    ...{ text: `event number ${n}`, class: 'bench', source: 'bench', data: { n } },
  };
  return { operations: [{ op: 'open', marker }] };
}

/** What is listed when the newest marker lies at `pts`. */
function listed(pts: number): MediaState {
  const state = emptyMediaState({
    ...{ name: STREAM, epoch: 'e1', startedAt: 0, targetDuration: 2_000_000, partTarget: 343_333 },
    ...{ partHoldBack: 1_030_000, holdBack: 6_000_000, window: WINDOW },
  });
  const segment: SegmentEntry = {
    ...{ type: 'segment', msn: 0, run: 'r', pts: pts - WINDOW, duration: SEGMENT, date: 0, bytes: 0 },
    ...{ discontinuity: false, discontinuitySequence: 0, parts: [] },
  };
  return { ...state, segments: [segment] };
}

function number(cursor: string): number {
  return Number(cursor.slice(cursor.lastIndexOf('-') + 1) || -1);
}

async function openMap(): Promise<Measured> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const store = new MemoryStore({ isolated: false });
  const held = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = held();
  return { client: async () => store, bytes: async () => held() - before, stop: () => store.close() };
}

async function openRedis(): Promise<Measured> {
  const redis = await startRedis();
  const clients: RedisStore[] = [];
  const client = async () => {
    const store = await RedisStore.open(`redis://127.0.0.1:${redis.port}`);
    await store.settled(AbortSignal.timeout(10_000));
    clients.push(store);
    return store;
  };
  const connection = await RedisConnection.open(`redis://127.0.0.1:${redis.port}`, {
    prepare: async () => {},
  });
  return {
    client,
    bytes: async () => {
      const info = String(await connection.call('memory', 'INFO', 'memory'));
      return Number(/^used_memory:(\d+)/m.exec(info)?.[1]);
    },
    stop: async () => {
      for (const store of clients) await store.close();
      connection.close();
      await redis.stop();
    },
  };
}
