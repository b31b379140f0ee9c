import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Content, negotiate } from '../../src/api/http/negotiation.ts';

const plain: Content = {
  type: 'video/mp4',
  cacheControl: 'max-age=9',
  bytes: Buffer.from('0123456789'),
  tag: '"a"',
  ranges: true,
};
const text: Content = {
  ...plain,
  type: 'text/plain',
  ranges: false,
  gzip: { tag: '"a-gz"', bytes: () => Buffer.from('zip') },
};

function ask(content: Content, headers: Record<string, string>, method = 'GET') {
  const { status, headers: sent, body } = negotiate({ method, headers }, content) ?? {};
  return { status, tag: sent?.ETag, range: sent?.['Content-Range'], vary: sent?.Vary, body: String(body) };
}

describe('the form in which a request gets its content', () => {
  test('is gzip for those who accept it, with a tag of its own, and says that others get another', () => {
    assert.equal(ask(text, { 'accept-encoding': 'br, gzip' }).body, 'zip');
    assert.equal(ask(text, { 'accept-encoding': 'gzip' }).tag, '"a-gz"');
    assert.equal(ask(text, { 'accept-encoding': 'gzip;q=0' }).tag, '"a"');
    assert.equal(ask(text, {}).vary, 'Accept-Encoding');
    assert.equal(ask(plain, { 'accept-encoding': 'gzip' }).vary, undefined);
  });

  test('is nothing but 304 for those who have either coding, and 412 where If-Match names neither', () => {
    for (const tag of ['"a"', '"a-gz"', 'W/"a"', '*', '"x", "a"'])
      assert.equal(ask(text, { 'if-none-match': tag }).status, 304, tag);
    assert.equal(ask(text, { 'if-none-match': '"b"' }).status, 200);
    assert.equal(negotiate({ method: 'GET', headers: { 'if-match': '"b"' } }, text), undefined);
    // The condition is looked at before the range (RFC 9110 §13.2.2).
    assert.equal(ask(plain, { 'if-none-match': '"a"', range: 'bytes=0-1' }).status, 304);
  });

  test('is a range for a GET whose If-Range still holds, and of content that has ranges', () => {
    assert.deepEqual(ask(plain, { range: 'bytes=2-4' }), {
      ...{ status: 206, tag: '"a"', range: 'bytes 2-4/10', vary: undefined },
      body: '234',
    });
    assert.equal(ask(plain, { range: 'bytes=2-4', 'if-range': '"a"' }).status, 206);
    assert.equal(ask(plain, { range: 'bytes=2-4', 'if-range': '"old"' }).body, '0123456789');
    assert.equal(ask(plain, { range: 'bytes=2-4' }, 'HEAD').status, 200);
    assert.equal(ask(text, { range: 'bytes=2-4' }).status, 200);
    assert.deepEqual(
      [ask(plain, { range: 'bytes=10-' }).status, ask(plain, { range: 'bytes=10-' }).range],
      [416, 'bytes */10'],
    );
  });
});
