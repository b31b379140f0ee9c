import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openModuleInput } from '../../src/source/module-input.ts';
import { ROOT } from '../root.ts';
import { take } from './source-contract.ts';

/** Time that only sleep and the module itself, as `globalThis.passes`, move on. */
let now = 0;
const clock = {
  now: () => now,
  sleep: async (time: number) => {
    now += time;
  },
};
Object.assign(globalThis, {
  passes: (time: number) => {
    now += time;
  },
});

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hlsstream-pace-'));
});
after(() => rm(folder, { recursive: true }));

let count = 0;
const said: string[] = [];

/** The frames of a module whose loop body is this; `tick` counts, `data` is an array of its own. */
async function framesOf(body: string, frames: number) {
  count += 1;
  const path = join(folder, `${count}.mjs`);
  await writeFile(
    path,
    `export default async function* ({ width, height }) {
      const data = new Uint8Array(width * height * 4);
      for (let tick = 0; ; tick += 1) { ${body} }
    }`,
  );
  now = 0;
  said.length = 0;
  const warn = (_: object, message: string) => said.push(message);
  const source = await openModuleInput({
    ...{ width: 16, height: 16, frameRate: 25, path, clock },
    log: { info: () => {}, warn },
    wallClock: () => 1_790_000_000_000_000 + now,
  });
  return take(source, frames);
}

describe('the pace of a module', () => {
  test('one that yields all at once is held back to its own PTS, and that is said once', async () => {
    const frames = await framesOf('yield { pts: tick * 40_000, data };', 251);
    assert.equal(frames.at(-1)?.pts, 10_000_000);
    assert.ok(Math.abs(now - 10_000_000) <= 250_000, `10 s of media took ${now / 1e6} s`);
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /yields faster than its pts/);
    for (const { pts, capturedAt, discontinuity } of frames) {
      assert.ok(Math.abs(capturedAt - 1_790_000_000_000_000 - pts) <= 300_000);
      assert.equal(discontinuity, undefined);
    }
  });

  test('one that paces itself is never made to wait, also after a first frame that was late', async () => {
    await framesOf('passes(tick === 0 ? 200_000 : 40_000); yield { pts: tick * 40_000, data };', 100);
    assert.equal(now, 200_000 + 99 * 40_000);
    assert.deepEqual(said, []);
  });

  test('one that leaps ahead by hours goes on at once after a discontinuity', async () => {
    const frames = await framesOf(
      'passes(40_000); yield { pts: tick * 40_000 + (tick < 5 ? 0 : 36e8), data };',
      10,
    );
    assert.equal(now, 400_000);
    assert.deepEqual(
      frames.flatMap(({ discontinuity }, index) => (discontinuity ? index : [])),
      [5],
    );
    assert.match(said[0] ?? '', /leapt ahead by 3600\.\d+ s/);
  });

  test('the same array may be used for every frame', async () => {
    const frames = await framesOf('data.fill(tick); yield { pts: tick * 40_000, data };', 4);
    assert.deepEqual(
      frames.map(({ data }) => [...new Set(data)]),
      [[0], [1], [2], [3]],
    );
  });
});

describe('a module that gives no frames', () => {
  const opened = async (text: string) => {
    count += 1;
    const path = join(folder, `${count}.mjs`);
    await writeFile(path, text);
    return take(await openModuleInput({ width: 16, height: 16, frameRate: 25, path }), 1);
  };

  test('is told what it did instead', async () => {
    const code = 'MODULE_INVALID';
    const promise = 'export default async function ({}) { return []; }';
    await assert.rejects(opened(promise), { code, message: /returned a promise.*async function\*/ });
    await assert.rejects(opened('export default () => {}'), {
      code,
      message: /returned nothing.*async function\*/,
    });
    const empty = 'export default async function* () {}';
    await assert.rejects(opened(empty), { code, message: /ended without a single frame/ });
    const thrown = 'export default async function* () { throw "rain"; }';
    await assert.rejects(opened(thrown), { code: 'SOURCE_FAILED', message: /failed: rain$/ });
  });

  test('in TypeScript on a Node that does not run it says what to do', async (t) => {
    const path = join(folder, 'typed.ts');
    await writeFile(path, 'export default async function* (request: object) {}');
    const { execFileSync } = await import('node:child_process');
    // Without the loader that these tests run with.
    const asked = `import(${JSON.stringify(path)}).catch((e) => import(${JSON.stringify(pathToFileURL(join(ROOT, 'dist/test/src/errors.js')).href)}).then(({ importFailure }) => console.log(importFailure(e))))`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', asked], {
      env: { ...process.env, NODE_OPTIONS: '' },
    }).toString();
    if (out === '') return t.diagnostic('this Node runs TypeScript');
    assert.match(out, /does not run TypeScript; use Node 22\.18 or later, or compile it/);
  });
});
