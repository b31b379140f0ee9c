import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec, tap } from 'node:test/reporters';
import { ROOT } from './root.ts';

/**
 * `npm test [-- [--fast] path …]`: the test files, or those below the paths named (as `tests/api` or
 * `tests/api/media.test.ts`). As many run at a time as there are cores; of those that fork whole systems, which mostly wait,
 * two; and those that kill and count seconds have the machine for themselves. `--fast` leaves out what forks a system,
 * opens a browser, looks at long scenes or plays inputs. `--long` repeats more and tries more cases, where a file has such
 * (`tests/long.ts`).
 */
const SYSTEM = ['tests/system/', 'tests/library/'];
const FAULTS = ['tests/faults/'];
const BROWSER = ['tests/e2e/'];
const LONG = [
  'tests/source/',
  ...['light', 'mint-square', 'motion', 'visits'].map((name) => `tests/detector/${name}`),
  'tests/packager/input-loss',
  'tests/api/plain-differential',
];
const BUILT = join(ROOT, 'dist/test');

const flags = process.argv.slice(2).filter((word) => word.startsWith('--'));
if (flags.includes('--long')) process.env.LONG = '1';
/** A file that takes so long hangs, in milliseconds. */
const TIMEOUT = flags.includes('--long') ? 3_600_000 : 420_000;
const asked = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const paths = asked.map((path) => relative(ROOT, resolve(path)).replaceAll('\\', '/'));
const files = readdirSync(join(BUILT, 'tests'), { recursive: true, encoding: 'utf8' })
  .map((name) => `tests/${name.replaceAll('\\', '/')}`)
  .filter((name) => name.endsWith('.test.js'))
  .map((name) => name.replace(/js$/, 'ts'))
  .filter((name) => !paths.length || paths.some((path) => name === path || name.startsWith(`${path}/`)))
  .sort();
const isOf = (beginnings: readonly string[]) => (name: string) =>
  beginnings.some((beginning) => name.startsWith(beginning));
const left = flags.includes('--fast') ? [...SYSTEM, ...FAULTS, ...BROWSER, ...LONG] : [];
const chosen = files.filter((name) => !isOf(left)(name));
if (chosen.length === 0) {
  process.stderr.write(`no test file below ${asked.join(', ') || 'tests'}\n`);
  process.exit(2);
}

const failures: string[] = [];
/** How long the suites of each file took, in milliseconds. */
const took = new Map<string, number>();
const heavy = [...SYSTEM, ...FAULTS, ...BROWSER];
await runFiles(
  chosen.filter((name) => !isOf(heavy)(name)),
  availableParallelism(),
);
await runFiles(chosen.filter(isOf(BROWSER)), availableParallelism());
await runFiles(chosen.filter(isOf(SYSTEM)), 2);
await runFiles(chosen.filter(isOf(FAULTS)), 1);
const slowest = [...took].sort(([, a], [, b]) => b - a).slice(0, 12);
process.stdout.write(
  `\nLongest:\n${slowest.map(([name, time]) => `${(time / 1000).toFixed(1).padStart(6)} s ${name}`).join('\n')}\n`,
);
process.stdout.write(
  failures.length ? `\nFailed (${failures.length}):\n${failures.join('\n')}\n` : '\nAll tests passed.\n',
);
process.exitCode = failures.length ? 1 : 0;

interface TestEvent {
  readonly nesting: number;
  readonly file?: string | undefined;
  readonly details: { readonly duration_ms: number };
}

/** Runs them, reports each, and notes what failed. */
async function runFiles(names: readonly string[], concurrency: number): Promise<void> {
  if (names.length === 0) return;
  const built = names.map((name) => join(BUILT, name.replace(/ts$/, 'js')));
  const events = run({ files: built, concurrency, timeout: TIMEOUT });
  const nameOf = (file: string | undefined) => (file ? relative(BUILT, file).replace(/js$/, 'ts') : '?');
  const note = ({ nesting, file, details }: TestEvent) => {
    if (nesting === 0) took.set(nameOf(file), (took.get(nameOf(file)) ?? 0) + details.duration_ms);
  };
  events.on('test:pass', note);
  events.on('test:fail', note);
  events.on('test:fail', ({ name, file, details }) => {
    // A suite that fails only because of what is in it says nothing more.
    const { failureType } = details.error as { failureType?: string };
    if (failureType === 'subtestsFailed') return;
    failures.push(`${nameOf(file)}: ${name}`);
  });
  const report = process.stdout.isTTY ? events.compose(new spec()) : events.compose(tap);
  report.pipe(process.stdout, { end: false });
  await finished(report, { writable: false });
}
