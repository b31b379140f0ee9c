// Builds dist/: the server, the page and, with --tests, the tests. Plain Node, for it runs on every system.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** The program, and what other programs import; what both need stands in files they share, which load sooner than many. */
const SERVER_ENTRIES = ['src/main.ts', 'src/index.ts'];
/** Packages that are bundled with it: of their many files few are needed, and every process would load them all. */
const BUNDLED = ['zod'];
/** What the browser loads by itself; every other file of web/ is bundled into one of these. */
const WEB_ENTRIES = [
  ...['viewer.ts', 'embed.ts', 'sign-in.ts', 'feed-worker.ts', 'theme-early.ts'],
  ...['style.css', 'sign-in.css'],
];
const STATIC = ['index.html', 'embed.html', 'sign-in.html', 'favicon.svg'];
/** What programs import that write frames or look for events. */
const CLIENTS = 'clients';
const COMPRESSED = ['viewer.js', 'embed.js', 'feed-worker.js', 'style.css'];

/** Types are checked by `npm run typecheck` alone: that takes longer than all the rest. */
function compile(project, ...options) {
  const args = ['node_modules/typescript/bin/tsc', '-p', project, '--noCheck', ...options];
  try {
    execFileSync(process.execPath, args, { stdio: 'inherit' });
  } catch {
    process.exit(1); // The compiler has said why.
  }
}

async function buildServer() {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  compile('tsconfig.json', '--emitDeclarationOnly');
  await build({
    entryPoints: SERVER_ENTRIES,
    bundle: true,
    splitting: true,
    external: Object.keys(dependencies).filter((name) => !BUNDLED.includes(name)),
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    sourcemap: true,
    outdir: 'dist',
    chunkNames: 'shared/[name]-[hash]',
    logLevel: 'warning',
  });
  cpSync('src/source/assets', 'dist/assets', { recursive: true });
}

async function buildWeb() {
  await build({
    entryPoints: WEB_ENTRIES.map((name) => `web/${name}`),
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

rmSync('dist', { recursive: true, force: true }); // Nothing of a file that is gone or was renamed stays.
await buildServer();
await buildWeb();
if (process.argv.includes('--tests')) compile('tests/tsconfig.json');
