import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { SharedSpace } from '../../src/packager/shared-space.ts';
import { lockFolder } from '../../src/storage/folder-lock.ts';
import { DirectoryUsage } from '../../src/storage/usage.ts';
import { unexpected } from '../unexpected.ts';

/** A stream's pages of 100 bytes each, by date; the newest is listed. */
class Media {
  pages: number[];
  constructor(pages: number[]) {
    this.pages = pages;
  }
  bytes = () => 100 * this.pages.length;
  oldest = () => (this.pages.length > 1 ? this.pages[0] : undefined);
  release = async () => {
    if (this.oldest() === undefined) return 0;
    this.pages.shift();
    return 100;
  };
}

describe('SharedSpace', () => {
  test('lets the oldest of all streams go, each by the one whose it is, however they take turns', async (t) => {
    const root = await mkdtemp(join(tmpdir(), 'hlsstream-space-'));
    t.after(() => rm(root, { recursive: true }));
    const directory = new DirectoryUsage(root);
    const full: string[] = [];
    // Each says how much it holds before its folder is there.
    const space = (stream: string, limit: number | undefined) =>
      new SharedSpace({ stream, limit, directory, others: true, full: () => full.push(stream) });
    const [yard, door] = [space('yard', 500), space('door', undefined)];
    const inYard = new Media([10, 20, 50, 60]);
    const atDoor = new Media([30, 40, 70, 80]);
    for (let round = 0; round < 3; round += 1) {
      await yard.look(inYard);
      await door.look(atDoor);
    }
    assert.deepEqual(inYard.pages, [50, 60]);
    assert.deepEqual(atDoor.pages, [40, 70, 80], 'the limit that one was told holds for all');
    const small = await space('hall', 250);
    const inHall = new Media([90]);
    for (let round = 0; round < 4; round += 1) {
      await small.look(inHall);
      await yard.look(inYard);
      await door.look(atDoor);
    }
    assert.deepEqual([inYard.pages, atDoor.pages, inHall.pages], [[60], [80], [90]], 'what is listed stays');
    assert.deepEqual([...new Set(full)].sort(), ['door', 'hall', 'yard']);
  });

  test('reads what an older version said, and touches nothing of which a newer one did', async (t) => {
    const root = await mkdtemp(join(tmpdir(), 'hlsstream-space-'));
    t.after(() => rm(root, { recursive: true }));
    const directory = new DirectoryUsage(root);
    const usage = { bytes: 100, oldest: 1, limit: null };
    for (const [name, more] of Object.entries({ old: {}, newer: { schema: 1000 }, odd: { schema: 'x' } })) {
      await mkdir(join(root, name));
      await writeFile(join(root, name, '.usage'), JSON.stringify({ ...usage, ...more }));
    }
    await mkdir(join(root, 'mine'));
    await directory.write('mine', usage);
    assert.deepEqual((await directory.others('none')).map(({ name }) => name).sort(), ['mine', 'old']);
    assert.equal(typeof JSON.parse(await readFile(join(root, 'mine/.usage'), 'utf8')).schema, 'number');
  });

  test('takes the media of a stream that nobody runs, but of none that somebody does', async (t) => {
    const root = await mkdtemp(join(tmpdir(), 'hlsstream-space-'));
    t.after(() => rm(root, { recursive: true }));
    const directory = new DirectoryUsage(root);
    const folder = join(root, 'gone/e0123456789/main');
    await mkdir(folder, { recursive: true });
    for (const msn of [0, 1, 2]) {
      await writeFile(join(folder, `${msn}.m4s`), Buffer.alloc(100));
      await utimes(join(folder, `${msn}.m4s`), msn + 1, msn + 1);
    }
    await directory.write('gone', { bytes: 300, oldest: 1e6, limit: 50, left: true });
    await mkdir(join(root, 'yard'));
    const space = new SharedSpace({ stream: 'yard', limit: 350, directory, others: true, full: unexpected });
    const media = new Media([2_500_000, 9_000_000]);
    const unlock = await lockFolder(join(root, 'gone'));
    await space.look(media);
    assert.deepEqual((await readdir(folder)).sort(), ['0.m4s', '1.m4s', '2.m4s'], 'it is locked');
    await unlock();
    await space.look(media);
    assert.deepEqual((await readdir(folder)).sort(), ['2.m4s']);
    assert.deepEqual(media.pages, [2_500_000, 9_000_000]);
    const [gone] = await directory.others('yard');
    assert.deepEqual([gone?.bytes, gone?.oldest, gone?.live], [100, 3_000_000, false]);
  });

  test('takes the objects of frames with their media, and counts them', async (t) => {
    const root = await mkdtemp(join(tmpdir(), 'hlsstream-space-'));
    t.after(() => rm(root, { recursive: true }));
    const directory = new DirectoryUsage(root);
    const folder = join(root, 'gone/e0123456789/main');
    await mkdir(folder, { recursive: true });
    for (const [age, name] of ['0.m4s', '0.objects.json', '1.m4s', '1.objects.json'].entries()) {
      await writeFile(join(folder, name), Buffer.alloc(100));
      await utimes(join(folder, name), age + 1, age + 1);
    }
    await directory.write('gone', { bytes: 400, oldest: 1e6, limit: 50, left: true });
    await mkdir(join(root, 'yard'));
    const space = new SharedSpace({ stream: 'yard', limit: 350, directory, others: true, full: unexpected });
    await space.look(new Media([9_000_000]));
    assert.deepEqual((await readdir(folder)).sort(), ['1.m4s', '1.objects.json']);
    assert.equal((await directory.others('yard'))[0]?.bytes, 200);
  });

  test('counts what a stream that left said, and not what it was told', async (t) => {
    const root = await mkdtemp(join(tmpdir(), 'hlsstream-space-'));
    t.after(() => rm(root, { recursive: true }));
    const directory = new DirectoryUsage(root);
    await mkdir(join(root, 'yard'));
    const space = new SharedSpace({ stream: 'yard', limit: 100, directory, others: true, full: () => {} });
    await space.look(new Media([1]));
    await space.leave();
    assert.deepEqual(await directory.others('door'), [
      { name: 'yard', bytes: 100, oldest: null, limit: null, live: false },
    ]);
  });
});
