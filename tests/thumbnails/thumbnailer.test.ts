import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import type { HlsStreamError } from '../../src/errors.ts';
import { emptyMediaState } from '../../src/hls/playlist-log.ts';
import { Publisher } from '../../src/packager/publisher.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { openThumbnails } from '../../src/thumbnails/open.ts';
import { readThumbnails } from '../../src/thumbnails/thumbnail-publisher.ts';
import { unexpected } from '../unexpected.ts';
import { grey, Shelf, stream } from './shelf.ts';

async function open(store = new MemoryStore(), shelf = new Shelf(), thumbnailInterval = 2) {
  const publisher = new Publisher(store, emptyMediaState(stream), unexpected);
  await publisher.announce();
  const failures: unknown[] = [];
  const thumbnailer = await openThumbnails(
    { thumbnailInterval, thumbnailHeight: 90 },
    { width: 320, height: 180 },
    { store, storage: shelf, publisher, failed: (error) => failures.push(error) },
  );
  const show = async (seconds: number, level = 128) => {
    const pts = Math.round(seconds * 1e6);
    thumbnailer?.take({ pts, date: pts, frame: grey(level) });
    await thumbnailer?.close();
  };
  return {
    store,
    shelf,
    publisher,
    thumbnailer,
    failures,
    show,
    folded: () => readThumbnails(store, stream),
  };
}

async function levels(jpeg: Buffer | undefined, count: number): Promise<number[]> {
  const image = await loadImage(jpeg as Buffer);
  const context = createCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  return Array.from({ length: count }, (_, index) => {
    const [red = 0] = context.getImageData(
      (index % 5) * 160 + 80,
      Math.floor(index / 5) * 90 + 45,
      1,
      1,
    ).data;
    return red;
  });
}

test('the first frame at or after each multiple of the interval becomes a tile', async () => {
  const { show, shelf, folded } = await open();
  for (let tick = 0; tick < 125; tick += 1) await show(tick / 10 + 0.03, tick * 2);
  const { sheets } = await folded();
  const times = [0.03, 2.03, 4.03, 6.03, 8.03, 10.03, 12.03];
  assert.deepEqual(
    sheets.map((sheet) => sheet.tiles.map(({ pts }) => pts / 1e6)),
    [times],
  );
  const seen = await levels(shelf.objects.get('cam/e1/thumbs-0-7.jpg'), 7);
  seen.forEach((level, index) => {
    assert.ok(Math.abs(level - index * 40) <= 6, `tile ${index} is ${level}`);
  });
});

test('a full sheet is followed by another', async () => {
  const { show, shelf, folded } = await open();
  for (let tick = 0; tick < 27; tick += 1) await show(tick * 2);
  assert.deepEqual(
    (await folded()).sheets.map(({ number, tiles }) => [number, tiles.length]),
    [
      [0, 25],
      [1, 2],
    ],
  );
  assert.ok(shelf.objects.has('cam/e1/thumbs-0-25.jpg') && shelf.objects.has('cam/e1/thumbs-1-2.jpg'));
});

test('a process that comes after another goes on with a sheet of its own', async () => {
  const first = await open();
  for (const seconds of [0, 2, 4]) await first.show(seconds);
  const second = await open(first.store, first.shelf);
  await second.show(6);
  assert.deepEqual(
    (await second.folded()).sheets.map(({ number, tiles }) => [number, tiles.length]),
    [
      [0, 3],
      [1, 1],
    ],
  );
});

test('a sheet that cannot be written is told, and the next tile takes its place', async () => {
  const { show, shelf, failures, thumbnailer, folded } = await open();
  await show(0);
  shelf.broken = true;
  await show(2);
  shelf.broken = false;
  await show(4);
  assert.equal((failures[0] as HlsStreamError).code, 'STORAGE_FAILED');
  assert.deepEqual(thumbnailer?.counts, { made: 2, skipped: 1 });
  assert.deepEqual(
    (await folded()).sheets.map(({ tiles }) => tiles.map(({ pts }) => pts)),
    [[0, 4e6]],
  );
});

test('with an interval of 0 there are none, and those of before are told no more', async () => {
  const { store, show } = await open();
  await show(0);
  const off = await open(store, new Shelf(), 0);
  assert.equal(off.thumbnailer, undefined);
  assert.equal((await off.folded()).layout, undefined);
});
