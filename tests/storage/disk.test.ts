import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { removeAbandoned } from '../../src/storage/abandoned.ts';
import { DiskStorage, diskEngine } from '../../src/storage/disk.ts';
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

describe('a folder that is deleted under DiskStorage', () => {
  test('is made again for what is written next, and whoever lists what was in it is told', async () => {
    const root = await folder();
    const storage = new DiskStorage(root);
    await storage.write('a/e1/main/0.m4s', [Buffer.from('x')]);
    const seen: boolean[][] = [];
    const stop = storage.onLoss(async (has) => {
      seen.push([await has('a/e1/main/0.m4s'), await has('a/e1/main/1.m4s')]);
    });
    const told = async (times: number) => {
      while (seen.length < times) await new Promise((resolve) => setImmediate(resolve));
    };
    await told(1);
    await rm(join(root, 'a'), { recursive: true });
    await storage.write('a/e1/main/1.m4s', [Buffer.from('y')]);
    await told(2);
    assert.deepEqual(seen, [
      [true, false],
      [false, true],
    ]);
    stop();
    await writeFile(join(root, 'a/e1/main', `.${process.pid}-9.draft`), 'half');
    assert.deepEqual(await storage.stock('a/e1'), { objects: ['a/e1/main/1.m4s'], discarded: 1 });
    assert.deepEqual(await readdir(join(root, 'a/e1/main')), ['1.m4s']);
    await rm(root, { recursive: true });
  });
});

test('what is written while somebody asks what is lost is not', async () => {
  const root = await folder();
  const storage = new DiskStorage(root);
  await storage.write('a/e1/main/0.m4s', [Buffer.from('x')]);
  const seen = await new Promise<boolean[]>((resolve) => {
    const stop = storage.onLoss(async (has) => {
      const first = await has('a/e1/main/0.m4s');
      await storage.write('a/e1/main/1.m4s', [Buffer.from('y')]);
      resolve([first, await has('a/e1/main/1.m4s'), await has('a/e1/main/2.m4s')]);
      stop();
    });
  });
  assert.deepEqual(seen, [true, true, false]);
  await rm(root, { recursive: true });
});

test('a stream whose folder is a link is refused: nothing could be read of what it writes', async () => {
  const root = await folder();
  const opened = (dataDir: string, keep?: string) =>
    diskEngine.open(
      { dataDir, storePrefix: 'x' },
      { expiry: 1, keep, timeout: new AbortController().signal, onTrouble: () => {} },
    );
  try {
    await mkdir(join(root, 'elsewhere'));
    await symlink(join(root, 'elsewhere'), join(root, 'yard'));
    await assert.rejects(opened(root, 'yard'), { code: 'DATA_DIR_LINK', message: /yard is a symbolic link/ });
    await opened(root);
    await opened(join(root, 'yard'), 'door');
  } finally {
    await rm(root, { recursive: true });
  }
});

describe('removeAbandoned', () => {
  const epoch = 'e0123456789';

  test('removes what nobody runs once it is older than it was to be kept, and nothing else', async () => {
    const root = await folder();
    const make = async (name: string, keep?: number) => {
      await mkdir(join(root, name, epoch, 'main'), { recursive: true });
      if (keep === undefined) return async () => {};
      return lockFolder(join(root, name), { wait: 0, keep });
    };
    await (await make('old', 1000))();
    await (await make('young', 3_600_000))();
    const release = await make('running', 1000);
    await make('strange');
    await (await make('own', 1000))();
    assert.deepEqual(await removeAbandoned(root, 'own', Date.now() + 60_000), ['old']);
    assert.deepEqual((await readdir(root)).sort(), ['own', 'running', 'strange', 'young']);
    await release();
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
