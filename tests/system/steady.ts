import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { crowd } from './crowd.ts';
import { mediaPlaylist } from './judge.ts';
import { startSystem } from './system.ts';
import { postMarkers } from './witnesses.ts';

/** How a system is watched that has nothing to do but what it always does; times in seconds. */
export interface SteadyOptions {
  /** How long it is watched once its window has filled. */
  readonly seconds: number;
  /** How far back its viewers can look: what it may hold. */
  readonly window: number;
  /** How long it runs before what it holds is called its own. */
  readonly settle: number;
  /** Told of each look. */
  readonly progress?: (line: string) => void;
}

/** What one figure was in the second third of the time, and in the last: in the first, Node takes what it will need. */
export interface Figure {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

const PROCESSES = ['launcher', 'sync', 'stream', 'ffmpeg', 'detect', 'api'] as const;
/** Looks at it in all, at least. */
const LOOKS = 24;
const VIEWERS = 20;
/** Between two markers, in milliseconds. */
const MARKER = 200;

/** Lets 20 viewers watch a system that gets 5 markers a second, and compares what it holds in the middle and late. */
export async function watchSteadily(options: SteadyOptions): Promise<{ figures: Figure[]; hung: number }> {
  const { seconds, window, settle, progress = () => {} } = options;
  const system = await startSystem([
    ...['--size', '320x180', '--fps', '10', '--segment', '1', '--event-mean', '2', '--log-level', 'error'],
    ...['--window', String(window), '--thumbnail-interval', '2'],
  ]);
  const { uri } = await mediaPlaylist(`${system.url}/video/chessboard.m3u8`).catch(async () => {
    await system.until('media', 20, async () => (await fetch(`${system.url}/readyz`)).ok);
    return mediaPlaylist(`${system.url}/video/chessboard.m3u8`);
  });
  const viewers = crowd(uri, VIEWERS);
  const poster = postMarkers(system.url, MARKER);
  const looks: Map<string, number>[] = [];
  try {
    await pause(settle * 1000);
    const every = Math.min(10, seconds / LOOKS);
    const until = performance.now() + seconds * 1000;
    for (let told = 0; performance.now() < until; told += 1) {
      const look = await lookAt(system);
      looks.push(look);
      if (told % Math.max(1, Math.round(60 / every)) === 0) progress(`  ${lineOf(look)}`);
      await pause(every * 1000);
    }
  } finally {
    await poster.stop();
    await viewers.stop();
    await system.stop();
  }
  const third = Math.max(1, Math.floor(looks.length / 3));
  // The least of each third: what comes and goes between two collections says nothing.
  const least = (some: readonly Map<string, number>[], name: string) =>
    Math.min(...some.map((look) => look.get(name) ?? Number.POSITIVE_INFINITY));
  const figures = [...(looks[0]?.keys() ?? [])].map((name) => ({
    name,
    first: least(looks.slice(third, -third), name),
    last: least(looks.slice(-third), name),
  }));
  return { figures, hung: viewers.outcomes.hung.length };
}

async function lookAt({ url, launcher, pids, dataDir }: Awaited<ReturnType<typeof startSystem>>) {
  const look = new Map<string, number>();
  for (const role of PROCESSES) {
    const [pid] = role === 'launcher' ? [launcher.pid] : await pids(role);
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    look.set(`${role} MB`, Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1000);
    look.set(`${role} descriptors`, (await readdir(`/proc/${pid}/fd`).catch(() => [])).length);
  }
  look.set('files', (await readdir(dataDir, { recursive: true })).length);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const sum = (name: string) =>
    [...metrics.matchAll(new RegExp(`^${name}\\{.*\\} (\\S+)$`, 'gm'))].reduce(
      (all, [, n]) => all + Number(n),
      0,
    );
  look.set('api handles', sum('nodejs_active_handles'));
  for (const role of ['sync', 'stream', 'detect'])
    look.set(
      `${role} event loop ms`,
      1000 *
        Number(
          new RegExp(
            `^hlsstream_process_event_loop_delay_p99_seconds\\{[^}]*"${role}[^}]*\\} (\\S+)$`,
            'm',
          ).exec(metrics)?.[1] ?? 0,
        ),
    );
  return look;
}

function lineOf(look: ReadonlyMap<string, number>): string {
  return [...look].map(([name, value]) => `${name} ${value.toFixed(0)}`).join(', ');
}

/**
 * What of it has grown by more than may be.
 * @param megabytes by how much the memory of a process may grow
 */
export function grown(figures: readonly Figure[], megabytes: number): string[] {
  return figures
    .filter(({ name, first, last }) => last - first > allowed(name, first, megabytes))
    .map(({ name, first, last }) => `${name}: ${first.toFixed(1)} at first, ${last.toFixed(1)} at last`);
}

function allowed(name: string, first: number, megabytes: number): number {
  if (name.endsWith('MB')) return megabytes;
  if (name.endsWith('ms')) return 50;
  // Of files some come before others go.
  return name === 'files' ? Math.max(20, first / 10) : 5;
}
