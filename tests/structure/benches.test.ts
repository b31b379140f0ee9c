import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { ROOT } from '../root.ts';

const setup = await readFile('bin/setup', 'utf8');

describe('what benchmarks and soaks need', () => {
  for (const [file, name, kind] of [
    ['run.ts', 'nginx', 'benchmark'],
    ['soak.ts', 'hosts', 'soak'],
  ] as const) {
    test(`a ${kind} says at once which programs are missing, and how to get them`, async (t) => {
      const path = await mkdtemp(join(tmpdir(), 'hlsstream-path-'));
      t.after(() => rm(path, { recursive: true, force: true }));
      await symlink('/bin/true', join(path, 'ffmpeg'));
      const child = spawn(
        process.execPath,
        [join(ROOT, 'dist/test/tests/bench', file.replace('.ts', '.js')), name],
        {
          env: { ...process.env, PATH: path },
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
      const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
      const missing = name === 'nginx' ? 'nginx and wrk and taskset' : 'ffprobe and redis-server and nginx';
      assert.equal(
        said,
        `the ${kind} ${name} needs ${missing}, not found on this machine; bin/setup --bench installs what is missing\n`,
      );
      assert.equal(code, 2);
    });
  }

  test('bin/setup --bench knows a package for each of them', async () => {
    const files = await Promise.all(
      ['run.ts', 'soak.ts'].map((file) => readFile(`tests/bench/${file}`, 'utf8')),
    );
    const lists = files.join('').matchAll(/needs: \[([^\]]*)\]/g);
    const needed = new Set(
      [...lists].flatMap(([, list = '']) => [...list.matchAll(/'([\w-]+)'/g)].map(([, of]) => of)),
    );
    assert.ok(needed.has('wrk') && needed.has('redis-server'), [...needed].join());
    for (const program of needed) {
      // ffprobe comes with ffmpeg.
      if (program !== 'ffprobe') assert.match(setup, new RegExp(`^ *need ${program} \\S`, 'm'), program);
    }
  });
});
