import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseConfig } from '../../src/config/config.ts';
import { inputKind } from '../../src/source/input-kind.ts';
import { openSource } from '../../src/source/open.ts';
import { ROOT } from '../root.ts';
import { take } from './source-contract.ts';

const signal = new AbortController().signal;

describe('openSource', () => {
  test('the settings as they are name the chessboard', async () => {
    const source = await openSource(parseConfig({}), { signal, paced: false });
    assert.deepEqual([source.width, source.height, source.frameRate], [640, 360, 30]);
    assert.equal((await take(source, 2)).length, 2);
  });

  test('a path that ends as a module does is one, unless it holds video', async () => {
    const path = join(ROOT, 'tests/source/fixtures/grey-source.js');
    const source = await openSource(parseConfig({ source: path, size: '64x64', fps: '5' }), { signal });
    assert.deepEqual(
      (await take(source, 2)).map(({ pts }) => pts),
      [0, 200_000],
    );
    const folder = await mkdtemp(join(tmpdir(), 'hlsstream-open-'));
    try {
      const clip = join(folder, 'clip.ts');
      execFileSync(
        'ffmpeg',
        `-loglevel error -f lavfi -i testsrc=s=64x64:r=25:d=0.2 -c:v libx264 -f mpegts ${clip}`.split(' '),
      );
      assert.equal((await take(await openSource(parseConfig({ source: clip }), { signal }), 9)).length, 5);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('inputKind', () => {
  test('files, live sources, remote ones and standard input are told apart by name', () => {
    const kinds = {
      pipe: ['-'],
      live: [
        'rtsp://host/camera',
        'rtmps://host/live',
        'udp://239.0.0.1:5000',
        'srt://host:9000',
        '/dev/video0',
      ],
      remote: ['http://host/clip.mp4', 'https://host/live.m3u8'],
      file: ['clip.mp4', './clip.mp4', 'file:clip.mp4', 'C.mp4', import.meta.filename],
    } as const;
    for (const [kind, inputs] of Object.entries(kinds)) {
      for (const input of inputs) assert.equal(inputKind(input), kind, input);
    }
  });
});
