import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT } from '../root.ts';

describe('the documents', () => {
  for (const document of ['ARCHITECTURE.md', 'CONTRIBUTING.md']) {
    test(`${document} names only what is there`, () => {
      const text = readFileSync(join(ROOT, '.github', document), 'utf8');
      const named = [...text.matchAll(/`((?:src|web|tests|bin)\/[\w./-]*)`/g)].map(([, path = '']) => path);
      assert.ok(named.length > 10, `${named.length}`);
      assert.deepEqual(
        named.filter((path) => !existsSync(join(ROOT, path))),
        [],
      );
    });
  }
});
