import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../root.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

test('boxes in a clip have the colours that the page has for events, in its order', () => {
  const style = [...read('web/styles/page.css').matchAll(/--event-(\d+): (#[0-9a-f]{6});/g)];
  const page = style
    .toSorted(([, one], [, other]) => Number(one) - Number(other))
    .map(([, , colour]) => colour);
  const [, list = ''] = /const COLOURS = \[([^;]+)\];/.exec(read('src/objects/burn-in.ts')) ?? [];
  assert.equal(page.length, 12);
  assert.deepEqual(list.match(/#[0-9a-f]{6}/g), page);
});
