import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../system/free-port.ts';

/** A redis-server of the test's own. */
export interface OwnRedis {
  readonly port: number;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Ends it with SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with `others` in place of the options so far; only what is on disk is kept. */
  restart(others?: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts one on loopback: free port, temporary folder, nothing written to disk unless `extra` says so.
 * @param config lines of a configuration file, which a Sentinel needs and then writes itself
 */
export async function startRedis(
  extra: readonly string[] = [],
  { config }: { readonly config?: readonly string[] } = {},
): Promise<OwnRedis> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-redis-'));
  const file = join(folder, 'redis.conf');
  if (config !== undefined) await writeFile(file, `${config.join('\n')}\n`);
  const first = config === undefined ? [] : [file];
  let server = await launch(port, folder, extra, first);
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const left = once(server, 'exit');
    server.kill(signal);
    await left;
  };
  return {
    port,
    get pid() {
      return server.pid ?? 0;
    },
    kill: () => end('SIGKILL'),
    restart: async (others = extra) => {
      server = await launch(port, folder, others, first);
    },
    stop: async () => {
      await end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function launch(
  port: number,
  folder: string,
  extra: readonly string[],
  first: readonly string[],
): Promise<ChildProcess> {
  const options = [
    ...first,
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
    ...extra,
  ];
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', () => reject(new Error('redis-server did not start')));
    server.stdout.on('data', (text: Buffer) => {
      if (/Ready to accept connections|Sentinel ID is/.test(String(text))) resolve();
    });
  });
  return server;
}
