import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DiskStorage } from '../../src/storage/disk.ts';

test('a link in the data directory leads nowhere, and a pipe keeps nobody waiting', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-links-'));
  t.after(() => rm(folder, { recursive: true }));
  const root = join(folder, 'video');
  await mkdir(join(folder, 'others/main'), { recursive: true });
  await writeFile(join(folder, 'others/main/1.m4s'), 'secret');
  const storage = new DiskStorage(root);
  await storage.write('cam/e1/main/0.m4s', [Buffer.from('own')]);
  await symlink(join(folder, 'others/main/1.m4s'), join(root, 'cam/e1/main/1.m4s'));
  await symlink('0.m4s', join(root, 'cam/e1/main/2.m4s'));
  await symlink(join(folder, 'others'), join(root, 'cam/e2'));
  await symlink('e1', join(root, 'cam/e3'));
  execFileSync('mkfifo', [join(root, 'cam/e1/main/3.m4s')]);
  await mkdir(join(root, 'cam/e1/main/4.m4s'));
  for (const path of [
    'e1/main/1.m4s',
    'e1/main/2.m4s',
    'e2/main/1.m4s',
    'e3/main/0.m4s',
    'e1/main/3.m4s',
    'e1/main/4.m4s',
  ])
    assert.equal(await storage.read(`cam/${path}`), undefined, path);
  // Where the whole directory lies is the operator's choice.
  await symlink(root, join(folder, 'elsewhere'));
  assert.equal(String(await new DiskStorage(join(folder, 'elsewhere')).read('cam/e1/main/0.m4s')), 'own');
});
