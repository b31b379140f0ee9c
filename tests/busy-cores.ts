import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Reckons for as long as its parent lives, at most for an hour. */
const LOOP = `const { ppid } = process, end = Date.now() + 3_600_000; while (process.ppid === ppid && Date.now() < end);`;

/** Keeps so many cores busy while `work` runs; where there are fewer, so many processes share them with it. */
export async function withBusyCores<T>(count: number, work: () => Promise<T>): Promise<T> {
  const busy = Array.from({ length: count }, () =>
    spawn(process.execPath, ['-e', LOOP], { stdio: 'ignore' }),
  );
  const left = busy.map((child) => once(child, 'exit'));
  try {
    return await work();
  } finally {
    for (const child of busy) child.kill('SIGKILL');
    await Promise.all(left);
  }
}
