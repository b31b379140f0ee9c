import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '../system/free-port.ts';
import { pidsBelow } from '../system/system.ts';

/** A running nginx that serves files. */
export interface Nginx {
  readonly port: number;
  /** Of its worker. */
  readonly pid: number;
  /** What it was told. */
  readonly config: string;
  stop(): Promise<void>;
}

/** Starts an nginx of one's own on loopback, one worker on one core, with these files by their URL paths. */
export async function startNginx(files: ReadonlyMap<string, Buffer>, core: number): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-nginx-'));
  // Started by root, nginx serves as another user.
  await chmod(folder, 0o755);
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder, 'files', path)), { recursive: true });
    await writeFile(join(folder, 'files', path), bytes);
  }
  const port = await freePort();
  const config = `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_timeout 75s;
  keepalive_requests 1000000000;
  open_file_cache max=100 inactive=60s;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  types {
    application/vnd.apple.mpegurl m3u8;
    video/mp4 m4s;
  }
  default_type application/json;
  server {
    listen 127.0.0.1:${port};
    root ${folder}/files;
  }
}
`;
  await writeFile(join(folder, 'nginx.conf'), config);
  const nginx = spawn(
    'taskset',
    ['-c', String(core), 'nginx', '-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const left = once(nginx, 'exit');
  const stop = async () => {
    nginx.kill('SIGTERM');
    await left;
    await rm(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 50; tries += 1) {
    const answered = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    const [worker] = await pidsBelow(nginx.pid ?? 0, 'all');
    if (answered && worker !== undefined) return { port, pid: worker, config, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await stop();
  throw new Error('nginx did not start');
}
