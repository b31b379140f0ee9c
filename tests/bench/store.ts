import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Relay } from '../../src/launcher/relay.ts';
import { startRedis } from '../store/redis-server.ts';
import type { StoreTask, StoreTaskResult, WorkerEngine } from './store-worker.ts';

/** The same Map, whose child keeps it on disk before it answers, is another child behind another relay. */
type Engine = WorkerEngine | 'map, kept';

const lengths = [10, 1000, 10_000];
const rounds = 3;

/** Those compared: a client of a store of its own is alone, so the way around the launcher is measured with one. */
function engines(clients: number): readonly Engine[] {
  const all: readonly Engine[] = ['map', 'map, kept', 'redis', 'ioredis'];
  return clients === 1 ? ['map, no launcher', ...all] : all;
}

interface Figures {
  /** Operations per second of all clients together. */
  readonly rate: number;
  /** Microseconds from call to answer. */
  readonly p50: number;
  readonly p99: number;
}

/**
 * Store operations of both engines, the Map behind the real relay (launcher process, sync child, client processes)
 * and Redis, beside the bare client library with the same redis-server on loopback, in the same run.
 */
export async function benchStore(print: (line: string) => void): Promise<void> {
  const redis = await startRedis();
  const bench = new Bench();
  try {
    await bench.start(redis.port);
    print(
      `store: median of ${rounds} rounds, engines in turn within each round; entry: a marker of 250 bytes;`,
    );
    print(
      '  the log holds so many markers before each round, which adds 1,000 (1 in flight) or 4,000 per client.',
    );
    print(
      '  map: client → launcher → sync → launcher → client; no launcher: the client relays for itself, one process less on the way;',
    );
    print('  kept: the same on disk before it is acknowledged (--durability process), as `start` has it;');
    print('  redis: our engine, which makes entries known by Lua; ioredis 6: XADD and XREVRANGE alone.');
    print('  Redis keeps nothing on disk. Operations a second of all clients (p50/p99 in µs).');
    for (const clients of [1, 4]) {
      for (const inFlight of [1, 32]) {
        for (const operation of ['append', 'latest'] as const) {
          print(`${operation}, ${clients} ${clients === 1 ? 'client' : 'clients'}, ${inFlight} in flight`);
          for (const length of lengths) {
            const figures = await bench.compare({ operation, clients, inFlight, length });
            print(`  ${String(length).padStart(6)} markers: ${lineOf(figures)}`);
          }
        }
      }
    }
  } finally {
    await bench.stop();
    await redis.stop();
  }
}

function lineOf(figures: ReadonlyMap<Engine, Figures>): string {
  const rateOf = (engine: Engine) => figures.get(engine)?.rate ?? Number.NaN;
  return [...figures]
    .map(([engine, { rate, p50, p99 }]) => {
      const base: Engine = engine === 'map, kept' ? 'map' : 'ioredis';
      const ratio = engine === base ? '' : `, ${(rate / rateOf(base)).toFixed(2)} of ${base}`;
      return `${engine} ${Math.round(rate)} (${Math.round(p50)}/${Math.round(p99)}${ratio})`;
    })
    .join('; ');
}

interface Case {
  readonly operation: 'append' | 'latest';
  readonly clients: number;
  readonly inFlight: number;
  readonly length: number;
}

class Bench {
  readonly #children: ChildProcess[] = [];
  #workers: ChildProcess[] = [];
  #keptWorkers: ChildProcess[] = [];
  #folder = '';
  #logs = 0;

  async start(redisPort: number): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'hlsstream-bench-store-'));
    this.#workers = await this.#clients(redisPort, this.#fork('./map-alone.js', []));
    this.#keptWorkers = await this.#clients(
      redisPort,
      this.#fork('../store/fixtures/sync.js', [this.#folder]),
    );
  }

  /** Four clients behind a relay, and this store behind it. */
  async #clients(redisPort: number, sync: ChildProcess): Promise<ChildProcess[]> {
    const relay = new Relay();
    relay.attachSync(sync);
    const workers = Array.from({ length: 4 }, () => this.#fork('./store-worker.js', [String(redisPort)]));
    for (const worker of workers) relay.attachClient(worker);
    await Promise.all([sync, ...workers].map((child) => heard(child, 'ready')));
    return workers;
  }

  /** Figures of each engine for one case. */
  async compare({ operation, clients, inFlight, length }: Case): Promise<ReadonlyMap<Engine, Figures>> {
    const results = new Map<Engine, Figures[]>(engines(clients).map((engine) => [engine, []]));
    const count = inFlight === 1 ? 1000 : 4000;
    // Round 0 warms up and does not count.
    for (let round = 0; round <= rounds; round += 1) {
      for (const [engine, measured] of results) {
        this.#logs += 1;
        const log = `bench/${this.#logs}`;
        await this.#run(1, { engine, operation: 'fill', log, count: length, inFlight: 32 });
        const figures = await this.#run(clients, { engine, operation, log, count, inFlight });
        if (round > 0) measured.push(figures);
      }
    }
    return new Map([...results].map(([engine, measured]) => [engine, median(measured)]));
  }

  async stop(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const left = once(child, 'exit');
      child.kill('SIGKILL');
      await left;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #run(
    clients: number,
    { engine, ...task }: Omit<StoreTask, 'engine'> & { engine: Engine },
  ): Promise<Figures> {
    const isKept = engine === 'map, kept';
    const workers = isKept ? this.#keptWorkers : this.#workers;
    const results = await Promise.all(
      workers.slice(0, clients).map(async (worker) => {
        const result = heard(worker, 'result');
        worker.send(['task', { ...task, engine: isKept ? 'map' : engine } satisfies StoreTask]);
        return (await result) as StoreTaskResult;
      }),
    );
    const seconds = Math.max(...results.map((result) => result.seconds));
    const latencies = Float64Array.from(results.flatMap((result) => [...result.latencies])).sort();
    const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
    return { rate: latencies.length / seconds, p50: at(0.5), p99: at(0.99) };
  }

  #fork(script: string, args: readonly string[]): ChildProcess {
    const child = fork(new URL(script, import.meta.url), args, {
      serialization: 'advanced',
      env: { ...process.env, HLSSTREAM_LAUNCHED: '1' },
    });
    this.#children.push(child);
    return child;
  }
}

/** The next message of this kind from `child`. */
function heard(child: ChildProcess, kind: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown) => {
      if (!Array.isArray(message) || message[0] !== kind) return;
      child.off('message', onMessage);
      child.off('exit', onExit);
      resolve(message[1]);
    };
    const onExit = () => reject(new Error(`a child left before it said ${kind}`));
    child.on('message', onMessage);
    child.once('exit', onExit);
  });
}

function median(figures: readonly Figures[]): Figures {
  const middle = (key: keyof Figures) =>
    figures.map((one) => one[key]).sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0;
  return { rate: middle('rate'), p50: middle('p50'), p99: middle('p99') };
}
