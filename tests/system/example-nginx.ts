import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../root.ts';
import { until } from '../until.ts';
import { freePort } from './free-port.ts';

/** One of the configurations that the documents show, as it is written. */
export function exampleNginx(name: 'edge' | 'private' | 'below-a-path'): Promise<string> {
  return readFile(join(ROOT, `.github/examples/nginx/${name}.conf`), 'utf8');
}

/**
 * Runs a real nginx with this inside its `http` block; resolves when it answers.
 * @param blocks given the port of its own and a folder for what it caches
 */
export async function startNginx(
  blocks: (port: number, folder: string) => string,
): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-nginx-'));
  // Started by root, nginx serves as another user.
  await chmod(folder, 0o777);
  const port = await freePort();
  const paths = ['client_body', 'fastcgi', 'uwsgi', 'scgi', 'proxy'].map(
    (name) => `${name}_temp_path ${folder}/${name};\n`,
  );
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off;\nworker_processes 1;\npid ${folder}/pid;\nerror_log stderr crit;\nevents {}\nhttp {\naccess_log off;\n${paths.join('')}${blocks(port, folder)}}\n`,
  );
  const nginx = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  const answers = () => fetch(url).then(({ status }) => status > 0);
  await until('nginx answers', 10, answers);
  return {
    url,
    async stop() {
      const left = once(nginx, 'exit');
      nginx.kill('SIGTERM');
      await left;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
