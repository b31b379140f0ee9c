import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { type SettingName, settings } from '../../src/config/config.ts';
import { errorCodes } from '../../src/errors.ts';
import { ROOT } from '../root.ts';
import { settingsPage } from './settings-page.ts';

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

  test('settings.md says what the table of settings says', () => {
    const written = readFileSync(join(ROOT, '.github/docs/settings.md'), 'utf8');
    assert.equal(written, settingsPage(), 'npm run settings writes it anew');
  });

  test('name only settings, error codes and files that there are', () => {
    const folder = join(ROOT, '.github/docs');
    const documents = ['README.md', ...readdirSync(folder).map((name) => `.github/docs/${name}`)];
    const flags = new Set((Object.keys(settings) as SettingName[]).map((name) => settings[name].flag));
    for (const document of documents) {
      const text = readFileSync(join(ROOT, document), 'utf8');
      const unknown = [...text.matchAll(/(?<![\w-])--([a-z][a-z-]+)/g)]
        .map(([, flag = '']) => flag)
        .filter((flag) => !flags.has(flag) && !OTHER_FLAGS.has(flag));
      assert.deepEqual(unknown, [], `flags in ${document}`);
      const codes = [...text.matchAll(/`([A-Z]+_[A-Z_]+)`/g)].map(([, code = '']) => code);
      assert.deepEqual(
        codes.filter(
          (code) => !(errorCodes as readonly string[]).includes(code) && !/^HLSSTREAM_/.test(code),
        ),
        [],
        `codes in ${document}`,
      );
      const links = [...text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
      assert.deepEqual(
        links.filter((link) => !existsSync(join(ROOT, dirname(document), link))),
        [],
        `links in ${document}`,
      );
    }
  });
});

/** Flags of commands, and of other programs. */
const OTHER_FLAGS: ReadonlySet<string> = new Set(['help', 'class', 'for', 'test', 'rm']);
