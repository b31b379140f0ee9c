import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { ROOT } from '../root.ts';

const EXAMPLES = join(ROOT, '.github/examples/node');

/** An empty project that has the packed package, what that depends on, and what TypeScript needs. */
let project: string;

before(async () => {
  project = mkdtempSync(join(tmpdir(), 'hlsstream-package-'));
  const modules = join(project, 'node_modules');
  const npm = ['pack', '--ignore-scripts', '--silent', '--pack-destination', project];
  const { stdout } = await promisify(execFile)('npm', npm, {
    cwd: ROOT,
    shell: process.platform === 'win32',
  });
  mkdirSync(join(modules, 'hlsstream'), { recursive: true });
  execFileSync('tar', [
    '-xf',
    join(project, stdout.trim()),
    '-C',
    join(modules, 'hlsstream'),
    '--strip-components=1',
  ]);
  const { dependencies } = JSON.parse(readFileSync(join(modules, 'hlsstream/package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  // Those for building are not there, nor their types: a project that installs the package has none of them.
  for (const name of [...Object.keys(dependencies), '@types/node', 'undici-types', 'typescript']) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'junction');
  }
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'mine', type: 'module', private: true }),
  );
  for (const file of readdirSync(EXAMPLES)) cpSync(join(EXAMPLES, file), join(project, file));
});

after(() => rmSync(project, { recursive: true, force: true, maxRetries: 3 }));

/** Starts a program of the project; resolves with what its first line says. */
async function start(file: string) {
  const place = join(project, `${file}-files`);
  mkdirSync(place);
  const env = { ...process.env, PORT: '0', TMPDIR: place };
  const child = spawn(process.execPath, [join(project, file)], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const url = /^Watch at (\S+)\/$/.exec(line)?.[1] ?? assert.fail(line);
  return { child, url, place };
}

async function untilJson<T>(url: string, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const response = await fetch(url);
    if (response.ok) {
      const value = (await response.json()) as T;
      if (holds(value)) return value;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface Streams {
  readonly streams: readonly {
    readonly status: string;
    readonly width: number;
    readonly objects?: boolean;
  }[];
}

describe('the package in an empty project', () => {
  test('brings what it needs, and nothing that is for building it', () => {
    const files = readdirSync(join(project, 'node_modules/hlsstream'), { recursive: true, encoding: 'utf8' });
    for (const file of [
      'bin/hlsstream.js',
      'dist/index.js',
      'dist/index.d.ts',
      'dist/web/index.html',
      'LICENSE',
    ])
      assert.ok(files.includes(file), file);
    assert.deepEqual(
      files.filter((file) => /^(src|tests|web|dist\/test|node_modules)/.test(file)),
      [],
    );
  });

  test('the eight lines of JavaScript serve a stream that plays', async () => {
    const lines = readFileSync(join(project, 'stream.mjs'), 'utf8').trim().split('\n');
    assert.ok(lines.length <= 9, 'eight lines and a brace');
    const { child, url } = await start('stream.mjs');
    try {
      const { streams } = await untilJson<Streams>(
        `${url}/streams`,
        ({ streams: [one] }) => one?.status === 'live',
      );
      assert.equal(streams[0]?.width, 640);
      assert.match(await (await fetch(`${url}/`)).text(), /<!doctype html>/);
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  });

  test('the example in TypeScript is right by the strictest compiler, serves marks and boxes, and ends by itself', async () => {
    const compiler = join(project, 'node_modules/typescript/bin/tsc');
    const flags = [
      ...[
        '--module',
        'nodenext',
        '--target',
        'es2022',
        '--types',
        'node',
        '--strict',
        '--skipLibCheck',
        'false',
      ],
      ...['--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--preserveSymlinks', 'attached.ts'],
    ];
    const compiled = await promisify(execFile)(process.execPath, [compiler, ...flags], {
      cwd: project,
    }).catch(({ stdout }: { stdout: string }) => assert.fail(stdout));
    assert.equal(compiled.stdout, '');
    const { child, url, place } = await start('attached.js');
    const left = once(child, 'exit');
    try {
      assert.equal(await (await fetch(new URL('/other', url))).text(), 'The stream is at /live/\n');
      const said = ({ markers }: { markers: { text: string; source: string }[] }) =>
        new Set(markers.map(({ text, source }) => `${text} (${source})`));
      await untilJson<Parameters<typeof said>[0]>(`${url}/markers`, (list) =>
        ['At the left (left)', 'The square begins again (input)'].every((one) => said(list).has(one)),
      );
      await untilJson<Streams>(`${url}/streams`, ({ streams: [one] }) => one?.objects === true);
    } finally {
      child.kill('SIGINT');
      await left;
    }
    assert.deepEqual(await left, [0, null]);
    assert.deepEqual(readdirSync(place), []);
  });
});
