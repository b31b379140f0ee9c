import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fixture } from '../api/fixture.ts';
import { PROGRAM } from './system.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hlsstream-commands-'));
});
after(() => rm(folder, { recursive: true }));

/** Runs the program to its end. */
function run(
  ...args: string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [PROGRAM, ...args],
      { env: { ...process.env, COLUMNS: '200' } },
      (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });
}

const doctor = (source: string, ...more: string[]) =>
  run('doctor', '--port', '0', '--data-dir', folder, '--source', source, ...more);

describe('doctor', { concurrency: 2 }, () => {
  test('opens the source and tells the facts of one frame', async () => {
    const module = join(folder, 'grey.mjs');
    await writeFile(
      module,
      'export default async function* ({ width, height }) { yield { pts: 40, data: new Uint8Array(width * height * 4).fill(128) }; }',
    );
    const { code, out } = await doctor(module, '--size', '64x64', '--fps', '5');
    assert.equal(code, 0, out);
    assert.match(
      out,
      /ok\s+source: .*grey\.mjs gives 64x64 at 5 frames\/s; first picture after \d+\.\d s, PTS 0\.00004 s/,
    );
    assert.match(out, /luma 50 % on average, all of it the same/);
    assert.match(out, /All is well/);
  });

  test('says what is wrong with a file that is missing and a camera that is away, without its password', async () => {
    const missing = await doctor(join(folder, 'none.mp4'));
    assert.equal(missing.code, 1);
    assert.match(missing.out, /BAD\s+source: there is no file .*none\.mp4/);
    assert.doesNotMatch(missing.out, /All is well/);
    const away = await doctor('rtsp://admin:sesame@127.0.0.1:1/yard');
    assert.equal(away.code, 1);
    assert.match(away.out, /BAD\s+source: .*rtsp:\/\/\*\*\*@127\.0\.0\.1:1\/yard: .*Connection refused/);
    assert.doesNotMatch(away.out + away.err, /sesame/);
  });

  test('says whether those can be reached that are told of events, without what is secret of them', async () => {
    const { code, out, err } = await doctor(
      ...['chessboard', '--webhook', 'http://127.0.0.1:2/hidden-path'],
      ...['--mqtt', 'mqtt://me:sesame@127.0.0.1:2/cams'],
    );
    assert.equal(code, 1);
    assert.match(
      out,
      /BAD\s+webhook: webhook http:\/\/127\.0\.0\.1:2 cannot be reached \(connect ECONNREFUSED/,
    );
    assert.match(out, /BAD\s+MQTT: mqtt mqtt:\/\/127\.0\.0\.1:2\/cams cannot be used \(connect ECONNREFUSED/);
    assert.doesNotMatch(out + err, /sesame|hidden-path/);
  });
});

describe('--help', { concurrency: 2 }, () => {
  test('lists of each command what concerns it, under headings', async () => {
    const [start, detect, mark] = await Promise.all(
      ['start', 'detect', 'mark'].map(async (command) => (await run(command, '--help')).out),
    );
    const headings = (text = '') => [...text.matchAll(/^([A-Z][a-z ]+):$/gm)].map(([, heading]) => heading);
    assert.deepEqual(headings(start), [
      ...[
        'Source',
        'Stream',
        'Encoder',
        'Detection',
        'Server',
        'Access',
        'Hooks',
        'Store and media',
        'Log',
        'Options',
      ],
    ]);
    assert.match(detect ?? '', /--motion-threshold/);
    assert.doesNotMatch(detect ?? '', /--segment|--port|--loop/);
    assert.ok((mark ?? '').indexOf('--at') < (mark ?? '').indexOf('--host'), 'its own flags come first');
    assert.match(mark ?? '', /--name <name> +the stream to mark/);
    assert.doesNotMatch(mark ?? '', /--source|--segment/);
  });
});

describe('mark', () => {
  test("marks the server's own stream, whatever it is called, or the one that is named", async (t) => {
    const { port, packager } = await fixture(t, { segments: 2 });
    const to = ['--port', String(port)];
    const own = await run('mark', 'goal', ...to);
    assert.equal(own.code, 0, own.err);
    assert.equal(JSON.parse(own.out).stream, packager.stream.name);
    const named = await run('mark', 'goal', '--name', packager.stream.name, ...to);
    assert.equal(JSON.parse(named.out).stream, packager.stream.name);
    const other = await run('mark', 'goal', '--name', 'elsewhere', ...to);
    assert.equal(other.code, 1);
    assert.match(other.err, /elsewhere/);
  });
});
