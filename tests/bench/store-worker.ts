import { Redis } from 'ioredis';
import { IpcStore } from '../../src/store/ipc-client.ts';

/** A client process of the store benchmark: does one task after another with the engine it is told. */
export interface StoreTask {
  readonly engine: 'hlsstream' | 'ioredis';
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

const store = new IpcStore(process);
const redis = new Redis({ host: '127.0.0.1', port: Number(process.argv[2]), lazyConnect: true });

const calls = {
  hlsstream: {
    append: (log: string) => store.append(log, entry),
    latest: (log: string) => store.read(log, { latest: true, limit: 1 }),
  },
  ioredis: {
    append: (log: string) => redis.xadd(log, '*', 'v', JSON.stringify(entry)),
    latest: async (log: string) => {
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
await redis.connect();
process.send?.(['ready'], undefined, undefined, () => {});
