import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { afterEach, test } from 'node:test';
import { makeSocketFolder } from '../src/local-socket.ts';

const before = process.env.TMPDIR;
afterEach(() => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
});

test('where nothing temporary can be written, that is said in a sentence with what to do', () => {
  rmSync(makeSocketFolder(), { recursive: true });
  process.env.TMPDIR = '/nowhere/at/all';
  assert.throws(makeSocketFolder, {
    code: 'TMP_NOT_WRITABLE',
    message: /in \/nowhere\/at\/all .*set TMPDIR/,
  });
});
