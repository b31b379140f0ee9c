import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DiskStorage } from '../../src/storage/disk.ts';
import type { Disk } from '../../src/storage/disk-calls.ts';

const CODES = ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EMFILE', 'ENFILE', 'EACCES'];

/** Calls of a file that is open. */
const FILE_CALLS = ['writev', 'writeFile', 'close', 'stat', 'readFile'] as const;

/** A disk whose calls fail with a code, from one of them on. */
class FailingDisk {
  fails: { readonly call: string; readonly code: string } | undefined;
  /** A write takes so many bytes and no more, as on a disk that is nearly full. */
  takes = Infinity;
  readonly disk = new Proxy({} as Disk, {
    get:
      (_, call: string) =>
      async (...args: unknown[]) => {
        this.#fail(call);
        const result = await (fs as unknown as Record<string, (...args: unknown[]) => unknown>)[call]?.(
          ...args,
        );
        return call === 'open' ? this.#opened(result as fs.FileHandle) : result;
      },
  });

  #fail(call: string): void {
    if (this.fails?.call !== call) return;
    const { code } = this.fails;
    throw Object.assign(new Error(`${code}: what the system says, ${call} '/x'`), { code });
  }

  #opened(file: fs.FileHandle): fs.FileHandle {
    const own = Object.fromEntries(
      FILE_CALLS.map((call) => [
        call,
        async (...args: never[]) => {
          if (call === 'close') await file.close();
          this.#fail(call);
          if (call === 'close') return;
          if (call !== 'writev' || this.takes === Infinity)
            return (file[call] as (...args: never[]) => unknown)(...args);
          const [chunks] = args as unknown as [Uint8Array[]];
          return file
            .write(Buffer.concat(chunks).subarray(0, this.takes))
            .then(({ bytesWritten }) => ({ bytesWritten }));
        },
      ]),
    );
    return own as unknown as fs.FileHandle;
  }
}

describe('DiskStorage on a disk in trouble', () => {
  let root = '';
  before(async () => {
    root = await fs.mkdtemp(join(tmpdir(), 'hlsstream-trouble-'));
  });
  after(() => fs.rm(root, { recursive: true }));

  /** What is asked of the storage, and which calls it makes for that. */
  const asked: Readonly<Record<string, readonly [string[], (storage: DiskStorage) => Promise<unknown>]>> = {
    write: [
      ['mkdir', 'open', 'writev', 'close', 'rename'],
      (storage) => storage.write('cam/e1/main/1.m4s', [Buffer.from('one'), Buffer.from('two')]),
    ],
    read: [['realpath', 'open', 'stat', 'readFile', 'close'], (storage) => storage.read('cam/e1/main/0.m4s')],
    remove: [['unlink'], (storage) => storage.remove(['cam/e1/main/0.m4s'])],
    removeFolder: [['rm'], (storage) => storage.removeFolder('cam/e2')],
    folders: [['readdir'], (storage) => storage.folders('cam')],
    stock: [['readdir'], (storage) => storage.stock('cam/e1')],
    space: [['statfs'], (storage) => storage.space()],
  };

  for (const [what, [calls, ask]] of Object.entries(asked)) {
    test(`names what ails it, counts it and goes on, whichever call of ${what} fails with which code`, async () => {
      for (const call of calls) {
        for (const code of CODES) {
          const failing = new FailingDisk();
          const folder = join(root, `${what}-${call}-${code}`);
          await new DiskStorage(folder).write('cam/e1/main/0.m4s', [Buffer.from('zero')]);
          const storage = new DiskStorage(folder, failing.disk);
          failing.fails = { call, code };
          await assert.rejects(ask(storage), (error: Error & { code: string }) => {
            assert.equal(
              error.code,
              code === 'ENOSPC' || code === 'EDQUOT' ? 'STORAGE_FULL' : 'STORAGE_FAILED',
            );
            assert.ok(error.message.includes(`(${code}); `) && error.message.includes(folder), error.message);
            assert.ok(!error.message.includes('what the system says'), error.message);
            return true;
          });
          assert.deepEqual([...storage.failures], [[code, 1]]);
          const files = await fs.readdir(join(folder, 'cam/e1/main'));
          assert.deepEqual(files, ['0.m4s'], `${call} ${code}: half a file, or one that is gone`);
          failing.fails = undefined;
          await ask(storage);
        }
      }
    });
  }

  test('keeps no half of an object that a disk takes half of, whatever it says of the rest', async () => {
    const failing = new FailingDisk();
    const storage = new DiskStorage(root, failing.disk);
    failing.takes = 4;
    const write = () => storage.write('cam/e1/main/1.m4s', [Buffer.from('one'), Buffer.from('two')]);
    for (const code of CODES) {
      failing.fails = { call: 'writeFile', code };
      await assert.rejects(write(), new RegExp(code));
      assert.equal(await storage.read('cam/e1/main/1.m4s'), undefined);
    }
    failing.fails = undefined;
    await write();
    assert.equal(String(await storage.read('cam/e1/main/1.m4s')), 'onetwo');
  });

  test('removes what it can of several objects, and says what it cannot', async () => {
    const failing = new FailingDisk();
    const folder = join(root, 'several');
    const plain = new DiskStorage(folder);
    for (const msn of [0, 1, 2]) await plain.write(`cam/e1/main/${msn}.m4s`, [Buffer.from('x')]);
    const unlink = failing.disk.unlink;
    const disk = {
      ...Object.fromEntries(
        ['mkdir', 'open', 'readdir', 'realpath', 'rename', 'rm', 'statfs'].map((call) => [
          call,
          failing.disk[call as keyof Disk],
        ]),
      ),
      unlink: async (path: string) => {
        failing.fails = path.endsWith('/1.m4s') ? { call: 'unlink', code: 'EIO' } : undefined;
        await unlink(path);
      },
    } as unknown as Disk;
    const paths = [0, 1, 2].map((msn) => `cam/e1/main/${msn}.m4s`);
    await assert.rejects(
      new DiskStorage(folder, disk).remove(paths),
      /cannot remove .*1\.m4s: the disk fails \(EIO\)/,
    );
    assert.deepEqual(await fs.readdir(join(folder, 'cam/e1/main')), ['1.m4s']);
  });
});
