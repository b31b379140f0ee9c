import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, gunzipSync } from 'node:zlib';
import { GZIP_HEAD, gzipPart, storedPart } from '../../src/api/http/shared-gzip.ts';

test('any order of parts behind one head is a gzip stream', () => {
  const long = Array.from({ length: 30_000 }, (_, index) => `frame ${index} ü\n`).join('');
  const texts = ['retry: 1000\n\n', long, 'x'.repeat(0xffff), '', long.slice(0, 100_000), ':\n\n'];
  const shared = texts.map(gzipPart);
  for (const turn of [0, 1]) {
    const parts = texts.map((text, at) => (at % 2 === turn ? storedPart(text) : (shared[at] as Buffer)));
    const stream = Buffer.concat([GZIP_HEAD, ...parts]);
    assert.equal(gunzipSync(stream, { finishFlush: constants.Z_SYNC_FLUSH }).toString(), texts.join(''));
  }
  assert.ok((shared[1] as Buffer).length < long.length / 4);
});
