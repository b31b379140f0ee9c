// `npm run test:nodes [-- 22 24 …]`: the whole suite on other versions of Node, one after the other. Each comes from the
// npm registry, into a folder of its own that goes again. By hand: a suite takes as long as the gate.
import { execSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** Every major version that is maintained. */
const ALIVE = ['20', '22', '24', '26'];

const words = process.argv.slice(2);
const majors = words.filter((word) => /^\d+$/.test(word));
/** Anything else is a path or flag for the tests. */
const rest = words.filter((word) => !majors.includes(word));
execSync('node bin/build.js --tests', { stdio: 'inherit' });

const verdicts = [];
for (const major of majors.length ? majors : ALIVE) {
  const folder = mkdtempSync(join(tmpdir(), `hlsstream-node-${major}-`));
  try {
    const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
    execSync(
      `npm install --no-save --no-fund --no-audit --loglevel=error --prefix "${folder}" ${name}@${major}`,
    );
    const bin = join(folder, 'node_modules', name, 'bin');
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
    const version = spawnSync(join(bin, 'node'), ['--version'], { encoding: 'utf8' }).stdout.trim();
    process.stdout.write(`\n== Node ${version}\n`);
    const { status } = spawnSync(join(bin, 'node'), ['dist/test/tests/run.js', ...rest], {
      env,
      stdio: 'inherit',
    });
    verdicts.push([version, status === 0]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
process.stdout.write('\n');
for (const [version, passed] of verdicts)
  process.stdout.write(`Node ${version}: ${passed ? 'passed' : 'FAILED'}\n`);
process.exitCode = verdicts.every(([, passed]) => passed) ? 0 : 1;
