import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

/** A real nginx that shows servers below path prefixes. */
export interface PrefixNginx {
  readonly url: string;
  stop(): Promise<void>;
}

/** One `location` of it. */
export interface PrefixLocation {
  /** Begins and ends with a slash. */
  readonly path: string;
  /** Where the server listens: `http://host:port`. */
  readonly origin: string;
  /** Whether the prefix is taken off. */
  readonly strips: boolean;
  /** What is said in X-Forwarded-Prefix; nothing if undefined. */
  readonly says?: string;
}

/** Starts one on a free port of loopback, with a folder of its own. */
export async function startPrefixNginx(locations: readonly PrefixLocation[]): Promise<PrefixNginx> {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-prefix-'));
  // Started by root, nginx serves as another user.
  await chmod(folder, 0o777);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const blocks = locations.map(
    ({ path, origin, strips, says }) => `    location ${path} {
      proxy_pass ${origin}${strips ? '/' : ''};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_buffering off;
${says === undefined ? '' : `      proxy_set_header X-Forwarded-Prefix ${says};\n`}    }
`,
  );
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  proxy_temp_path ${folder}/proxy;
  server {
    listen 127.0.0.1:${port};
    location = /up { return 204; }
${blocks.join('')}  }
}
`,
  );
  const nginx = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const stop = async () => {
    await end(nginx);
    await rm(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 200; tries += 1) {
    const isUp = await fetch(`${url}/up`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return { url, stop };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await stop();
  throw new Error('nginx did not start');
}

async function end(nginx: ChildProcess): Promise<void> {
  if (nginx.exitCode !== null || nginx.signalCode !== null) return;
  const left = once(nginx, 'exit');
  nginx.kill('SIGTERM');
  await left;
}
