import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../root.ts';
import { mediaPlaylist } from '../system/judge.ts';
import { pidsBelow, type System, startSystem } from '../system/system.ts';
import { cpuSeconds, pause, pin, pssKiB } from './accounting.ts';
import { type Delays, delaysOf } from './deliveries.ts';
import { median, quantile } from './median.ts';
import type { LoadOrder, LoadWord } from './viewers-load.ts';

const SOURCE = join(ROOT, 'tests/bench/fixtures/noise-source.js');
const LOAD = fileURLToPath(new URL('viewers-load.js', import.meta.url));

/** How {@link benchViewers} measures. */
export interface ViewersOptions {
  /** Numbers of viewers, rising. */
  readonly counts?: readonly number[];
  /** Measurements at each number. */
  readonly rounds?: number;
  /** Length of each, in seconds. */
  readonly seconds?: number;
}

interface Round extends Delays {
  /** Of the API child. */
  readonly cpu: number;
  readonly failures: readonly string[];
}

/** What low-latency viewers cost one API process: CPU, delay of parts, memory. */
export async function benchViewers(
  print: (line: string) => void,
  options: ViewersOptions = {},
): Promise<void> {
  const { counts = [100, 500, 1000, 2000], rounds = 3, seconds = 10 } = options;
  print(`Viewers per core: low-latency viewers at 1.8 Mb/s, parts of 0.333 s, one API process`);
  print(
    '  Each viewer: two keep-alive connections, a blocking reload (gzip) and each new part, from a process of',
  );
  print(
    '  its own kind. The API is pinned to core 0; launcher, store, encoder and all viewers share core 1, so the',
  );
  print(
    '  delays hold what the load itself costs. CPU of the API: /proc/<pid>/stat, everything in it, no base taken off.',
  );
  print(
    `  Delay: modification time of the part's file to its last byte at the viewer. Medians of ${rounds} x ${seconds} s.`,
  );
  const system = await startSystem([
    ...[
      '--source',
      SOURCE,
      '--size',
      '320x180',
      '--bitrate',
      '1800k',
      '--detector',
      'none',
      '--name',
      'chessboard',
    ],
    ...['--window', '60', '--log-level', 'warn', '--connections-per-address', '10000'],
  ]);
  let load: ChildProcess | undefined;
  try {
    const [api = 0] = await system.pids('api');
    for (const pid of [system.launcher.pid ?? 0, ...(await pidsBelow(system.launcher.pid ?? 0, 'all'))]) {
      await pin(pid, pid === api ? 0 : 1);
    }
    load = fork(LOAD, { serialization: 'advanced' });
    await pin(load.pid ?? 0, 1);
    const { uri } = await mediaPlaylist(`${system.url}/video/chessboard.m3u8`);
    await pause(10);
    const idle = await cpuSeconds(api);
    await pause(seconds);
    const share = ((await cpuSeconds(api)) - idle) / seconds;
    print(`      0 viewers: ${(share * 100).toFixed(1)} % of the core`);
    const before = await pssKiB(api);
    for (const count of counts) {
      await tell(load, {
        type: 'viewers',
        port: Number(new URL(uri).port),
        playlist: new URL(uri).pathname,
        count,
      });
      await pause(3);
      const figures: Round[] = [];
      for (let round = 0; round < rounds; round += 1)
        figures.push(await measure(system, load, uri, api, seconds));
      const memory = ((await pssKiB(api)) - before) * 1.024;
      print(lineOf(count, seconds, figures, memory / count));
      for (const failure of new Set(figures.flatMap((one) => one.failures))) print(`    FAILED: ${failure}`);
    }
  } finally {
    load?.kill();
    await system.stop();
  }
}

function lineOf(count: number, seconds: number, rounds: readonly Round[], kilobytes: number): string {
  const share = median(rounds.map((one) => one.cpu)) / seconds;
  const delay = (part: number) => median(rounds.map((one) => quantile(one.delays, part))).toFixed(0);
  const megabits = median(rounds.map((one) => (one.bytes * 8) / seconds / count / 1e6));
  return [
    `  ${String(count).padStart(5)} viewers: ${((share * 1e6) / count).toFixed(0)} µs of CPU per viewer-second`,
    `${(share * 100).toFixed(0)} % of the core (${(count / share).toFixed(0)} viewers would fill it)`,
    `parts after p50 ${delay(0.5)} ms, p99 ${delay(0.99)} ms`,
    `${kilobytes.toFixed(0)} kB a viewer, ${megabits.toFixed(2)} Mb/s each`,
  ].join(', ');
}

async function measure(
  system: System,
  load: ChildProcess,
  uri: string,
  api: number,
  seconds: number,
): Promise<Round> {
  load.send({ type: 'begin' } satisfies LoadOrder);
  const [cpu, began] = [await cpuSeconds(api), performance.now()];
  await pause(seconds);
  const used = ((await cpuSeconds(api)) - cpu) * ((seconds * 1000) / (performance.now() - began));
  const report = await tell(load, { type: 'end' });
  if (report.type !== 'report') throw new Error(`the load said ${report.type}`);
  const { delays, bytes } = await delaysOf(system.dataDir, uri, report.deliveries);
  return { cpu: used, delays, bytes, failures: report.failures };
}

async function tell(load: ChildProcess, order: LoadOrder): Promise<LoadWord> {
  load.send(order);
  const [word] = (await once(load, 'message', { signal: AbortSignal.timeout(60_000) })) as [LoadWord];
  return word;
}
