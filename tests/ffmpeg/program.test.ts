import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ffmpegError, spawnFfmpeg } from '../../src/ffmpeg/program.ts';
import { ROOT } from '../root.ts';
import { until } from '../until.ts';

const idle = ['-loglevel', 'error', '-f', 'rawvideo', '-s', '16x16', '-i', 'pipe:0', '-f', 'null', '-'];

function alive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('spawnFfmpeg', () => {
  test('what is written reaches the program and its end is told', async () => {
    const program = spawnFfmpeg({
      path: 'ffmpeg',
      args: '-loglevel error -f rawvideo -pix_fmt gray -s 16x16 -i pipe:0 -f rawvideo pipe:1'.split(' '),
    });
    const output = program.stdout.toArray();
    assert.equal(await program.write(new Uint8Array(100), new Uint8Array(156)), true);
    program.stdin.end();
    assert.equal(Buffer.concat(await output).length, 256);
    assert.deepEqual(await program.exited, { code: 0, signal: null, stderr: [] });
  });

  test('write waits until a slow program has taken what came before', async () => {
    const program = spawnFfmpeg({ path: 'sleep', args: ['60'] });
    let written = false;
    const write = program.write(new Uint8Array(8 << 20)).then((open) => {
      written = true;
      return open;
    });
    await new Promise(setImmediate);
    assert.equal(written, false);
    program.kill();
    assert.equal(await write, false);
    await program.exited;
  });

  test('writing to a program that has left answers false instead of raising EPIPE', async () => {
    const program = spawnFfmpeg({ path: 'false', args: [] });
    while (await program.write(new Uint8Array(1 << 16)));
    assert.equal((await program.exited).code, 1);
    assert.equal(await program.write(new Uint8Array(1)), false);
  });

  test('kill ends it at once, whatever it does, and may be called again', async () => {
    const program = spawnFfmpeg({ path: 'ffmpeg', args: idle });
    program.kill();
    program.kill();
    assert.equal((await program.exited).signal, 'SIGKILL');
    program.kill();
    assert.equal(alive(program.pid), false);
  });

  test('it runs in a process group of its own, out of reach of Ctrl-C', async () => {
    const program = spawnFfmpeg({
      path: 'sh',
      args: ['-c', 'ps -o pgid= -p $$ || cut -d" " -f5 /proc/$$/stat'],
    });
    const group = Number(Buffer.concat(await program.stdout.toArray()).toString());
    assert.equal(group, program.pid);
  });

  test('a process that exits takes its programs along', async () => {
    const module = join(ROOT, 'dist/test/src/ffmpeg/program.js');
    const script = `
      import { spawnFfmpeg } from ${JSON.stringify(module)};
      const program = spawnFfmpeg({ path: 'sleep', args: ['60'] });
      process.stdout.write(String(program.pid), () => process.exit(3));`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script]);
    const said = parent.stdout.setEncoding('utf8').toArray();
    assert.equal((await once(parent, 'exit'))[0], 3);
    const pid = Number((await said).join(''));
    assert.ok(pid > 1);
    await until('the program has ended', 2, () => !alive(pid));
  });

  test('each line on stderr is handed on and the last twenty are kept', async () => {
    const lines: string[] = [];
    const program = spawnFfmpeg({
      path: 'sh',
      args: ['-c', 'i=0; while [ $i -lt 30 ]; do i=$((i+1)); echo line $i; done >&2; printf end >&2'],
      onStderr: (line) => lines.push(line),
    });
    const { stderr } = await program.exited;
    assert.equal(lines.length, 31);
    assert.deepEqual(stderr, lines.slice(-20));
    assert.equal(stderr.at(-1), 'end');
  });
});

describe('ffmpegError', () => {
  test('it carries the code asked for and the line of stderr that says why', async () => {
    const exit = await spawnFfmpeg({ path: 'ffmpeg', args: ['-i', 'no-such.mp4', '-f', 'null', '-'] }).exited;
    const error = ffmpegError('SOURCE_FAILED', exit, 'reading no-such.mp4');
    assert.equal(error.code, 'SOURCE_FAILED');
    assert.equal(
      error.message,
      'ffmpeg left (code 1) while reading no-such.mp4: no-such.mp4: No such file or directory',
    );
  });

  test('a signal is named, and the address in front of a line is left out', () => {
    const stderr = ['[libx264 @ 0x55d0c0ffee] width not divisible by 2 (63x64)', 'Conversion failed!'];
    const error = ffmpegError('ENCODER_FAILED', { code: null, signal: 'SIGSEGV', stderr }, 'encoding');
    assert.equal(error.message, 'ffmpeg left (SIGSEGV) while encoding: width not divisible by 2 (63x64)');
  });

  test('a program that does not exist is FFMPEG_NOT_FOUND', async () => {
    const exit = await spawnFfmpeg({ path: '/no/such/ffmpeg', args: [] }).exited;
    assert.equal(ffmpegError('ENCODER_FAILED', exit, 'encoding').code, 'FFMPEG_NOT_FOUND');
    assert.match(
      ffmpegError('ENCODER_FAILED', exit, 'encoding').message,
      /\/no\/such\/ffmpeg; install ffmpeg/,
    );
  });
});
