import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Storage } from '../../src/storage/storage.ts';

/** What every storage engine must do. `open` gives an empty one and its closer. */
export function storageContract(
  name: string,
  open: () => Promise<{ storage: Storage; close: () => Promise<void> }>,
): void {
  const withStorage = async (use: (storage: Storage) => Promise<void>) => {
    const { storage, close } = await open();
    try {
      await use(storage);
    } finally {
      await close();
    }
  };

  describe(`storage: ${name}`, () => {
    test('gives back an object written in pieces, whole', () =>
      withStorage(async (storage) => {
        await storage.write('a/e1/main/0.m4s', [Buffer.from('one '), Buffer.from('two')]);
        assert.equal((await storage.read('a/e1/main/0.m4s'))?.toString(), 'one two');
      }));

    test('gives back an object and those it is made of, each until it is removed', () =>
      withStorage(async (storage) => {
        const pieces = ['one ', 'two ', 'three'].map((text) => Buffer.from(text));
        const madeOf = pieces.map((_, part) => `a/e1/main/0.${part}.m4s`);
        for (const [part, piece] of pieces.entries()) await storage.write(madeOf[part] ?? '', [piece]);
        await storage.write('a/e1/main/0.m4s', pieces, { madeOf });
        const texts = async (paths: readonly string[]) =>
          (await Promise.all(paths.map((path) => storage.read(path)))).map((bytes) => bytes?.toString());
        assert.deepEqual(await texts(['a/e1/main/0.m4s', ...madeOf]), [
          'one two three',
          'one ',
          'two ',
          'three',
        ]);
        assert.deepEqual(await storage.folders('a'), ['e1']);
        await storage.remove(madeOf);
        assert.deepEqual(await texts(['a/e1/main/0.m4s', ...madeOf]), [
          'one two three',
          ...[undefined, undefined, undefined],
        ]);
      }));

    test('writes the whole of an object though what it is made of is not all there', () =>
      withStorage(async (storage) => {
        const pieces = [Buffer.from('one '), Buffer.from('two')];
        await storage.write('a/0.1.m4s', [Buffer.from('two')]);
        await storage.write('a/0.m4s', pieces, { madeOf: ['a/0.0.m4s', 'a/0.1.m4s'] });
        assert.equal((await storage.read('a/0.m4s'))?.toString(), 'one two');
      }));

    test('has nothing for what was never written', () =>
      withStorage(async (storage) => {
        assert.equal(await storage.read('a/e1/main/0.m4s'), undefined);
        assert.deepEqual(await storage.folders('a'), []);
      }));

    test('removes objects, and does not mind those that are gone', () =>
      withStorage(async (storage) => {
        await storage.write('a/1.m4s', [Buffer.from('x')]);
        await storage.remove(['a/1.m4s', 'a/2.m4s']);
        assert.equal(await storage.read('a/1.m4s'), undefined);
      }));

    test('lists and removes folders', () =>
      withStorage(async (storage) => {
        await storage.write('a/e2/main/0.m4s', [Buffer.from('x')]);
        await storage.write('a/e1/main/0.m4s', [Buffer.from('x')]);
        assert.deepEqual(await storage.folders('a'), ['e1', 'e2']);
        await storage.removeFolder('a/e1');
        assert.deepEqual(await storage.folders('a'), ['e2']);
        await storage.write('a/e1/main/0.m4s', [Buffer.from('again')]);
        assert.equal((await storage.read('a/e1/main/0.m4s'))?.toString(), 'again');
      }));

    test('refuses paths that could lead elsewhere', () =>
      withStorage(async (storage) => {
        for (const path of [
          '../x',
          'a/../x',
          '/etc/passwd',
          'a//b',
          '',
          'a/.hidden',
          'a/b\0c',
          'a\\b',
          'a/',
        ]) {
          await assert.rejects(storage.read(path), { code: 'STORAGE_FAILED' }, path);
          await assert.rejects(storage.write(path, [Buffer.from('x')]), { code: 'STORAGE_FAILED' }, path);
        }
      }));
  });
}
