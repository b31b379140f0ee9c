import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { ROOT } from '../root.ts';

test('nginx takes the example of an edge', async () => {
  const example = await readFile(join(ROOT, '.github/examples/nginx/edge.conf'), 'utf8');
  assert.match(example, /proxy_cache_lock on/);
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-nginx-'));
  try {
    const own = example
      .replace('/var/cache/nginx/hls', join(folder, 'cache'))
      .replace('listen 80', 'listen 8080');
    const file = join(folder, 'nginx.conf');
    await writeFile(
      file,
      `pid ${folder}/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${own}}\n`,
    );
    const { stderr } = await promisify(execFile)('nginx', ['-t', '-e', 'stderr', '-p', folder, '-c', file]);
    assert.match(stderr, /test is successful/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
