import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { ROOT } from '../root.ts';

/** What the page may weigh, compressed, without video.js: its script, its style and its markup. */
const MOST = 60 * 1024;

/** Compressed size of what an entry of `web/` is built to, with video.js left out. */
async function weigh(...entryPoints: string[]): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: entryPoints.map((entry) => `${ROOT}/web/${entry}`),
    outdir: 'nowhere',
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['video.js', 'video.js/*'],
  });
  return outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
}

describe('the page', () => {
  test('weighs at most 60 KiB compressed beside video.js', async () => {
    const markup = gzipSync(await readFile(`${ROOT}/web/index.html`)).length;
    const weight = markup + (await weigh('viewer.ts', 'theme-early.ts', 'style.css'));
    assert.ok(weight > 10_000 && weight <= MOST, `${weight} bytes`);
  });

  test('knows video.js alone among packages', async () => {
    const { metafile } = await build({
      entryPoints: [`${ROOT}/web/viewer.ts`, `${ROOT}/web/embed.ts`],
      outdir: 'nowhere',
      write: false,
      bundle: true,
      metafile: true,
      external: ['video.js', 'video.js/*'],
    });
    const others = Object.keys(metafile.inputs).filter((path) => path.includes('node_modules'));
    assert.deepEqual(others, []);
  });
});
