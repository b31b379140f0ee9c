import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { withBusyCores } from './busy-cores.ts';
import { hangBound } from './hang-bound.ts';
import { ROOT } from './root.ts';

/**
 * `npm test [-- [--fast] [--long] [--load <n>] path …]`: the test files, or those below the paths named (as `tests/api` or
 * `tests/api/media.test.ts`). One that starts a system or a browser has a process of its own; the others of a folder share
 * one, for to load the code took most of their time. As many processes run at a time as keep the cores busy: one for each
 * core, and more while those that run mostly wait, as whole systems do. A line a process; what it says stands below it
 * when it fails, or when paths were named. `--fast` leaves out what forks a system or children, opens a browser, looks at
 * long scenes, plays inputs, encodes for long or waits for servers of Redis. `--long` repeats more and tries more cases,
 * where a file has such (`tests/long.ts`). `--load 6` keeps six processes of its own busy meanwhile, which no verdict may
 * depend on.
 */
const SYSTEM = ['tests/faults/', 'tests/system/', 'tests/library/'];
const BROWSER = ['tests/e2e/'];
const SLOW = [
  ...['tests/source/', 'tests/redis/', 'tests/encoder/', 'tests/objects/', 'tests/storage/redis'],
  ...['light', 'mint-square', 'motion', 'visits', 'engines', 'standby', 'watch'].map(
    (name) => `tests/detector/${name}`,
  ),
  ...['packager', 'lost-pictures', 'input-loss'].map((name) => `tests/packager/${name}.`),
  ...['plain-differential', 'clips'].map((name) => `tests/api/${name}`),
  ...['ipc-faults', 'kept'].map((name) => `tests/store/${name}`),
];
/** What `--load` may ask for. */
const MOST_LOAD = 32;
const BUILT = join(ROOT, 'dist/test');
const TOGETHER = join(BUILT, 'tests/together.js');

const { values: flags, positionals: asked } = parseArgs({
  options: { fast: { type: 'boolean' }, long: { type: 'boolean' }, load: { type: 'string', default: '0' } },
  allowPositionals: true,
});
if (flags.long) process.env.LONG = '1';
const load = Number(flags.load);
if (!(load >= 0 && load <= MOST_LOAD)) {
  process.stderr.write(`--load ${flags.load}: a number of processes, 0 to ${MOST_LOAD}\n`);
  process.exit(2);
}
/** A process that takes so long hangs, in milliseconds. */
const TIMEOUT = flags.long ? 3_600_000 : load > 0 ? 1_200_000 : 420_000;
/** Who still holds the output of a process so long after its end was left behind by it, in seconds. */
const LEFT_BEHIND = 60;

const CORES = availableParallelism();
/** More at once, and each takes its time from the others: no time is won. */
const MOST = CORES + 1;
/** Another file is begun beside as many as there are cores when those were idle for this share of a while. */
const IDLE = 0.3;
/** That while, in milliseconds. */
const LOOK = 1500;

const paths = asked.map((path) => relative(ROOT, resolve(path)).replaceAll('\\', '/'));
const files = readdirSync(join(BUILT, 'tests'), { recursive: true, encoding: 'utf8' })
  .map((name) => `tests/${name.replaceAll('\\', '/')}`)
  .filter((name) => name.endsWith('.test.js'))
  .map((name) => name.replace(/js$/, 'ts'))
  .filter((name) => !paths.length || paths.some((path) => name === path || name.startsWith(`${path}/`)))
  .sort();
const isOf = (beginnings: readonly string[]) => (name: string) =>
  beginnings.some((beginning) => name.startsWith(beginning));
const without = (beginnings: readonly string[]) => files.filter((name) => !isOf(beginnings)(name));
// What mostly waits goes side by side with what mostly reckons; folders come last, the emptiest of them fill the gaps.
const waiting = alternate(files.filter(isOf(SYSTEM)), files.filter(isOf(BROWSER)));
const queue = flags.fast
  ? byFolder(without([...SYSTEM, ...BROWSER, ...SLOW]))
  : [...waiting.map(alone), ...byFolder(without([...SYSTEM, ...BROWSER]))];
if (queue.length === 0) {
  process.stderr.write(`no test file below ${asked.join(', ') || 'tests'}\n`);
  process.exit(2);
}

/** Test files that one process runs. */
interface Run {
  readonly name: string;
  readonly files: readonly string[];
}

/** What became of them. */
interface Verdict {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  /** In milliseconds. */
  readonly took: number;
  /** What it said. */
  readonly text: string;
}

const verdicts = await withBusyCores(load, () => runAll(queue));
const slowest = verdicts.toSorted((a, b) => b.took - a.took).slice(0, 12);
process.stdout.write(`\nLongest:\n${slowest.map(({ name, took }) => `${seconds(took)} ${name}\n`).join('')}`);
for (const { name, failed, text } of verdicts) {
  if (failed > 0) process.stdout.write(`\nFailed: ${name}\n${text.split('failing tests:\n').at(-1)}`);
}
const sum = (key: 'passed' | 'failed') => verdicts.reduce((total, verdict) => total + verdict[key], 0);
process.stdout.write(`\n${sum('passed')} passed, ${sum('failed')} failed\n`);
process.exitCode = sum('failed') > 0 ? 1 : 0;

/** Runs them in this order, so many at a time that no core is idle for long. */
async function runAll(runs: readonly Run[]): Promise<Verdict[]> {
  const left = [...runs];
  const done: Verdict[] = [];
  const running = new Set<Promise<void>>();
  const begin = () => {
    const next = left.shift();
    if (next === undefined) return;
    const run = runFiles(next).then((verdict) => {
      running.delete(run);
      done.push(verdict);
      report(verdict);
      if (running.size < CORES) begin();
    });
    running.add(run);
  };
  for (let core = 0; core < CORES; core += 1) begin();
  let before = coreTimes();
  const watch = setInterval(() => {
    const now = coreTimes();
    const idle = (now.idle - before.idle) / (now.all - before.all);
    before = now;
    if (idle > IDLE && running.size < MOST) begin();
  }, LOOK);
  while (running.size > 0) await Promise.race(running);
  clearInterval(watch);
  return done;
}

/** How long the cores of the machine have been idle, and how long there have been any, in milliseconds. */
function coreTimes(): { idle: number; all: number } {
  let [idle, all] = [0, 0];
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, all };
}

/** Runs the tests of one process. */
function runFiles({ name, files }: Run): Promise<Verdict> {
  const begun = performance.now();
  const built = files.map((file) => join(BUILT, file.replace(/ts$/, 'js')));
  const child = spawn(process.execPath, ['--test-reporter=spec', TOGETHER, ...built], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const output of [child.stdout, child.stderr])
    output.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
  let broken = false;
  const fail = (why: string) => {
    broken = true;
    text += `\nfailing tests:\n\n${name} ${why}\n`;
  };
  let timer = setTimeout(() => {
    fail(`was ended: it hung for ${TIMEOUT / 1000} s`);
    child.kill('SIGKILL');
  }, TIMEOUT);
  child.once('exit', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      fail('left a process behind, which holds its output');
      for (const output of [child.stdout, child.stderr]) output.destroy();
    }, hangBound(LEFT_BEHIND));
  });
  return new Promise((done) => {
    child.once('close', (code) => {
      clearTimeout(timer);
      const count = (word: string) => Number(new RegExp(`^\\S+ ${word} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
      // A process that ends before its tests do says nothing of them.
      const failed = Math.max(
        count('fail') + count('cancelled'),
        code === 0 && count('tests') > 0 && !broken ? 0 : 1,
      );
      done({ name, passed: count('pass'), failed, took: performance.now() - begun, text });
    });
  });
}

function report({ name, passed, failed, took, text }: Verdict): void {
  const result = failed > 0 ? `NOT OK, ${failed} failed` : 'ok';
  process.stdout.write(`${seconds(took)} ${name}: ${result}, ${passed} passed\n`);
  if (failed > 0 || paths.length > 0) process.stdout.write(`${text}\n`);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1).padStart(6)} s`;
}

function alone(file: string): Run {
  return { name: file, files: [file] };
}

/** Those of a folder together, the fullest folders first: what is long is not to be begun last. */
function byFolder(names: readonly string[]): Run[] {
  const folders = new Map<string, string[]>();
  for (const name of names) {
    const folder = dirname(name);
    folders.set(folder, [...(folders.get(folder) ?? []), name]);
  }
  return [...folders]
    .toSorted(([, one], [, other]) => other.length - one.length)
    .map(([folder, files]) => ({
      name: files.length === 1 ? files.join() : `${folder} (${files.length} files)`,
      files,
    }));
}

/** One of each in turn, and then the rest of the longer list. */
function alternate(one: readonly string[], other: readonly string[]): string[] {
  return Array.from({ length: Math.max(one.length, other.length) }, (_, at) => [one[at], other[at]])
    .flat()
    .filter((name) => name !== undefined);
}
