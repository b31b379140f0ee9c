import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What can happen to a process: killed, stopped for good, caught in a loop, out of memory, left as if all were well. */
export const kinds = ['kill -9', 'SIGSTOP', 'endless loop', 'out of memory', 'exit 0'] as const;

/** One of {@link kinds}. */
export type Kind = (typeof kinds)[number];

/** Runs inside each process of Node under test: does to itself what the file says once it gets SIGUSR2. */
const INSIDE = `import { readFileSync } from 'node:fs';
process.on('SIGUSR2', () => {
  const kind = readFileSync(new URL('kind', import.meta.url), 'utf8');
  if (kind === 'exit 0') process.exit(0);
  const kept = [];
  for (;;) if (kind === 'out of memory') kept.push(Array.from({ length: 1e4 }, (_, n) => ({ n })));
});
`;

/** Does things to processes, by pid. */
export interface Injector {
  inject(pids: readonly number[], kind: Kind): Promise<void>;
  close(): Promise<void>;
}

/**
 * Has every process of Node that is started from here on listen for its fault. ffmpeg has no such ear: it can be killed
 * and stopped.
 */
export async function createInjector(): Promise<Injector> {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-fault-'));
  const inside = join(folder, 'inside.mjs');
  await writeFile(inside, INSIDE);
  const before = process.env.NODE_OPTIONS;
  process.env.NODE_OPTIONS = `${before ?? ''} --import=${pathToFileURL(inside).href}`.trimStart();
  return {
    async inject(pids, kind) {
      const signal = kind === 'kill -9' ? 'SIGKILL' : kind === 'SIGSTOP' ? 'SIGSTOP' : 'SIGUSR2';
      if (signal === 'SIGUSR2') await writeFile(join(folder, 'kind'), kind);
      for (const pid of pids) process.kill(pid, signal);
    },
    async close() {
      if (before === undefined) delete process.env.NODE_OPTIONS;
      else process.env.NODE_OPTIONS = before;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
