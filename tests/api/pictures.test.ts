import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import {
  sheetFile,
  type ThumbnailEntry,
  thumbnailFolder,
  thumbnailLogName,
} from '../../src/hls/thumbnail-log.ts';
import { fixture, until } from './fixture.ts';
import { assertError } from './http.ts';

const COLOURS = ['#c00000', '#00c000', '#0000c0'];

/** Mean colour of the middle of a JPEG. */
async function colourOf(jpeg: Uint8Array): Promise<{ size: number[]; strongest: number }> {
  const image = await loadImage(Buffer.from(jpeg));
  const canvas = createCanvas(image.width, image.height);
  canvas.getContext('2d').drawImage(image, 0, 0);
  const [red = 0, green = 0, blue = 0] = canvas
    .getContext('2d')
    .getImageData(image.width / 2, image.height / 2, 1, 1).data;
  const all = [red, green, blue];
  return { size: [image.width, image.height], strongest: all.indexOf(Math.max(...all)) };
}

test('one picture by itself is the first at or after a time, and is waited for', async (t) => {
  const { get, store, storage, port } = await fixture(t, { segments: 1 });
  assertError(await get('/streams/cam/picture.jpg'), 404, 'NOT_FOUND');
  assertError(await get('/streams/cam/picture.jpg?time=soon'), 400, 'BAD_PARAMETER');
  const write = async (count: number) => {
    const canvas = createCanvas(64, 72);
    for (const [at, colour] of COLOURS.slice(0, count).entries()) {
      canvas.getContext('2d').fillStyle = colour;
      canvas.getContext('2d').fillRect((at % 2) * 32, Math.floor(at / 2) * 36, 32, 36);
    }
    const path = `${thumbnailFolder('cam', 'e1')}/${sheetFile(0, count)}`;
    await storage.write(path, [await canvas.encode('jpeg', 95)]);
    const pts = count * 1_000_000;
    const layout = {
      type: 'layout',
      width: 32,
      height: 36,
      columns: 2,
      rows: 2,
      interval: 1_000_000,
    } as const;
    const tile: ThumbnailEntry = {
      ...{ type: 'tile', sheet: 0, index: count - 1, pts, date: pts },
      ...(count === 1 && { layout }),
    };
    await store.append(thumbnailLogName('cam', 'e1'), tile);
  };
  await write(1);
  await write(2);
  await until(async () => (await get('/streams/cam/thumbnails.json')).json?.sheets?.[0]?.tiles.length === 2);
  const picture = async (query: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/streams/cam/picture.jpg${query}`);
    assert.equal(response.status, 200, query);
    assert.equal(response.headers.get('content-type'), 'image/jpeg');
    const cache = response.headers.get('cache-control');
    return { ...(await colourOf(new Uint8Array(await response.arrayBuffer()))), cache };
  };
  assert.deepEqual(await picture('?time=0.5'), { size: [32, 36], strongest: 0, cache: 'max-age=86400' });
  assert.deepEqual(await picture('?time=1'), { size: [32, 36], strongest: 0, cache: 'max-age=86400' });
  assert.deepEqual(await picture('?time=1.000001'), { size: [32, 36], strongest: 1, cache: 'max-age=86400' });
  assert.deepEqual(await picture(''), { size: [32, 36], strongest: 1, cache: 'max-age=1' });
  const waiting = picture('?time=2.5');
  await write(3);
  assert.deepEqual(await waiting, { size: [32, 36], strongest: 2, cache: 'max-age=86400' });
  assertError(await get('/streams/cam/picture.jpg?time=1000000'), 404, 'NOT_FOUND');
});
