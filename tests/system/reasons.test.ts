import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { until } from '../until.ts';
import { type FilledStream, watchEdge } from './edge.ts';
import { PROGRAM } from './system.ts';

interface Problem {
  readonly process: string;
  readonly code: string;
  readonly message: string;
  readonly times: number;
}

interface Streams {
  readonly streams: readonly { readonly name: string; readonly problems?: readonly Problem[] }[];
  readonly starting?: readonly { readonly name: string; readonly problems: readonly Problem[] }[];
}

/** A system that may never play anything. */
interface Failing {
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** All it wrote. */
  text(): string;
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
  problems(): Promise<readonly Problem[]>;
  stop(): Promise<void>;
}

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hlsstream-reasons-'));
});
after(() => rm(folder, { recursive: true, force: true }));

let count = 0;

/** A file with this text. */
async function file(name: string, text: string): Promise<string> {
  count += 1;
  const path = join(folder, `${count}-${name}`);
  await writeFile(path, text);
  return path;
}

/** Starts a system and resolves when its API serves, whether there is something to play or not. */
async function start(...flags: string[]): Promise<Failing> {
  count += 1;
  const data = join(folder, `data-${count}`);
  const detector = flags.includes('--detector') ? [] : ['--detector', 'none'];
  const fixed = ['--port', '0', '--data-dir', data, '--name', 'cam', '--thumbnail-interval', '0'];
  const all = [...fixed, ...detector, ...flags];
  const launcher: ChildProcess = spawn(process.execPath, [PROGRAM, 'start', ...all], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const log: Record<string, unknown>[] = [];
  const lines: string[] = [];
  createInterface({ input: launcher.stderr as NodeJS.ReadableStream }).on('line', (line) => {
    lines.push(line);
    if (line.startsWith('{')) log.push(JSON.parse(line) as Record<string, unknown>);
  });
  const port = () => log.find(({ child, port }) => child === 'api' && port !== undefined)?.port;
  await until('the API serves', 120, () => port() !== undefined).catch((error: unknown) => {
    launcher.kill('SIGTERM');
    throw new Error(`it said: ${lines.join('\n')}`, { cause: error });
  });
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port()}${path}`);
    return { status: response.status, text: await response.text() };
  };
  return {
    log,
    text: () => lines.join('\n'),
    get,
    problems: async () => {
      const { streams, starting = [] } = JSON.parse((await get('/streams')).text) as Streams;
      return [...streams, ...starting].find(({ name }) => name === 'cam')?.problems ?? [];
    },
    stop: async () => {
      if (launcher.exitCode !== null || launcher.signalCode !== null) return;
      const left = once(launcher, 'exit');
      launcher.kill('SIGTERM');
      await left;
    },
  };
}

const MODULE_FLAGS = ['--size', '64x64', '--fps', '10'];

describe('a source that fails', { concurrency: true }, () => {
  test('says why in the log with the stack of its module, in /readyz and in /streams, while it is tried again with growing pauses, and no more when it works', async () => {
    const works = join(folder, 'works');
    const path = await file(
      'wonky.mjs',
      `import { existsSync } from 'node:fs';
      const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      export default async function* ({ width, height, signal }) {
        for (let tick = 0; !signal.aborted; tick += 1) {
          yield { pts: tick * 100_000, data: new Uint8Array(width * height * 4) };
          if (tick === 3 && !existsSync(${JSON.stringify(works)})) takeOffTheLens();
          await wait(100);
        }
      }
      function takeOffTheLens() { throw new Error('the lens cap is on'); }`,
    );
    const system = await start('--source', path, ...MODULE_FLAGS);
    try {
      const ends = () =>
        system.log.filter(({ msg }) => /^stream left: .*the lens cap is on/.test(String(msg)));
      const stream = async () => JSON.parse((await system.get('/streams/cam')).text) as FilledStream;
      const standing = watchEdge(stream);
      await until('it has failed four times, with filler between', 120, async () => {
        const { filler = [] } = await stream();
        return ends().length >= 4 && filler.reduce((sum, { start, end }) => sum + end - start, 0) >= 1;
      });
      for (const { reason, stack } of ends()) {
        assert.equal(reason, 'SOURCE_FAILED');
        assert.match(String(stack), /takeOffTheLens.*wonky\.mjs/s);
      }
      const pauses = ends().map(({ restartInMs }) => Number(restartInMs));
      assert.deepEqual(
        pauses,
        pauses.toSorted((a, b) => a - b),
      );
      assert.ok((pauses.at(-1) ?? 0) > (pauses[0] ?? 0) && (pauses.at(-1) ?? 0) <= 10_000, String(pauses));
      const [problem] = await system.problems();
      assert.match(problem?.message ?? '', /wonky\.mjs failed: the lens cap is on/);
      assert.equal(problem?.process, 'stream');
      assert.ok((problem?.times ?? 0) >= 2);
      assert.match((await system.get('/readyz')).text, /the lens cap is on/);
      const { longest, targetDuration } = standing();
      // From each death until the next process was there to fill.
      const away = ends().flatMap(({ time }) => {
        const ready = system.log.find(
          (line) => line.child === 'stream' && line.msg === 'ready' && String(line.time) > String(time),
        );
        return ready === undefined ? [] : (Date.parse(String(ready.time)) - Date.parse(String(time))) / 1000;
      });
      assert.ok(
        longest <= Math.max(targetDuration, 2 * Math.max(...away)),
        `the playlist stood for ${longest} s; the process was away for ${away} s`,
      );
      await writeFile(works, '');
      await until('its frames are shown again', 120, async () => {
        const { status, inputLoss } = await stream();
        return status === 'live' && inputLoss === undefined;
      });
      await until('it is forgotten', 120, async () => (await system.problems()).length === 0);
      assert.deepEqual(JSON.parse((await system.get('/readyz')).text), { status: 'ok' });
    } finally {
      await system.stop();
    }
  });

  test('an exception in a timer of its module is told likewise', async () => {
    const path = await file(
      'late.mjs',
      `export default async function* ({ width, height, signal }) {
        setTimeout(() => { throw new RangeError('out of film'); }, 500);
        for (let tick = 0; !signal.aborted; tick += 1) {
          yield { pts: tick * 100_000, data: new Uint8Array(width * height * 4) };
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }`,
    );
    const system = await start('--source', path, ...MODULE_FLAGS);
    try {
      await until('it says so', 120, async () =>
        /late\.mjs failed: out of film/.test((await system.get('/readyz')).text),
      );
      const end = () => system.log.find(({ msg }) => /^stream left: /.test(String(msg)));
      // The child reports it before it leaves.
      await until('it has left', 120, () => end() !== undefined);
      const left = end();
      assert.match(String(left?.msg), /the source module .*late\.mjs failed: out of film/);
      assert.match(String(left?.stack), /RangeError: out of film\n.*late\.mjs/s);
    } finally {
      await system.stop();
    }
  });

  test('a module that never yields is told after ten seconds, and waited for', async () => {
    const path = await file('mute.mjs', 'export default async function* () { await new Promise(() => {}); }');
    const system = await start('--source', path, ...MODULE_FLAGS);
    try {
      await until('it says so', 120, async () => (await system.problems()).length > 0);
      const [problem] = await system.problems();
      assert.match(problem?.message ?? '', /mute\.mjs has given no frame for 1\d s/);
      assert.match((await system.get('/readyz')).text, /mute\.mjs has given no frame/);
      assert.ok(
        system.log.some(({ level, msg }) => level === 50 && /mute\.mjs has given no frame/.test(String(msg))),
      );
      assert.ok(!system.log.some(({ msg }) => /^stream left/.test(String(msg))));
    } finally {
      await system.stop();
    }
  });

  test('a camera that is away says so while it is waited for, its password nowhere', async () => {
    const system = await start('--source', 'rtsp://admin:open@sesame@127.0.0.1:1/yard');
    try {
      await until('it says so', 120, async () => (await system.problems()).length > 0);
      const seen = [
        await system.get('/streams'),
        await system.get('/readyz'),
        await system.get('/streams/cam'),
      ];
      assert.deepEqual(
        seen.map(({ status }) => status),
        [200, 503, 503],
      );
      for (const { text } of seen)
        assert.match(text, /rtsp:\/\/\*\*\*@127\.0\.0\.1:1\/yard.*Connection refused/);
      assert.match(system.text(), /rtsp:\/\/\*\*\*@127\.0\.0\.1:1\/yard.*Connection refused/);
      for (const text of [system.text(), ...seen.map(({ text }) => text)])
        assert.doesNotMatch(text, /sesame/);
    } finally {
      await system.stop();
    }
  });
});

describe('a detector that fails', () => {
  test('says why likewise, while the stream goes on', async () => {
    const path = await file(
      'blind.mjs',
      `let seen = 0;
      export default () => ({ name: 'blind', look() { seen += 1; if (seen > 5) lookAway(); return []; } });
      function lookAway() { throw new TypeError('too bright'); }`,
    );
    const system = await start('--size', '64x64', '--fps', '10', '--detector', path, '--window', '11');
    try {
      const left = () =>
        system.log.find(({ msg }) =>
          /^detect left: .*blind\.mjs threw in look.*too bright/.test(String(msg)),
        );
      await until('it has left', 120, () => left() !== undefined);
      assert.ok(
        system.log.some(({ msg }) =>
          /--window 11 lists fewer than six segments of 2 s: .*give 12 or more/.test(String(msg)),
        ),
      );
      assert.match(String(left()?.stack), /TypeError: too bright\n.*lookAway.*blind\.mjs/s);
      await until('it is told', 120, async () => (await system.problems()).length > 0);
      const [problem] = await system.problems();
      assert.equal(problem?.process, 'detect blind');
      assert.match(problem?.message ?? '', /too bright/);
      assert.match((await system.get('/readyz')).text, /cam, detect blind: .*too bright/);
      assert.ok(!system.log.some(({ msg }) => /^stream left/.test(String(msg))));
    } finally {
      await system.stop();
    }
  });
});
