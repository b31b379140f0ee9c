import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createThumbnails, readThumbnails, tileAt } from '../../web/api/thumbnails.ts';
import fc from '../property.ts';

const date = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000).toISOString();
const micros = (seconds: number) => (1_700_000_000 + seconds) * 1e6;
const tiles = (...times: number[]) => times.map((time) => ({ time, date: date(time) }));
const list = {
  ...{ width: 160, height: 90, columns: 2, rows: 2, interval: 5 },
  sheets: [
    { uri: 'a.jpg', tiles: tiles(0, 5, 10, 15) },
    { uri: '/other/b.jpg', tiles: tiles(20) },
  ],
};
const base = 'http://host/streams/s/thumbnails.json';

describe('readThumbnails', () => {
  test('knows where each tile lies in its sheet, row by row', () => {
    const read = readThumbnails(list, base);
    assert.equal(read.interval, 5);
    assert.deepEqual(
      read.tiles.map(({ uri, left, top }) => [uri, left, top]),
      [
        ['http://host/streams/s/a.jpg', 0, 0],
        ['http://host/streams/s/a.jpg', 160, 0],
        ['http://host/streams/s/a.jpg', 0, 90],
        ['http://host/streams/s/a.jpg', 160, 90],
        ['http://host/other/b.jpg', 0, 0],
      ],
    );
  });

  test('leaves out what is malformed, and tiles that no sheet has room for', () => {
    for (const value of [null, 7, {}, { ...list, width: 0 }, { ...list, sheets: 'x' }]) {
      assert.deepEqual(readThumbnails(value, base).tiles, []);
    }
    const odd = [
      null,
      { uri: 5 },
      { uri: 'http://[', tiles: tiles(0) },
      { uri: 'c.jpg', tiles: [{}, ...tiles(1, 2, 3, 4)] },
    ];
    const read = readThumbnails({ ...list, sheets: odd }, base).tiles;
    assert.deepEqual(
      read.map(({ left, top }) => [left, top]),
      [
        [160, 0],
        [0, 90],
        [160, 90],
      ],
    );
  });
});

describe('tileAt', () => {
  const all = readThumbnails(list, base).tiles;

  test('finds the last tile at or before a date, as a walk over all would', () => {
    fc.assert(
      fc.property(fc.double({ min: -5, max: 40, noNaN: true }), (at) => {
        const expected = all.filter((tile) => tile.date <= micros(at)).at(-1);
        assert.equal(tileAt(all, micros(at)), expected);
      }),
    );
  });

  test('there is none before the first', () => {
    assert.equal(tileAt(all, micros(-0.001)), undefined);
    assert.equal(tileAt([], micros(0)), undefined);
  });
});

describe('createThumbnails', () => {
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  test('fetches when someone looks, not more often than there are new pictures, and never by itself', async () => {
    let now = 0;
    const asked: string[] = [];
    const thumbnails = createThumbnails({
      base: 'http://host/',
      now: () => now,
      fetchJson: async (url) => {
        asked.push(url);
        return list;
      },
    });
    thumbnails.wake();
    assert.deepEqual(asked, []);
    thumbnails.use('/streams/s/thumbnails.json');
    await settled();
    assert.deepEqual(asked, []);
    for (const at of [0, 100, 4900, 5000, 5100]) {
      now = at;
      thumbnails.wake();
      await settled();
    }
    assert.equal(asked.length, 2);
    assert.equal(thumbnails.at(micros(12))?.date, micros(10));
  });

  test('forgets the pictures of the stream before, and survives a refusal', async () => {
    let now = 0;
    let refusing = false;
    const thumbnails = createThumbnails({
      base: 'http://host/',
      now: () => now,
      fetchJson: async () => {
        if (refusing) throw new Error('refused');
        return list;
      },
    });
    thumbnails.use('/one');
    thumbnails.wake();
    await settled();
    refusing = true;
    now = 6000;
    thumbnails.wake();
    await settled();
    assert.equal(thumbnails.at(micros(12))?.date, micros(10));
    thumbnails.use('/two');
    assert.equal(thumbnails.at(micros(12)), undefined);
    thumbnails.use(undefined);
    thumbnails.wake();
    assert.equal(thumbnails.at(micros(12)), undefined);
  });
});
