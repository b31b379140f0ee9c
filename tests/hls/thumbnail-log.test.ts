import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderStoryboard, thumbnailsToJson } from '../../src/hls/thumbnail-list.ts';
import {
  applyThumbnailEntry,
  emptyThumbnailState,
  type ThumbnailEntry,
  type ThumbnailLayoutEntry,
} from '../../src/hls/thumbnail-log.ts';

const layout: ThumbnailLayoutEntry = {
  type: 'layout',
  width: 160,
  height: 90,
  columns: 2,
  rows: 2,
  interval: 2_000_000,
};
const DAY = Date.UTC(2026, 4, 1, 12) * 1000;
const owner = { name: 'cam', epoch: 'e1' };

function tile(sheet: number, index: number, pts: number): ThumbnailEntry {
  return { type: 'tile', sheet, index, pts, date: DAY + pts };
}

function fold(...entries: ThumbnailEntry[]) {
  const state = emptyThumbnailState();
  for (const entry of entries) applyThumbnailEntry(state, entry);
  return state;
}

const tiles = [0, 1, 2, 3, 4].map((count) => tile(Math.floor(count / 4), count % 4, count * 2e6 + 123));

describe('applyThumbnailEntry', () => {
  test('gathers tiles on their sheets', () => {
    const { sheets } = fold(layout, ...tiles);
    assert.deepEqual(
      sheets.map((sheet) => [sheet.number, sheet.tiles.map(({ pts }) => pts)]),
      [
        [0, [123, 2_000_123, 4_000_123, 6_000_123]],
        [1, [8_000_123]],
      ],
    );
  });

  test('takes what is told again, in whatever order, for what it is', () => {
    const once = fold(layout, ...tiles);
    const again = fold(layout, ...tiles, layout, ...tiles);
    assert.deepEqual(again, once);
  });

  test('drops sheets that left the window, and keeps what is told of later ones', () => {
    const state = fold(layout, ...tiles, { type: 'removed', before: 1 }, tile(0, 0, 0), tile(1, 1, 10e6));
    assert.deepEqual(
      state.sheets.map((sheet) => [sheet.number, sheet.tiles.length]),
      [[1, 2]],
    );
  });

  test('begins anew with another layout, and is empty when thumbnails are off', () => {
    assert.deepEqual(fold(layout, ...tiles, { ...layout, height: 64 }).sheets, []);
    const off = fold(layout, ...tiles, { type: 'off' });
    assert.deepEqual([off.layout, off.sheets], [undefined, []]);
  });

  test('shows no sheet of which the first tiles are missing', () => {
    assert.deepEqual(fold(layout, tile(3, 2, 5e6), tile(3, 3, 7e6)).sheets, []);
  });
});

describe('thumbnailsToJson', () => {
  test('tells sheets and the times of their tiles', () => {
    assert.deepEqual(thumbnailsToJson(fold(layout, ...tiles.slice(3)), owner)?.sheets, [
      { uri: '/video/cam/e1/thumbs-1-1.jpg', tiles: [{ time: 8.000123, date: '2026-05-01T12:00:08.000Z' }] },
    ]);
    assert.equal(thumbnailsToJson(emptyThumbnailState(), owner), undefined);
  });
});

describe('renderStoryboard', () => {
  test('says where each tile lies and when it holds, and leaves gaps open', () => {
    const state = fold(
      layout,
      tile(0, 0, 3_599_000_000),
      tile(0, 1, 3_601_000_400),
      tile(0, 2, 3_700_000_000),
    );
    assert.equal(
      renderStoryboard(state, owner),
      `WEBVTT

NOTE Cue times are the PTS of the stream; 00:59:59.000 is 2026-05-01T12:59:59.000Z, and dates follow PTS

00:59:59.000 --> 01:00:01.000
/video/cam/e1/thumbs-0-3.jpg#xywh=0,0,160,90

01:00:01.000 --> 01:00:05.000
/video/cam/e1/thumbs-0-3.jpg#xywh=160,0,160,90

01:01:40.000 --> 01:01:42.000
/video/cam/e1/thumbs-0-3.jpg#xywh=0,90,160,90
`,
    );
  });
});
