import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { StrangeEpochs } from '../../src/packager/strange-epochs.ts';
import { DiskStorage } from '../../src/storage/disk.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { STORE_DAMAGED_KEY } from '../../src/store/store.ts';

const [KNOWN, ONE, OTHER] = ['e0000000001', 'e0000000002', 'e0000000003'] as const;
const HOUR = 3_600_000;

describe('folders of epochs that the store does not know', () => {
  let root = '';
  let store: MemoryStore;
  let told: string[] = [];
  let now = 0;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'hlsstream-strange-'));
    for (const name of [KNOWN, ONE, OTHER, 'mine'])
      await mkdir(join(root, 'yard', name, 'main'), { recursive: true });
    store = new MemoryStore();
    told = [];
    now = 10 * HOUR;
  });
  afterEach(() => rm(root, { recursive: true }));

  const begun = async () => {
    const strange = new StrangeEpochs({
      ...{ store, storage: new DiskStorage(root), stream: 'yard', keepFor: HOUR, now: () => now * 1000 },
      removed: (count) => told.push(`${count} removed`),
      spared: (count, until) => told.push(`${count} until ${until.getTime() / HOUR} h`),
    });
    await strange.look(new Set([KNOWN]));
    return strange;
  };
  const left = async () => (await readdir(join(root, 'yard'))).sort();

  test('go at once', async () => {
    await begun();
    assert.deepEqual(await left(), [KNOWN, 'mine']);
    assert.deepEqual(told, ['2 removed']);
  });

  test('stay where the store was damaged, also over another start, until their time is over', async () => {
    await store.set(STORE_DAMAGED_KEY, now);
    await begun();
    now += HOUR / 2;
    const strange = await begun();
    await strange.removeOver();
    assert.deepEqual(await left(), [KNOWN, ONE, OTHER, 'mine']);
    now += HOUR / 2;
    await strange.removeOver();
    await strange.removeOver();
    assert.deepEqual(await left(), [KNOWN, 'mine']);
    assert.deepEqual(told, ['2 until 11 h', '2 until 11 h', '2 removed']);
  });

  test('go one after the other before that, for want of room', async () => {
    await store.set(STORE_DAMAGED_KEY, now);
    const strange = await begun();
    assert.equal(await strange.release(), true);
    assert.deepEqual(await left(), [KNOWN, OTHER, 'mine']);
    assert.equal(await strange.release(), true);
    assert.equal(await strange.release(), false);
    assert.deepEqual(await left(), [KNOWN, 'mine']);
  });
});
