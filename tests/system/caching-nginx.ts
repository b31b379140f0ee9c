import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { lives, pidsBelow } from './system.ts';

/** A real nginx that caches an origin, as a CDN's edge would. */
export interface CachingNginx {
  readonly url: string;
  /** How often each URL (path and query) was asked for at the origin so far. */
  upstream(): Promise<ReadonlyMap<string, number>>;
  /** Kills it with -9, workers and all, and starts it again; resolves when it answers. */
  killAndRestart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one on a free port of loopback, with a folder of its own, before one API host or several. */
export async function startCachingNginx(...origins: readonly string[]): Promise<CachingNginx> {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-cache-'));
  // Started by root, nginx serves as another user.
  await chmod(folder, 0o777);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const log = join(folder, 'access.log');
  await writeFile(
    join(folder, 'nginx.conf'),
    config(
      folder,
      port,
      origins.map((origin) => new URL(origin).host),
    ),
  );
  const start = async (): Promise<ChildProcess> => {
    const nginx = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (let tries = 0; tries < 100; tries += 1) {
      const answered = await fetch(`${url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (answered) return nginx;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await end(nginx, 'SIGTERM');
    throw new Error('nginx did not start');
  };
  let nginx: ChildProcess;
  try {
    nginx = await start();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    url,
    upstream: () => readUpstream(log),
    async killAndRestart() {
      const workers = await pidsBelow(nginx.pid ?? 0, 'all');
      await end(nginx, 'SIGKILL');
      for (const pid of workers) if (lives(pid)) process.kill(pid, 'SIGKILL');
      nginx = await start();
    },
    async stop() {
      await end(nginx, 'SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function end(nginx: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (nginx.exitCode !== null || nginx.signalCode !== null) return;
  const left = once(nginx, 'exit');
  nginx.kill(signal);
  await left;
}

/** What an operator would write. Of several origins one may be away: that is no error worth a line. */
function config(folder: string, port: number, origins: readonly string[]): string {
  return `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr ${origins.length > 1 ? 'crit' : 'error'};
events { worker_connections 2048; }
http {
  # A request that was answered from the cache has no upstream status.
  log_format asked '$upstream_status $request_uri';
  access_log ${folder}/access.log asked;
  client_body_temp_path ${folder}/body;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  proxy_temp_path ${folder}/proxy;
  proxy_cache_path ${folder}/cache levels=1:2 keys_zone=hls:10m max_size=1g;
  keepalive_requests 1000000;
  upstream origin {
${origins.map((origin) => `    server ${origin} max_fails=1 fail_timeout=1s;\n`).join('')}    keepalive 64;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      # A host that died is left out; what it was asked another one is asked, except to write.
      proxy_connect_timeout 1s;
      proxy_next_upstream error timeout;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_cache hls;
      proxy_cache_key $request_uri;
      proxy_cache_lock on;
      # Longer than a blocking request may take.
      proxy_cache_lock_timeout 15s;
      proxy_cache_lock_age 15s;
      add_header X-Cache $upstream_cache_status always;
    }
  }
}
`;
}

async function readUpstream(log: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const line of (await readFile(log, 'utf8')).split('\n')) {
    const [status = '-', uri] = line.split(' ');
    if (status !== '-' && uri !== undefined) counts.set(uri, (counts.get(uri) ?? 0) + 1);
  }
  return counts;
}
