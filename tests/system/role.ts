import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { hangBound } from '../hang-bound.ts';
import { PROGRAM } from './system.ts';

/** A role of the program run by hand, as on a host of its own. */
export interface RoleProcess {
  readonly pid: number;
  /** Log records so far. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** Lines on stderr that are no log records: why it left. */
  readonly said: readonly string[];
  /** Resolves to the first record with such a text; rejects when the process leaves or after `seconds`. */
  logged(text: string | RegExp, seconds?: number): Promise<Readonly<Record<string, unknown>>>;
  /** Resolves to the exit code once it has left; null after a signal. */
  readonly left: Promise<number | null>;
  /** Sends a signal, if it still runs. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it, a stopped one too; resolves when it has left. */
  kill(): Promise<void>;
}

/** Starts `hlsstream <role>`. */
export function startRole(role: string, flags: readonly string[]): RoleProcess {
  const child = spawn(process.execPath, [PROGRAM, role, ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
  const log: Record<string, unknown>[] = [];
  const said: string[] = [];
  const waiting = new Set<() => void>();
  const left = once(child, 'close').then(([code]) => {
    for (const look of waiting) look();
    return code as number | null;
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.startsWith('{')) log.push(JSON.parse(line) as Record<string, unknown>);
    else said.push(line);
    for (const look of waiting) look();
  });
  return {
    pid: child.pid ?? 0,
    log,
    said,
    left,
    logged: (text, seconds = 15) =>
      new Promise((resolve, reject) => {
        const done = (settle: () => void) => {
          clearTimeout(timer);
          waiting.delete(look);
          settle();
        };
        const look = () => {
          const found = log.find(({ msg }) =>
            typeof text === 'string' ? msg === text : text.test(String(msg)),
          );
          if (found !== undefined) done(() => resolve(found));
          else if (child.exitCode !== null || child.signalCode !== null)
            done(() => reject(new Error(`${role} left without "${text}": ${said.join(' ')}`)));
        };
        const timer = setTimeout(
          () => done(() => reject(new Error(`${role} did not say "${text}" within ${seconds} s`))),
          hangBound(seconds),
        );
        waiting.add(look);
        look();
      }),
    signal: (signal) => void child.kill(signal),
    async kill() {
      child.kill('SIGKILL');
      await left;
    },
  };
}
