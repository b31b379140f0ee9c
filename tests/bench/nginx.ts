import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { cpuSeconds, pause, pin } from './accounting.ts';
import type { ApiOrder, Filled } from './filled-api.ts';
import { median } from './median.ts';
import { startNginx } from './nginx-server.ts';
import { startWorker } from './worker.ts';

/** How {@link benchNginx} measures. */
export interface NginxOptions {
  readonly rounds?: number;
  /** Length of each run of wrk, in seconds. */
  readonly seconds?: number;
}

/** Sizes in bytes, as of a stream that low-latency viewers watch. */
const PART = 75_000;
const SEGMENT = 37_000;

/** How many segments behind the newest nothing is held as parts any more. */
const SETTLED = 30;

interface Run {
  /** Requests per second. */
  readonly rate: number;
  /** Requests per second of the server's CPU. */
  readonly perCpu: number;
  /** How much of its core the server used, 0 to 1; a server well below 1 waited for wrk. */
  readonly busy: number;
  /** In milliseconds. */
  readonly p99: number;
}

/** Plain files from the API process beside the same bytes from nginx. */
export async function benchNginx(print: (line: string) => void, options: NginxOptions = {}): Promise<void> {
  const { rounds = 5, seconds = 5 } = options;
  print(
    'Plain files beside nginx: the same bytes from both, nginx and one API process in turn on core 0, wrk on',
  );
  print(
    `  core 1, one thread, keep-alive; medians of ${rounds} rounds of ${seconds} s each; ratios of requests/s, and`,
  );
  print(`  of requests per CPU second of the server as the kernel counts it, which other load disturbs less`);
  const api = startWorker<ApiOrder>('filled-api.js');
  try {
    const { port, lastSegment } = await api.ask<Filled>({
      type: 'fill',
      window: 120,
      part: PART,
      segment: SEGMENT,
    });
    await writeMarkers(port);
    const folder = '/video/bench/e1/main';
    const paths = {
      // Of some while ago: the newest are put together from their parts, which are larger here.
      'segment 37 kB': `${folder}/${lastSegment - SETTLED}.m4s`,
      playlist: `${folder}/media.m3u8`,
      'part 75 kB': `${folder}/${lastSegment}.5.m4s`,
      '/markers': '/markers',
    };
    const files = new Map<string, Buffer>();
    for (const path of Object.values(paths)) files.set(path, await get(`http://127.0.0.1:${port}${path}`));
    const nginx = await startNginx(files, 0);
    try {
      print(nginx.config.replace(/^/gm, '  | ').trimEnd());
      await pin(api.pid, 0);
      for (const [name, path] of Object.entries(paths)) {
        for (const connections of [1, 50]) {
          const runs = { ours: [] as Run[], nginx: [] as Run[] };
          for (let round = 0; round < rounds; round += 1) {
            runs.nginx.push(
              await wrk(nginx.pid, `http://127.0.0.1:${nginx.port}${path}`, connections, seconds),
            );
            runs.ours.push(await wrk(api.pid, `http://127.0.0.1:${port}${path}`, connections, seconds));
          }
          print(`  ${name.padEnd(14)} ${files.get(path)?.length} bytes, ${lineOf(connections, runs)}`);
        }
      }
    } finally {
      await nginx.stop();
    }
  } finally {
    await api.stop();
  }
}

function lineOf(connections: number, runs: { readonly ours: Run[]; readonly nginx: Run[] }): string {
  const middle = (some: readonly Run[], figure: keyof Run) => median(some.map((run) => run[figure]));
  const ratio = (figure: keyof Run) => (middle(runs.ours, figure) / middle(runs.nginx, figure)).toFixed(2);
  return [
    `${String(connections).padStart(2)} connections: ${middle(runs.ours, 'rate').toFixed(0)}/s`,
    `nginx ${middle(runs.nginx, 'rate').toFixed(0)}/s, ratio ${ratio('rate')}`,
    `ratio per CPU second ${ratio('perCpu')}`,
    `busy ${middle(runs.ours, 'busy').toFixed(2)} and ${middle(runs.nginx, 'busy').toFixed(2)}`,
    `p99 ${middle(runs.ours, 'p99').toFixed(2)} ms, nginx ${middle(runs.nginx, 'p99').toFixed(2)} ms`,
  ].join(', ');
}

async function writeMarkers(port: number): Promise<void> {
  const markers = Array.from({ length: 20 }, (_, index) => ({
    ...{ id: `marker-${index}`, text: `event ${index}`, class: 'event', time: 10 + index, duration: 2 },
  }));
  const response = await fetch(`http://127.0.0.1:${port}/markers`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(markers),
  });
  if (response.status !== 201) throw new Error(`markers gave ${response.status}: ${await response.text()}`);
  await pause(0.2);
}

/** As wrk gets it: not compressed. */
async function get(url: string): Promise<Buffer> {
  const response = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
  if (!response.ok) throw new Error(`${url} gave ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

async function wrk(server: number, url: string, connections: number, seconds: number): Promise<Run> {
  const before = await cpuSeconds(server);
  const { stdout } = await promisify(execFile)('taskset', [
    ...['-c', '1', 'wrk', '-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--latency', url],
  ]);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(stdout);
  const used = (await cpuSeconds(server)) - before;
  const [, figure = '', unit = ''] = /^\s+99%\s+([\d.]+)(us|ms|s)$/m.exec(stdout) ?? [];
  return {
    rate: Number(/^Requests\/sec:\s+([\d.]+)/m.exec(stdout)?.[1]),
    perCpu: Number(/^\s+(\d+) requests in/m.exec(stdout)?.[1]) / used,
    busy: used / seconds,
    p99: Number(figure) * { us: 0.001, ms: 1, s: 1000 }[unit as 'us' | 'ms' | 's'],
  };
}
