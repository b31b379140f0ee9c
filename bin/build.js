// Builds dist/: the server, the page and, with --tests, the tests. Plain Node, for it runs on every system.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync } from 'node:zlib';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** What the browser loads by itself; every other file of web/ is bundled into one of these. */
const ENTRIES = [
  ...['viewer.ts', 'embed.ts', 'sign-in.ts', 'feed-worker.ts', 'theme-early.ts'],
  ...['style.css', 'sign-in.css'],
];
const STATIC = ['index.html', 'embed.html', 'sign-in.html', 'favicon.svg'];
/** What programs import that write frames or look for events. */
const CLIENTS = 'clients';
const COMPRESSED = ['viewer.js', 'embed.js', 'feed-worker.js', 'style.css'];

/** Types are checked by `npm run typecheck` alone: that takes longer than all the rest. */
function compile(project) {
  const args = ['node_modules/typescript/bin/tsc', '-p', project, '--noCheck'];
  try {
    execFileSync(process.execPath, args, { stdio: 'inherit' });
  } catch {
    process.exit(1); // The compiler has said why.
  }
}

function buildServer() {
  rmSync('dist', { recursive: true, force: true }); // Nothing of a file that is gone or was renamed stays.
  compile('tsconfig.json');
  cpSync('src/source/assets', 'dist/source/assets', { recursive: true });
}

async function buildWeb() {
  // Only who builds needs it: an installed package brings dist/ along.
  const { build } = await import('esbuild');
  await build({
    entryPoints: ENTRIES.map((name) => `web/${name}`),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    outdir: 'dist/web',
    logLevel: 'warning',
  });
  for (const name of STATIC) cpSync(`web/${name}`, `dist/web/${name}`);
  cpSync(`web/${CLIENTS}`, `dist/web/${CLIENTS}`, { recursive: true });
  for (const name of COMPRESSED)
    writeFileSync(
      `dist/web/${name}.gz`,
      gzipSync(readFileSync(`dist/web/${name}`), { level: constants.Z_BEST_COMPRESSION }),
    );
}

function buildTests() {
  compile('tests/tsconfig.json');
  cpSync('src/source/assets', 'dist/test/src/source/assets', { recursive: true });
}

buildServer();
await buildWeb();
if (process.argv.includes('--tests')) buildTests();
