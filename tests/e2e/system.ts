import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The whole system as a user starts it, on a free port, with a data folder of its own. */
export interface System {
  readonly url: string;
  readonly process: ChildProcess;
  close(): Promise<void>;
}

/** Starts `hlsstream start` with these flags beside port, folder and log level; resolves once it can be watched. */
export async function startSystem(...flags: string[]): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-e2e-'));
  const fixed = ['bin/hlsstream.js', 'start', '--port', '0', '--data-dir', folder, '--log-level', 'error'];
  const child = spawn(process.execPath, [...fixed, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const left = once(child, 'exit');
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await left;
    await rm(folder, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /https?:\/\/\S+/.exec(line)?.[0];
    if (url === undefined) continue;
    child.stdout.resume();
    return { url: url.endsWith('/') ? url : `${url}/`, process: child, close };
  }
  await close();
  throw new Error('hlsstream start ended without saying where to watch');
}
