import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openModuleInput } from '../../src/source/module-input.ts';
import { ROOT } from '../root.ts';
import { sourceContract, take } from './source-contract.ts';

const shape = { width: 16, height: 16, frameRate: 25 };
const grey = join(ROOT, 'tests/source/fixtures/grey-source.js');

sourceContract('module', (signal) => openModuleInput({ ...shape, path: grey, signal }));

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hlsstream-module-'));
});
after(() => rm(folder, { recursive: true }));

let count = 0;
/** Opens a module with this text. */
async function opened(text: string, signal?: AbortSignal) {
  const path = join(folder, `${count++}.mjs`);
  await writeFile(path, text);
  return openModuleInput({ ...shape, path, signal });
}

describe('openModuleInput', () => {
  test('a module that is missing, broken or exports no function is MODULE_INVALID', async () => {
    await assert.rejects(openModuleInput({ ...shape, path: join(folder, 'none.js') }), {
      code: 'MODULE_INVALID',
    });
    await assert.rejects(opened('export default ('), { code: 'MODULE_INVALID' });
    await assert.rejects(opened('export default 5'), {
      code: 'MODULE_INVALID',
      message: /default export is not a function/,
    });
    const source = await opened('export default () => 5');
    await assert.rejects(take(source, 1), { code: 'MODULE_INVALID', message: /returned no async iterable/ });
  });

  test('a frame that is none is MODULE_INVALID and says what is wrong with it', async () => {
    const cases: [string, RegExp][] = [
      ['5', /yielded 5 instead of a frame/],
      ['{ pts: 0 }', /is no Uint8Array/],
      ['{ pts: 0, data: new Uint8Array(9) }', /has 9 bytes instead of 1024/],
      ['{ pts: 0.5, data: new Uint8Array(1024) }', /pts is 0.5; it must be a whole number/],
      ['{ data: new Uint8Array(1024) }', /pts is undefined/],
      ['{ pts: 0, width: 8, data: new Uint8Array(1024) }', /is 8x16 instead of 16x16/],
      ['{ pts: 0, capturedAt: "now", data: new Uint8Array(1024) }', /capturedAt is now/],
    ];
    for (const [frame, message] of cases) {
      await assert.rejects(take(await opened(`export default async function* () { yield ${frame}; }`), 1), {
        code: 'MODULE_INVALID',
        message,
      });
    }
  });

  test('times must increase, but for a break that is marked', async () => {
    const frames = (...list: string[]) =>
      opened(
        `export default async function* () { const data = new Uint8Array(1024); ${list.map((f) => `yield { data, ${f} };`).join('')} }`,
      );
    await assert.rejects(take(await frames('pts: 5', 'pts: 5'), 9), { message: /pts is 5, not after 5/ });
    const seen = await take(await frames('pts: 5', 'pts: 1, discontinuity: true', 'pts: 2'), 9);
    assert.deepEqual(
      seen.map(({ pts, discontinuity = false }) => [pts, discontinuity]),
      [
        [5, false],
        [1, true],
        [2, false],
      ],
    );
  });

  test('what the module throws is SOURCE_FAILED with its message', async () => {
    const source = await opened('export default async function* () { throw new Error("lens cap on"); }');
    await assert.rejects(take(source, 1), { code: 'SOURCE_FAILED', message: /lens cap on/ });
  });

  test('the module learns of the end by its signal and by its finally', async () => {
    const source = await opened(`
      export default async function* ({ signal }) {
        signal.addEventListener('abort', () => globalThis.ends.push('signal'));
        try { for (let pts = 0; ; pts++) yield { pts, data: new Uint8Array(1024) }; }
        finally { globalThis.ends.push('finally'); }
      }`);
    const ends: string[] = [];
    Object.assign(globalThis, { ends });
    await take(source, 3);
    assert.deepEqual(ends.sort(), ['finally', 'signal']);
  });

  test('a module that hangs does not hold up the end', async () => {
    const stop = new AbortController();
    const source = await opened(
      'export default async function* () { await new Promise(() => {}); }',
      stop.signal,
    );
    const taken = take(source, 1);
    setImmediate(() => stop.abort());
    assert.deepEqual(await taken, []);
  });
});
