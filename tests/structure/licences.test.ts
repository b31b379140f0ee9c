import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT } from '../root.ts';

interface Locked {
  readonly license?: string;
  readonly dev?: boolean;
}

/** Licences under which a package may be used here, by itself and beside ours. */
const GOOD = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  '0BSD',
  'MIT OR Apache-2.0',
]);
/** For tests only, and unchanged: that of a package that is not passed on. */
const GOOD_IN_TESTS = new Set([...GOOD, 'MPL-2.0', 'CC0-1.0', 'CC-BY-4.0', 'Python-2.0']);
/** Packages that say it in a field that lock files do not copy. */
const SAID_ELSEWHERE: Readonly<Record<string, string>> = { 'dom-walk': 'MIT' };

describe('licences of dependencies', () => {
  test('are all of those that may be used, and those of an installation are listed', async () => {
    const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, Locked>;
    };
    const listed = new Map<string, string>();
    for (const [path, { license, dev }] of Object.entries(lock.packages)) {
      if (path === '') continue;
      const name = path.replace(/^.*node_modules\//, '');
      const licence = license ?? SAID_ELSEWHERE[name] ?? 'unknown';
      assert.ok((dev === true ? GOOD_IN_TESTS : GOOD).has(licence), `${name}: ${licence}`);
      if (dev !== true) listed.set(name, licence);
    }
    const lines = [...listed]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, licence]) => `| ${name} | ${licence} |`);
    const document = await readFile(join(ROOT, '.github/LICENCES.md'), 'utf8');
    assert.deepEqual(
      document
        .split('\n')
        .filter((line) => /^\| [^-]/.test(line))
        .slice(1),
      lines,
    );
  });
});
