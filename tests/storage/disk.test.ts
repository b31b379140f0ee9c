import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { DiskStorage } from '../../src/storage/disk.ts';
import { lockFolder } from '../../src/storage/folder-lock.ts';

const folder = () => mkdtemp(join(tmpdir(), 'hlsstream-storage-'));

describe('DiskStorage', () => {
  test('leaves no draft behind, and says what it cannot write', async () => {
    const root = await folder();
    const storage = new DiskStorage(root);
    await storage.write('a/0.m4s', [Buffer.from('x')]);
    assert.deepEqual(await readdir(join(root, 'a')), ['0.m4s']);
    await writeFile(join(root, 'file'), '');
    await assert.rejects(storage.write('file/0.m4s', [Buffer.from('x')]), {
      code: 'STORAGE_FAILED',
      message: /file/,
    });
    await rm(root, { recursive: true });
  });
});

describe('lockFolder', () => {
  test('lets one living process in at a time', async () => {
    const root = await folder();
    const release = await lockFolder(join(root, 'stream'));
    await assert.rejects(lockFolder(join(root, 'stream')), {
      code: 'DATA_DIR_BUSY',
      message: new RegExp(`${process.pid}`),
    });
    await release();
    await (await lockFolder(join(root, 'stream')))();
    await rm(root, { recursive: true });
  });

  test('takes over from a holder that is gone, also when its number was given to another process', async () => {
    const root = await folder();
    await writeFile(join(root, '.lock'), '4194305 77\n');
    await (await lockFolder(root))();
    await writeFile(join(root, '.lock'), `${process.ppid} 1\n`);
    await (await lockFolder(root))();
    await rm(root, { recursive: true });
  });

  test('says that a folder cannot be made', async () => {
    const root = await folder();
    await writeFile(join(root, 'file'), '');
    await assert.rejects(lockFolder(join(root, 'file', 'stream')), { code: 'DATA_DIR_NOT_WRITABLE' });
    await rm(root, { recursive: true });
  });
});
