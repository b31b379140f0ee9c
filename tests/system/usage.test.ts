import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../root.ts';
import { startRedis } from '../store/redis-server.ts';
import { PROGRAM } from './system.ts';

/** Runs the program to its end. */
function run(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], { env: { ...process.env, ...environment } });
    let out = '';
    let err = '';
    child.stdout.on('data', (text) => {
      out += text;
    });
    child.stderr.on('data', (text) => {
      err += text;
    });
    child.once('close', (code) => resolve({ code, out, err }));
  });
}

/** Asserts that a command fails with one line that says these things. */
async function refuses(
  args: readonly string[],
  code: number,
  says: RegExp,
  environment?: NodeJS.ProcessEnv,
): Promise<void> {
  const result = await run(args, environment);
  assert.equal(result.code, code, `${args.join(' ')}: ${result.err}`);
  saysInOneLine(result.err, says);
}

function saysInOneLine(err: string, says: RegExp): void {
  assert.match(err, says);
  assert.equal(
    err
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('(')).length,
    1,
    err,
  );
}

/**
 * Asserts the same of a command that was asked for wrongly, in this process: what `main` resolves to is the exit code,
 * as those show that are run as a program.
 */
async function misused(args: readonly string[], says: RegExp): Promise<void> {
  const { write } = process.stderr;
  let err = '';
  process.stderr.write = ((text: string) => {
    err += text;
    return true;
  }) as typeof write;
  const program = pathToFileURL(join(ROOT, 'dist/main.js')).href;
  const { main }: { main(args: readonly string[]): Promise<number> } = await import(program);
  const code = await main(args).finally(() => {
    process.stderr.write = write;
  });
  assert.equal(code, 2, `${args.join(' ')}: ${err}`);
  saysInOneLine(err, says);
}

describe('the command line', () => {
  test('refuses what it does not know, and what is out of range, with exit code 2', async () => {
    await refuses(['--frobnicate'], 2, /--frobnicate/);
    await refuses(['--fps', '0'], 2, /--fps 0.*below 1/);
    await refuses([], 2, /--fps 500.*above 120/, { HLSSTREAM_FPS: '500' });
    await refuses(['start', '--store', 'memory:'], 2, /--store memory:.*each process/);
    await misused(['frobnicate'], /frobnicate/);
    await misused(['--size', '641x360'], /--size 641x360.*odd/);
    await misused(['--size', '0x0'], /--size 0x0/);
    await misused(['--fps', 'many'], /--fps many.*not a number/);
    await misused(['--window', '5'], /--window 5.*3 segments/);
    await misused(['--part', '3', '--segment', '2'], /--part 3.*--segment 2/);
    await misused(['--name', '../x'], /--name \.\.\/x/);
    await misused(['--port', ''], /--port is empty/);
    await misused(['--media', 'tape'], /--media tape.*neither disk nor redis/);
    await misused(['--media', 'redis'], /--media redis needs a Redis.*--media-url.*--store/);
  });

  test('never shows a secret', async () => {
    const { err } = await run(['--token', 'short'], {});
    assert.match(err, /--token: is shorter/);
    assert.doesNotMatch(err, /short;/);
  });

  test('says before anything is started what is missing, with exit code 1', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hlsstream-usage-'));
    const file = join(folder, 'file');
    await writeFile(file, '');
    const old = join(folder, 'old-ffmpeg');
    await writeFile(old, '#!/bin/sh\necho "ffmpeg version 4.4.2 Copyright (c) the FFmpeg developers"\n');
    await chmod(old, 0o755);
    const data = ['--port', '0', '--data-dir', join(folder, 'data')];
    await refuses([...data, '--ffmpeg', join(folder, 'none')], 1, /no program.*--ffmpeg/);
    await refuses([...data, '--ffmpeg', old], 1, /4\.4\.2.*5\.1/);
    await refuses([...data, '--encoder', 'h264_videotoolbox'], 1, /no encoder h264_videotoolbox.*libx264/);
    await refuses(['--port', '0', '--data-dir', join(file, 'x')], 1, /cannot write.*--data-dir/);
    await refuses([...data, '--source', join(folder, 'none.mp4')], 1, /none\.mp4/);
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await refuses(['--port', String(port), '--data-dir', folder], 1, new RegExp(`port ${port}.*--port`));
    server.close();
    await rm(folder, { recursive: true });
  });

  test('says of a role run by hand which store it needs', async () => {
    await refuses(['stream'], 2, /--store/);
    for (const role of ['detect', 'api']) await misused([role], /--store/);
    await misused(['sync'], /hlsstream start/);
  });

  test('teaches with --help', async () => {
    const { code, out: wrapped } = await run(['start', '--help']);
    const out = wrapped.replace(/\s+/g, ' ');
    assert.equal(code, 0);
    assert.match(out, /--segment <seconds> [^-]*0\.5 to 30 s \(default: 2\)/);
    assert.match((await run(['--help'])).out, /HLSSTREAM_DATA_DIR/);
  });

  test('looks at the machine and says what to do', async () => {
    const good = await run(['doctor', '--port', '0', '--data-dir', tmpdir()]);
    assert.equal(good.code, 0, good.out);
    assert.match(good.out, /ok\s+ffmpeg: \d/);
    const bad = await run(['doctor', '--port', '0', '--ffmpeg', '/nowhere/ffmpeg', '--data-dir', tmpdir()]);
    assert.equal(bad.code, 1);
    assert.match(bad.out, /BAD\s+ffmpeg: .*install/);
  });

  test('looks at the Redis that store and media are to use', async () => {
    const redis = await startRedis(['--requirepass', 'right']);
    const doctor = (login: string) => {
      const HLSSTREAM_STORE = `redis://${login}127.0.0.1:${redis.port}`;
      return run(['doctor', '--port', '0', '--media', 'redis'], { HLSSTREAM_STORE });
    };
    try {
      const good = await doctor(':right@');
      assert.equal(good.code, 0, good.out);
      assert.match(good.out, /ok\s+media: redis:\/\/\*\*\*@127.*\nok\s+store: redis:.* answers/);
      assert.doesNotMatch(good.out, /right|data directory/);
      const wrong = await doctor(':wrong@');
      assert.equal(wrong.code, 1);
      assert.match(wrong.out, /BAD\s+store: .*password/);
      await redis.kill();
      const away = await doctor(':right@');
      assert.equal(away.code, 1);
      assert.match(away.out, /BAD\s+store: /);
    } finally {
      await redis.stop();
    }
  });

  test('marks only where a server answers', async () => {
    await refuses(['mark', 'goal', '--port', '1'], 1, /no server answers at http:\/\/127\.0\.0\.1:1/);
    await refuses(['mark', 'goal', '--at', 'noon'], 2, /--at noon/);
  });
});
