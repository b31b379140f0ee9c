import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PublicPath } from '../../src/api/http/public-path.ts';
import { PlainRequests } from '../../src/api/server/plain-request.ts';

const read = (text: string) => new PlainRequests(2048, new PublicPath()).read(Buffer.from(text, 'latin1'));
const line = 'GET /video/cam.m3u8?_HLS_msn=1 HTTP/1.1\r\n';

describe('a plain request', () => {
  test('is a whole GET below /video/ with its headers', () => {
    const request = read(`${line}Host: here:5000\r\nAccept-Encoding:gzip, br \r\nX-Empty:\r\n\r\n`);
    assert.equal(request?.url, '/video/cam.m3u8?_HLS_msn=1');
    assert.deepEqual(
      { ...request?.headers },
      { host: 'here:5000', 'accept-encoding': 'gzip, br', 'x-empty': '' },
    );
  });

  test('may say that the connection is to be kept, which it is anyway', () => {
    assert.ok(read(`${line}Host: a\r\nConnection: Keep-Alive\r\n\r\n`));
  });

  for (const [what, text] of [
    ['half of one', `${line}Host: a\r\n`],
    ['one and a half', `${line}Host: a\r\n\r\n${line}`],
    ['one with a body to come', `${line}Host: a\r\nContent-Length: 0\r\n\r\n`],
    ['one in chunks', `${line}Host: a\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ['one that names no host', `${line}Accept: */*\r\n\r\n`],
    ['one that names two', `${line}Host: a\r\nHost: b\r\n\r\n`],
    ['one that names none', `${line}Host: a b\r\n\r\n`],
    ['one that ends its connection', `${line}Host: a\r\nConnection: close\r\n\r\n`],
    ['one that ends it by another name', `${line}Host: a\r\nProxy-Connection: close\r\n\r\n`],
    ['one that wants another protocol', `${line}Host: a\r\nUpgrade: h2c\r\n\r\n`],
    ['one that expects something', `${line}Host: a\r\nExpect: 100-continue\r\n\r\n`],
    ['a folded field', `${line}Host: a\r\nX: 1\r\n 2\r\n\r\n`],
    ['a space before the colon', `${line}Host: a\r\nContent-Length : 5\r\n\r\n`],
    ['a bare line feed', `${line}Host: a\r\nX: 1\nContent-Length: 5\r\n\r\n`],
    ['a null', `${line}Host: a\r\nX: \0\r\n\r\n`],
    ['another method', 'HEAD /video/cam.m3u8 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['another version', 'GET /video/cam.m3u8 HTTP/1.0\r\nHost: a\r\n\r\n'],
    ['another place', 'GET /markers HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a URL with a space', 'GET /video/a b HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a very long one', `${line}Host: a\r\nX: ${'x'.repeat(2048)}\r\n\r\n`],
  ] as const) {
    test(`is not ${what}`, () => assert.equal(read(text), undefined));
  }
});
