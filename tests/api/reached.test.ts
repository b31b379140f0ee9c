import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { reachedBy } from '../../src/api/access/reached.ts';

describe('reachedBy', () => {
  test('tells streams by the place of their name, whatever lies below', () => {
    for (const path of [
      ...['/video/yard.m3u8', '/video/yard.m3u8?start=1', '/video/yard', '/video/yard/e1/main/7.m4s'],
      ...['/clips/yard.mp4?from=1&to=2', '/streams/yard', '/streams/yard/', '/streams/yard/markers/m:1'],
      ...['/streams/%79ard/markers', '/embed?stream=yard', '/embed/?stream=yard&t=1', '/?t=1&stream=yard'],
    ])
      assert.deepEqual(reachedBy(path), { stream: 'yard' }, path);
  });

  test('tells what is the default stream’s, what is for all of them, and what is no stream’s', () => {
    for (const path of ['/markers', '/markers/m1', '/markers/events?class=a', '/objects', '/objects/events'])
      assert.equal(reachedBy(path), 'default stream', path);
    assert.equal(reachedBy('/metrics'), 'all streams');
    for (const path of [
      '/',
      '/?t=5',
      '/embed',
      '/streams',
      '/streams/',
      '/viewer.js',
      '/clients/hlsstream.py',
    ])
      assert.equal(reachedBy(path), 'page', path);
  });

  test('takes for nothing what names no stream, and what somebody else might read as another', () => {
    for (const path of [
      ...[
        '/video/',
        '/video/y%C3%A4rd.m3u8',
        `/video/${'a'.repeat(65)}.m3u8`,
        '/video/yard;a.m3u8',
        '/clips',
      ],
      ...['/streams/a b/markers', '/embed?stream=', '/embed?stream=yard,door', '/?stream=../door'],
      ...['/video//door/e1/main/7.m4s', '//video/door.m3u8', '/video/./door.m3u8', '/x/../video/door.m3u8'],
      ...[
        '/video/yard%2f..%2fdoor/e1/main/7.m4s',
        '/video/yard/%2e%2e/door/7.m4s',
        '/video/yard/%252e%252e/door/7',
      ],
      ...[
        '/video\\door.m3u8',
        '/video/%5cdoor/7.m4s',
        '/video%2fdoor/7.m4s',
        '/video/yard/%00',
        '/video/%zz/7',
      ],
      ...['/Video/door.m3u8', '/VIDEO/door/7.m4s', '/nothing/of/ours', 'video/yard.m3u8', ''],
    ])
      assert.equal(reachedBy(path), 'nothing', path);
  });
});
