import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { serverUrl } from '../../web/api/server-url.ts';
import { readStreamInfo } from '../../web/api/stream-info.ts';
import { readThumbnails } from '../../web/api/thumbnails.ts';

describe('serverUrl', () => {
  for (const [what, path, prefix, base, expected] of [
    ['at the root', '/video/yard.m3u8', '', 'http://h/?stream=yard', 'http://h/video/yard.m3u8'],
    ['of the embedded page', '/video/yard.m3u8', '', 'http://h/embed?t=1#x', 'http://h/video/yard.m3u8'],
    [
      'below a prefix that the server does not know',
      '/streams',
      '',
      'http://h/cams/',
      'http://h/cams/streams',
    ],
    ['below one that it knows', '/cams/streams', '/cams', 'http://h/cams/embed', 'http://h/cams/streams'],
    ['below two', '/a/b/clips/c.mp4', '/a/b', 'http://h/a/b/?t=3', 'http://h/a/b/clips/c.mp4'],
    [
      'below one that is called as a path of ours',
      '/video/c.m3u8',
      '',
      'http://h/video/',
      'http://h/video/video/c.m3u8',
    ],
    [
      'below such a one that it knows',
      '/video/video/c.m3u8',
      '/video',
      'http://h/video/',
      'http://h/video/video/c.m3u8',
    ],
    [
      'where another prefix is seen than the server was told',
      '/in/streams',
      '/in',
      'http://h/out/',
      'http://h/out/streams',
    ],
    [
      'on another host',
      'https://cdn.example/video/c.m3u8',
      '',
      'http://h/cams/',
      'https://cdn.example/video/c.m3u8',
    ],
  ] as const) {
    test(what, () => assert.equal(serverUrl(path, prefix, base), expected));
  }
});

test('all that an entry of GET /streams names is reached below the prefix', () => {
  const entry = {
    ...{ name: 'yard', playlist: '/cams/video/yard.m3u8', thumbnails: '/cams/streams/yard/thumbnails.json' },
    ...{ clips: '/cams/clips/yard.mp4', prefix: '/cams' },
  };
  const info = readStreamInfo(entry, 'https://h/cams/?stream=yard');
  assert.equal(info?.playlist, 'https://h/cams/video/yard.m3u8');
  assert.equal(info?.thumbnails, 'https://h/cams/streams/yard/thumbnails.json');
  assert.equal(info?.clips, 'https://h/cams/clips/yard.mp4');
  const { thumbnails, clips } = readStreamInfo({ name: 'a', playlist: '/a' }, 'http://h/') ?? {};
  assert.deepEqual([thumbnails, clips], [undefined, undefined]);
});

test('sheets of thumbnails, too', () => {
  const tiles = [{ time: 0, date: '2026-01-01T00:00:00Z' }];
  const list = {
    ...{ width: 160, height: 90, columns: 1, rows: 1, interval: 5 },
    sheets: [{ uri: '/cams/video/yard/e1/thumbs-0-1.jpg', tiles }],
  };
  const read = readThumbnails(list, 'http://h/out/streams/yard/thumbnails.json', (path) =>
    serverUrl(path, '/cams', 'http://h/out/'),
  );
  assert.equal(read.tiles[0]?.uri, 'http://h/out/video/yard/e1/thumbs-0-1.jpg');
});
