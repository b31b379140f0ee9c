// `npm run setup [-- --test]`: the part of bin/setup that is the same on every system. Installs the packages and builds,
// and says which programs are missing, and what for; it installs none of them. Plain Node: there is no package yet.
import { execFileSync, execSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** Oldest Node that works. */
const OLDEST = JSON.parse(readFileSync('package.json', 'utf8')).engines.node.match(/\d+/g).map(Number);

/** Programs that are started, and what for; those with `test` by the tests alone. */
const PROGRAMS = [
  { name: 'ffmpeg', version: '-version', why: 'encodes; it must have libx264' },
  { name: 'ffprobe', version: '-version', why: 'looks at sources; it comes with ffmpeg' },
  { name: 'redis-server', version: '--version', why: 'tests of several hosts', test: true },
  { name: 'nginx', version: '-v', why: 'tests behind a proxy', test: true },
  { name: 'openssl', version: 'version', why: 'makes certificates for tests', test: true },
  { name: 'python3', version: '--version', why: 'runs the program that README shows', test: true },
  { name: 'chromium', version: '--version', why: 'tests of the page', test: true },
  { name: 'promtool', version: '--version', why: 'checks the metrics', test: true },
  { name: 'systemd-notify', version: '--version', why: 'reports to systemd', test: true },
  { name: 'faketime', version: '--version', why: 'sets the wall clock of a test', test: true },
];

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

function isThere({ name, version }) {
  try {
    execFileSync(name, [version], { stdio: 'ignore' });
    return true;
  } catch (error) {
    return error.code !== 'ENOENT';
  }
}

const [unknown] = process.argv.slice(2).filter((word) => word !== '--test');
if (unknown !== undefined) {
  say(`unknown argument ${unknown}; it takes --test or nothing`);
  process.exit(2);
}
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  say(`Node ${process.version} is too old; install ${OLDEST.join('.')} or later`);
  process.exit(1);
}

say('installing packages');
// By a shell, for on Windows npm is a batch file.
execSync('npm ci --no-fund --no-audit --loglevel=error', { stdio: 'inherit' });
say('building');
execFileSync(process.execPath, ['bin/build.js'], { stdio: 'inherit' });

const wanted = PROGRAMS.filter(({ test }) => !test || process.argv.includes('--test'));
const missing = wanted.filter((program) => !isThere(program));
for (const { name, why } of missing) say(`${name} is missing (${why}); install it and have it in PATH`);
say(missing.length ? 'done, but for what is missing' : 'done');
process.exitCode = missing.length ? 1 : 0;
