import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { parseConfig } from '../../src/config/config.ts';
import { modulePath } from '../../src/source/content.ts';
import { inputArguments, inputKind } from '../../src/source/input-kind.ts';
import { openSource } from '../../src/source/open.ts';
import { take } from './source-contract.ts';

let folder: string;
const at = (name: string) => join(folder, name);
const ffmpeg = (...args: string[]) => execFileSync('ffmpeg', ['-loglevel', 'error', '-y', ...args]);
const CLIP = ['-f', 'lavfi', '-i', 'testsrc=s=64x64:r=10:d=0.5', '-c:v', 'libx264', '-preset', 'ultrafast'];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hlsstream-kinds-'));
  ffmpeg(...CLIP, '-f', 'mpegts', at('a.ts'));
  ffmpeg(...CLIP, '-output_ts_offset', '1', '-f', 'mpegts', at('b.ts'));
  ffmpeg(...CLIP, '-f', 'mpegts', '-mpegts_m2ts_mode', '1', at('00001.MTS'));
  ffmpeg('-f', 'lavfi', '-i', 'testsrc=s=64x64:r=10:d=0.5', at('shot%03d.png'));
  await copyFile(at('a.ts'), at('12:30 a%20b.ts'));
  await writeFile(at('notes.txt'), 'The tide is at its highest.\nNothing else happened.\n');
});
after(() => rm(folder, { recursive: true, force: true }));

const { signal } = new AbortController();

/** The first frames of a source, as fast as they come. */
async function frames(source: string, count = 99, more: Record<string, unknown> = {}) {
  return take(await openSource(parseConfig({ source, ...more }), { signal, paced: false }), count);
}

describe('what a source is', () => {
  test('is seen in what it holds, whatever it is called', async () => {
    for (const source of [
      ...[at('00001.MTS'), at('a.ts'), `file:${at('a.ts')}`, at('12:30 a%20b.ts'), at('shot%03d.png')],
      `subfile,,start,0,end,0,,:${at('a.ts')}`,
    ]) {
      assert.equal((await frames(source)).length, 5, source);
    }
    assert.equal((await frames(`concat:${at('a.ts')}|${at('b.ts')}`)).length, 10);
    await copyFile(at('a.ts'), at('film.js'));
    assert.equal((await frames(at('film.js'))).length, 5);
  });

  test('code is a module, also by its URL, and text is not video', async () => {
    const code =
      'export default async function* ({ width, height }) { yield { pts: 0, data: new Uint8Array(width * height * 4) }; }';
    await writeFile(at('source.mjs'), code);
    for (const source of [at('source.mjs'), `file:${at('source.mjs')}`, `file://${at('source.mjs')}`]) {
      assert.equal((await frames(source)).length, 1, source);
    }
    assert.equal(await modulePath('https://example.org/a.ts'), undefined);
    for (const name of ['notes.txt', 'notes.nfo', 'notes', 'draw.py']) {
      if (name !== 'notes.txt') await copyFile(at('notes.txt'), at(name));
      await assert.rejects(frames(at(name)), { code: 'SOURCE_FAILED', message: /is text, neither film nor/ });
    }
    await writeFile(at('latin.txt'), Buffer.from('Stra\xdfe und Br\xfccke\n', 'latin1'));
    await writeFile(at('wide.txt'), Buffer.from('\ufeffNothing happened', 'utf16le'));
    for (const name of ['latin.txt', 'wide.txt']) await assert.rejects(frames(at(name)), /is text/, name);
  });

  test('text that leads to media is taken', async () => {
    await writeFile(at('list.ffconcat'), "ffconcat version 1.0\nfile 'a.ts'\nfile 'b.ts'\n");
    assert.ok((await frames(at('list.ffconcat'), 6)).length === 6);
    await writeFile(
      at('list.m3u8'),
      '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.5,\na.ts\n#EXT-X-ENDLIST\n',
    );
    assert.equal((await frames(at('list.m3u8'))).length, 5);
  });

  test("ffmpeg's own reason is told", async () => {
    await writeFile(at('unsafe.ffconcat'), "ffconcat version 1.0\nfile '/etc/../etc/a b.mp4'\n");
    await assert.rejects(frames(at('unsafe.ffconcat')), { message: /Unsafe file name.*a b\.mp4/ });
    ffmpeg(...CLIP, at('whole.mp4'));
    execFileSync('sh', ['-c', `head -c 900 ${at('whole.mp4')} > ${at('half.mp4')}`]);
    await assert.rejects(frames(at('half.mp4')), { message: /moov atom not found/ });
  });

  test('what is missing, empty or a folder is said before ffmpeg is asked', async () => {
    await writeFile(at('empty.mp4'), '');
    await mkdir(at('film.d'));
    await assert.rejects(frames(at('none.mp4')), {
      code: 'SOURCE_FAILED',
      message: /there is no file .*none\.mp4/,
    });
    await assert.rejects(frames(`file:${at('none.mp4')}`), { message: /there is no file/ });
    await assert.rejects(frames(at('none%03d.png')), { message: /there is no file/ });
    await assert.rejects(frames('/dev/shm/hlsstream-none.mp4'), { message: /there is no file/ });
    await assert.rejects(frames(at('empty.mp4')), { message: /empty\.mp4 is empty/ });
    await assert.rejects(frames(at('film.d')), { message: /is a folder/ });
  });

  test('is told by the scheme and by what lies at a path', () => {
    execFileSync('sh', ['-c', `mkfifo ${at('fifo')}`]);
    const kinds = {
      pipe: ['-', 'pipe:0'],
      live: ['/dev/null', '/dev/video99', at('fifo'), 'udp://@:5000', 'async:udp://@:5000', 'unix:/tmp/x'],
      remote: ['cache:http://host/a.ts', 'http://host/a.ts', 'HTTPS://host/a.js', 'sftp://host/a.mp4'],
      file: [`concat:${at('a.ts')}|b.ts`, 'data:image/png;base64,AA', '/dev/shm/a.mp4', at('shot%03d.png')],
    } as const;
    for (const [kind, inputs] of Object.entries(kinds)) {
      for (const input of inputs) assert.equal(inputKind(input), kind, input);
    }
    for (const source of ['/dev/stdin', '/dev/fd/0', '/proc/self/fd/0', 'pipe:0', 'pipe:', '-']) {
      assert.equal(parseConfig({ source }).source, '-', source);
    }
    assert.deepEqual(inputArguments('-odd.mp4').slice(-1), ['./-odd.mp4']);
  });
});

describe('what can not be meant', () => {
  const refuses = (given: Record<string, unknown>, message: RegExp) =>
    assert.throws(() => parseConfig(given), { code: 'USAGE', message });

  test('settings that contradict the source are refused', () => {
    refuses({ source: '-', inputFormat: 'rgb24' }, /needs --size/);
    refuses(
      { source: 'clip.mp4', inputFormat: 'rgb24', size: '64x64' },
      /--input-format rgb24.*--source is clip/,
    );
    refuses({ source: '-', loop: true }, /--loop.*--source is -/);
    refuses({ loop: true }, /--loop.*chessboard/);
    refuses({ inputOption: ['framerate=5'] }, /--input-option.*chessboard/);
  });

  test('standard input that is empty at once is an error', async () => {
    for (const more of [{}, { inputFormat: 'gray', size: '64x64' }]) {
      const opened = openSource(parseConfig({ source: '-', ...more }), { signal, stdin: Readable.from([]) });
      await assert.rejects(opened, { code: 'SOURCE_FAILED', message: /standard input is empty/ });
    }
  });

  test('only the chessboard is called chessboard', () => {
    assert.equal(parseConfig({}).name, 'chessboard');
    for (const source of ['-', '/dev/video0', 'rtsp://camera/1'])
      assert.equal(parseConfig({ source }).name, 'live');
    assert.equal(parseConfig({ source: '-', name: 'chessboard' }).name, 'chessboard');
  });
});

describe('a short clip that is looped', () => {
  const intervals = (times: readonly number[]) =>
    times.slice(1).map((time, index) => time - (times[index] ?? 0));

  test('a still picture is held: one picture after the other, no break', async () => {
    for (const source of [at('shot001.png'), `file:${at('shot001.png')}`]) {
      const held = await frames(source, 30, { loop: true });
      assert.equal(held.length, 30);
      assert.deepEqual(new Set(intervals(held.map(({ pts }) => pts))), new Set([100_000]));
      assert.ok(held.every(({ discontinuity }) => !discontinuity));
    }
  });

  test('a clip of half a second goes round without a break', async () => {
    const seen = await frames(at('a.ts'), 12, { loop: true });
    assert.deepEqual(new Set(intervals(seen.map(({ pts }) => pts))), new Set([100_000]));
    assert.ok(seen.every(({ discontinuity }) => !discontinuity));
    assert.deepEqual(seen[5]?.data, seen[0]?.data);
    assert.notDeepEqual(seen[1]?.data, seen[0]?.data);
  });
});
