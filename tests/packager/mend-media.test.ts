import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { renderMediaPlaylist } from '../../src/hls/media-playlist.ts';
import {
  emptyMediaState,
  initFile,
  mediaFolder,
  type PartEntry,
  partFile,
  runName,
  type SegmentEntry,
} from '../../src/hls/playlist-log.ts';
import { readLast } from '../../src/packager/epoch.ts';
import { mendMedia } from '../../src/packager/mend-media.ts';
import { digestOf, endLastRun } from '../../src/packager/part-writer.ts';
import { Publisher } from '../../src/packager/publisher.ts';
import { DiskStorage } from '../../src/storage/disk.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { unexpected } from '../unexpected.ts';
import { openPackager, steady } from './real-packager.ts';

const stream = {
  ...{ name: 'yard', epoch: 'e0123456789', startedAt: 0, targetDuration: 1_000_000, partTarget: 510_000 },
  ...{ partHoldBack: 1_530_000, holdBack: 3_000_000, window: 600_000_000 },
};
const INIT = Buffer.from('an init segment');
const run = runName('0', digestOf(INIT));
/** Bytes of a part, and how many of them make a segment. */
const [BYTES, PARTS] = [10, 2];
/** More than the texts of playlists are kept by. */
const SEGMENTS = 134;

function part(msn: number, index: number): PartEntry {
  return {
    ...{ type: 'part', msn, part: index, run, pts: msn * 1e6 + index * 5e5, duration: 5e5 },
    ...{ date: msn * 1e6 + index * 5e5, independent: index === 0, bytes: BYTES },
    ...{ discontinuity: false, discontinuitySequence: 0 },
  };
}

function segment(msn: number): SegmentEntry {
  const { type: _, part: __, ...first } = part(msn, 0);
  const one = { duration: 5e5, independent: true, bytes: BYTES };
  const parts = [one, { ...one, independent: false }];
  return { ...first, type: 'segment', duration: 1e6, bytes: PARTS * BYTES, parts };
}

function content(msn: number, index: number): Buffer {
  return Buffer.from(`part ${msn}.${index}`.padEnd(BYTES));
}

describe('listed media that is not whole', () => {
  let root = '';
  let store: MemoryStore;
  let storage: DiskStorage;
  let publisher: Publisher;
  const file = (name: string) => join(root, mediaFolder(stream.name, stream.epoch), name);

  /** Segments, parts of the newest two of them, and one that is open. */
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'hlsstream-mend-'));
    store = new MemoryStore();
    storage = new DiskStorage(root);
    publisher = new Publisher(store, emptyMediaState(stream), unexpected);
    await publisher.announce();
    const write = (name: string, chunks: readonly Buffer[]) =>
      storage.write(`${mediaFolder(stream.name, stream.epoch)}/${name}`, chunks);
    await write(initFile(run), [INIT]);
    for (let msn = 0; msn < SEGMENTS; msn += 1) {
      const chunks = [content(msn, 0), content(msn, 1)];
      await write(`${msn}.m4s`, chunks);
      if (msn >= SEGMENTS - 3) for (const at of [0, 1]) await write(partFile(msn, at), [content(msn, at)]);
      await publisher.playlist(segment(msn));
    }
    await write(partFile(SEGMENTS, 0), [content(SEGMENTS, 0)]);
    await publisher.part(part(SEGMENTS, 0));
  });
  afterEach(async () => {
    await publisher.close();
    await rm(root, { recursive: true });
  });

  const mend = () => mendMedia(publisher, storage, (path) => storage.size(path));
  const gaps = (state = publisher.state) =>
    state.segments.filter(({ filler }) => filler?.kind === 'gap').map(({ msn }) => msn);

  test('is left alone where all is as it was written', async () => {
    const before = await readdir(file('.'));
    assert.deepEqual(await mend(), { mended: 0, lost: 0 });
    assert.deepEqual(await readdir(file('.')), before);
    assert.equal(publisher.state.segments.length, SEGMENTS);
  });

  test('is put together again: a segment from its parts, parts from their segment', async () => {
    await truncate(file('131.m4s'), BYTES + 3);
    await truncate(file('132.m4s'), 0);
    await rm(file('133.m4s'));
    assert.deepEqual(await mend(), { mended: 3, lost: 0 });
    for (const msn of [131, 132, 133])
      assert.deepEqual(await readFile(file(`${msn}.m4s`)), Buffer.concat([content(msn, 0), content(msn, 1)]));
    await rm(file('133.0.m4s'));
    await truncate(file('132.1.m4s'), 3);
    assert.deepEqual(await mend(), { mended: 2, lost: 0 });
    assert.deepEqual(await readFile(file('133.0.m4s')), content(133, 0));
    assert.deepEqual(await readFile(file('132.1.m4s')), content(132, 1));
    assert.deepEqual(gaps(), []);
  });

  test('is a gap where it is the newest: what lies before stays listed, for those who have rendered it, too', async () => {
    const told = await readLast(store, stream.name);
    renderMediaPlaylist(publisher.state, { dateRanges: [] });
    for (let msn = 124; msn < SEGMENTS; msn += 1) {
      await truncate(file(`${msn}.m4s`), 0);
      for (const at of [0, 1]) await rm(file(partFile(msn, at)), { force: true });
    }
    const lost = Array.from({ length: 10 }, (_, at) => 124 + at);
    assert.deepEqual(await mend(), { mended: 0, lost: 10 });
    assert.deepEqual(gaps(), lost);
    const text = renderMediaPlaylist(publisher.state, { dateRanges: [] });
    assert.equal(text.match(/#EXT-X-GAP/g)?.length, 10);
    assert.match(text, /#EXT-X-MEDIA-SEQUENCE:0\n/);
    assert.equal(told?.segments.length, SEGMENTS);
    assert.deepEqual(gaps(await readLast(store, stream.name)), lost, 'so does the store');
    assert.deepEqual(await mend(), { mended: 0, lost: 0 }, 'a gap is looked at no more');
  });

  test('stays deleted where somebody deleted one of those further back', async () => {
    await rm(file('131.m4s'));
    assert.deepEqual(await mend(), { mended: 0, lost: 0 });
    assert.ok(!(await readdir(file('.'))).includes('131.m4s'));
  });

  test('goes where it lies further back, and leaves the list as what was deleted does', async () => {
    await truncate(file('20.m4s'), BYTES);
    assert.deepEqual(await mend(), { mended: 0, lost: 1 });
    assert.ok(!(await readdir(file('.'))).includes('20.m4s'));
    assert.deepEqual(gaps(), []);
  });

  test('is not looked for behind the newest, where the machine ran on', async () => {
    await truncate(file('20.m4s'), BYTES);
    assert.deepEqual(await mendMedia(publisher, storage, (path) => storage.size(path), 32), {
      mended: 0,
      lost: 0,
    });
    assert.ok((await readdir(file('.'))).includes('20.m4s'));
  });

  test('goes, if it is an init segment that is not what its name says', async () => {
    await truncate(file(initFile(run)), 4);
    assert.deepEqual(await mend(), { mended: 0, lost: 1 });
    assert.ok(!(await readdir(file('.'))).includes(initFile(run)));
  });

  test('is a gap where it is half a part of the open segment, and all else stays listed', async () => {
    await truncate(file(partFile(SEGMENTS, 0)), 4);
    await endLastRun(publisher, storage);
    assert.deepEqual(gaps(), [SEGMENTS]);
    assert.equal(publisher.state.segments.length, SEGMENTS + 1);
  });

  test('is cut out of a segment that was closed while the store could be told nothing', async () => {
    await rm(file(partFile(SEGMENTS, 0)));
    await writeFile(file(`${SEGMENTS}.m4s`), Buffer.concat([content(SEGMENTS, 0), content(SEGMENTS, 1)]));
    assert.deepEqual(await mend(), { mended: 1, lost: 0 });
    await endLastRun(publisher, storage);
    assert.deepEqual(await readFile(file(`${SEGMENTS}.m4s`)), content(SEGMENTS, 0));
    assert.deepEqual(gaps(), []);
  });
});

test('an init segment that is empty is written anew by the next run that shares it', async () => {
  const first = await openPackager();
  try {
    await first.packager.package(steadily(1), () => false);
    const init = join(first.media, initFile(first.state.init?.run ?? ''));
    const whole = await readFile(init);
    await truncate(init, 0);
    const second = await openPackager(600, first.store, first.folder);
    await second.packager.package(steadily(1), () => false);
    assert.deepEqual(await readFile(init), whole);
    await second.publisher.close();
  } finally {
    await first.publisher.close();
    await first.close();
  }
});

async function* steadily(seconds: number) {
  yield* steady(seconds);
}
