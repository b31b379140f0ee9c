import { Redis } from 'ioredis';
import { IpcStore } from '../../src/store/ipc/ipc-client.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { ForkedStore } from '../store/forked-store.ts';

/**
 * What does the work: the Map behind the launcher's relay, the same with the relay in the client, one process
 * less on the way, the Redis engine, and the client library alone that this one stands on.
 */
export type WorkerEngine = 'map' | 'map, no launcher' | 'redis' | 'ioredis';

/** A client process of the store benchmark: does one task after another with the engine it is told. */
export interface StoreTask {
  readonly engine: WorkerEngine;
  /** `fill` is `append` with the clock off. */
  readonly operation: 'append' | 'latest' | 'fill';
  readonly log: string;
  readonly count: number;
  readonly inFlight: number;
}

export interface StoreTaskResult {
  readonly seconds: number;
  /** Time from call to answer, in microseconds, ascending. */
  readonly latencies: Float64Array;
}

/** A marker as the packager's neighbours write it: about 250 bytes as JSON. */
const marker = {
  id: '0f8fad5b-d9cb-469f-a165-70867728950e',
  stream: 'chessboard',
  pts: 1_234_567_890,
  date: 1_700_000_001_234_567,
  duration: null,
  text: 'mint square',
  class: 'event',
  source: 'mint-square',
  data: { x: 120, y: 64, dropped: 0 },
};
const entry = { operations: [{ op: 'open', marker }] };

const port = Number(process.argv[2]);
const own = new ForkedStore();
await own.startSync();
const redis = new Redis({ host: '127.0.0.1', port, lazyConnect: true });

interface Calls {
  append(log: string): Promise<unknown>;
  /** The newest entry. */
  latest(log: string): Promise<unknown>;
}

const ofStore = (store: Store): Calls => ({
  append: (log) => store.append(log, entry),
  latest: (log) => store.read(log, { latest: true, limit: 1 }),
});

const calls: Readonly<Record<WorkerEngine, Calls>> = {
  map: ofStore(new IpcStore(process)),
  'map, no launcher': ofStore(own.client()),
  redis: ofStore(await openStore({ url: `redis://127.0.0.1:${port}` })),
  ioredis: {
    append: (log) => redis.xadd(log, '*', 'v', JSON.stringify(entry)),
    latest: async (log) => {
      const [found] = await redis.xrevrange(log, '+', '-', 'COUNT', 1);
      return JSON.parse(found?.[1][1] ?? 'null');
    },
  },
};

async function run({ engine, operation, log, count, inFlight }: StoreTask): Promise<StoreTaskResult> {
  const call = calls[engine][operation === 'fill' ? 'append' : operation];
  const latencies = new Float64Array(count);
  let begun = 0;
  const lane = async () => {
    while (begun < count) {
      const place = begun;
      begun += 1;
      const from = performance.now();
      await call(log);
      latencies[place] = (performance.now() - from) * 1000;
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: inFlight }, lane));
  return { seconds: (performance.now() - startedAt) / 1000, latencies: latencies.sort() };
}

process.on('message', (message: unknown) => {
  if (!Array.isArray(message) || message[0] !== 'task') return;
  void run(message[1]).then((result) => process.send?.(['result', result], undefined, undefined, () => {}));
});
// A benchmark that is ended leaves nobody behind: what is open to the stores would keep this process.
process.on('disconnect', () => process.exit());
await redis.connect();
process.send?.(['ready'], undefined, undefined, () => {});
