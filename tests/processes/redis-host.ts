import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

/** A real redis-server that keeps its data over a restart, as an operator would run it. */
export interface RedisHost {
  /** What `--store` takes. */
  readonly url: string;
  readonly port: number;
  /** Kills it with -9 and starts it again on the same port, its data read from disk; resolves when it serves. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one on a free port of loopback, with a folder of its own. */
export async function startRedisHost(): Promise<RedisHost> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-redis-'));
  const start = async (): Promise<ChildProcess> => {
    const server = spawn(
      'redis-server',
      [
        ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
        ...['--save', '', '--appendonly', 'yes', '--appendfsync', 'no'],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.once('exit', () => reject(new Error('redis-server did not start')));
      server.stdout?.on('data', (text: Buffer) => {
        if (text.includes('Ready to accept connections')) resolve();
      });
    });
    return server;
  };
  const end = async (server: ChildProcess, signal: NodeJS.Signals) => {
    const left = once(server, 'exit');
    server.kill(signal);
    await left;
  };
  let server = await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    async restart() {
      await end(server, 'SIGKILL');
      server = await start();
    },
    async stop() {
      await end(server, 'SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
