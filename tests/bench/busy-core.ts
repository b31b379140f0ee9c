import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Keeps one core busy while `work` runs. */
export async function withBusyCore<T>(work: () => Promise<T>): Promise<T> {
  const busy = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  const left = once(busy, 'exit');
  try {
    return await work();
  } finally {
    busy.kill('SIGKILL');
    await left;
  }
}
