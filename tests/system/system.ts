import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { ROOT } from '../root.ts';
import { until } from '../until.ts';

/** The program under test. */
export const PROGRAM = join(ROOT, 'bin/hlsstream.js');

/** A whole running system, forked as a user would. */
export interface System {
  /** Begins with http:// or https://, ends without a slash. */
  readonly url: string;
  readonly launcher: ChildProcess;
  readonly dataDir: string;
  /** Log records of all its processes so far. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** Every line it wrote so far, to either stream. */
  readonly said: readonly string[];
  /** Pids of its living children of a role (`sync`, `stream`, `detect`, `api`), or of its ffmpeg processes. */
  pids(role: string): Promise<number[]>;
  /** Gets JSON from a path. */
  json<T>(path: string): Promise<T>;
  /** Resolves when `condition` holds; rejects after `seconds`. Asks ten times a second. */
  until(what: string, seconds: number, condition: () => Promise<boolean> | boolean): Promise<void>;
  /** Sends SIGTERM and resolves to the exit code; the data directory is removed, unless it was given. */
  stop(): Promise<number | null>;
  /** Sends SIGKILL to all of its processes at once. */
  kill(): Promise<void>;
}

/**
 * Starts a system on a free port with its own data directory; resolves when its URL is printed.
 * @param stdin what it reads on standard input
 * @param given a data directory that stays
 */
export async function startSystem(
  flags: readonly string[],
  stdin?: Readable,
  given?: string,
): Promise<System> {
  const dataDir = given ?? (await mkdtemp(join(tmpdir(), 'hlsstream-system-')));
  const launcher = spawn(
    process.execPath,
    [PROGRAM, 'start', '--port', '0', '--data-dir', dataDir, ...flags],
    {
      stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    },
  );
  // A launcher that has left no longer reads: that is no error here.
  launcher.stdin?.on('error', () => {});
  if (launcher.stdin) stdin?.pipe(launcher.stdin);
  const log: Record<string, unknown>[] = [];
  const said: string[] = [];
  const lines: string[] = [];
  createInterface({ input: launcher.stderr as NodeJS.ReadableStream }).on('line', (line) => {
    said.push(line);
    try {
      log.push(JSON.parse(line) as Record<string, unknown>);
    } catch {
      lines.push(line);
    }
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: launcher.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      said.push(line);
      const found = /(https?:\/\/\S+?)\/?$/.exec(line)?.[1];
      if (found) resolve(found);
    });
    launcher.once('exit', (code) => reject(new Error(`the launcher left with ${code}: ${lines.join('\n')}`)));
  });
  return {
    url,
    launcher,
    dataDir,
    log,
    said,
    pids: (role) => pidsBelow(launcher.pid ?? 0, role),
    json: async <T>(path: string) => {
      const response = await fetch(`${url}${path}`);
      if (!response.ok) throw new Error(`${path} gave ${response.status}: ${await response.text()}`);
      return (await response.json()) as T;
    },
    until,
    stop: async () => {
      if (launcher.exitCode === null && launcher.signalCode === null) {
        const left = once(launcher, 'exit');
        launcher.kill('SIGTERM');
        await left;
      }
      if (given === undefined) await rm(dataDir, { recursive: true, force: true });
      return launcher.exitCode;
    },
    kill: async () => {
      // It may leave by itself while its children are looked for.
      const isGone = launcher.exitCode !== null || launcher.signalCode !== null;
      const left = isGone ? undefined : once(launcher, 'exit');
      const all = [launcher.pid ?? 0, ...(await pidsBelow(launcher.pid ?? 0, 'all'))];
      for (const pid of all) if (lives(pid)) process.kill(pid, 'SIGKILL');
      await left;
    },
  };
}

/** Pids of all living descendants of a process whose command line names the role. */
export async function pidsBelow(root: number, role: string): Promise<number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const { parent, state } = statOf(Number(name));
    if (state !== 'Z') children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = [...(children.get(root) ?? [])];
  for (const pid of below) below.push(...(children.get(pid) ?? []));
  return below.filter((pid) => {
    if (role === 'all') return true;
    const [program, script, word] = readProc(pid, 'cmdline').split('\0');
    return role === 'ffmpeg'
      ? program?.endsWith('ffmpeg')
      : script?.endsWith('hlsstream.js') && word === role;
  });
}

/** Whether a process lives: one that has ended and was not waited for yet does not. */
export function lives(pid: number): boolean {
  return !['', 'Z'].includes(statOf(pid).state);
}

/** What the system says of a process; an empty state where there is none. */
function statOf(pid: number): { readonly parent: number; readonly state: string } {
  const stat = readProc(pid, 'stat');
  // Behind its name, which may hold anything.
  const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state, parent: Number(parent) };
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
