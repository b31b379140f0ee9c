import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { timeOfTicks } from '../../src/clock.ts';
import type { Frame } from '../../src/container/frame.ts';
import { openFfmpegInput } from '../../src/source/ffmpeg-input.ts';
import { fastClock } from './input-clips.ts';
import { programs, sourceContract, take } from './source-contract.ts';

let folder: string;
let clip: string;
let times: number[];

function ffmpeg(...args: string[]): void {
  execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...args]);
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'hlsstream-input-'));
  clip = join(folder, 'jitter.mp4');
  // 25 frames a second, each off by up to 10 ms, gaps of 0.2, 1.1 and 3 s, an odd size, B-frames.
  const jitter = '(random(1)*2-1)*900+gt(N,20)*18000+gt(N,40)*99000+gt(N,70)*270000';
  ffmpeg(
    ...['-f', 'lavfi', '-i', 'testsrc=s=99x75:r=25:d=4', '-vf', `settb=1/90000,setpts='PTS+900+${jitter}'`],
    ...[
      '-fps_mode',
      'passthrough',
      '-enc_time_base',
      '1:90000',
      '-c:v',
      'libx264',
      '-bf',
      '2',
      '-video_track_timescale',
      '90000',
      clip,
    ],
  );
  const probe = [
    '-v',
    'error',
    '-select_streams',
    'v',
    '-show_entries',
    'frame=best_effort_timestamp',
    '-of',
    'csv=p=0',
    clip,
  ];
  const ticks = execFileSync('ffprobe', probe)
    .toString()
    .trim()
    .split('\n')
    .map(Number.parseFloat)
    .filter(Number.isFinite);
  times = ticks.map((tick) => timeOfTicks(tick, 90_000));
});
after(() => rmSync(folder, { recursive: true }));

function assertTimes(frames: readonly Frame[], expected: readonly number[]): void {
  assert.equal(frames.length, expected.length);
  for (const [index, { pts }] of frames.entries()) {
    assert.ok(
      Math.abs(pts - (expected[index] ?? 0)) <= 1,
      `frame ${index}: ${pts} instead of ${expected[index]}`,
    );
  }
}

sourceContract('a file', (signal) => openFfmpegInput({ input: clip, signal }));
sourceContract('a container on standard input', (signal) =>
  openFfmpegInput({ input: '-', stdin: createReadStream(clip), signal }),
);

describe('openFfmpegInput', () => {
  test('the times of a clip with jitter and gaps are its own, to the microsecond', async () => {
    const source = await openFfmpegInput({ input: clip, paced: false });
    assert.deepEqual([source.width, source.height], [98, 74]);
    assertTimes(await take(source, 1000), times);
  });

  test('a file plays in real time: each frame when its PTS says, none before', async () => {
    const clock = fastClock();
    const source = await openFfmpegInput({ input: clip, clock, wallClock: () => 9_000_000 });
    const frames: Frame[] = [];
    for await (const frame of source.frames()) {
      const due = frame.pts - (frames[0] ?? frame).pts;
      assert.ok(Math.abs(clock.time - due) < 1, `frame at ${clock.time}, due at ${due}`);
      assert.equal(frame.capturedAt, 9_000_000 + due);
      frames.push(frame);
    }
    assertTimes(frames, times);
  });

  test('a loop begins again after a discontinuity, one frame after the last', async () => {
    const clock = fastClock();
    const source = await openFfmpegInput({ input: clip, loop: true, clock });
    const frames = await take(source, times.length * 2 + 3);
    assertTimes(frames, [...times, ...times, ...times.slice(0, 3)]);
    const breaks = frames.flatMap(({ discontinuity }, index) => (discontinuity ? [index] : []));
    assert.deepEqual(breaks, [times.length, times.length * 2]);
  });

  test('when ffmpeg is killed in the middle of a file, the rest follows after a discontinuity', async () => {
    const warnings: string[] = [];
    const log = { info: () => {}, warn: (_: object, text: string) => warnings.push(text) };
    // Larger than what fits into pipes on the way, so that there is a rest.
    const large = join(folder, 'large.mp4');
    ffmpeg('-f', 'lavfi', '-i', 'testsrc=s=640x360:r=30:d=3', '-c:v', 'libx264', '-g', '15', large);
    const frames: Frame[] = [];
    for await (const frame of (await openFfmpegInput({ input: large, clock: fastClock(), log })).frames()) {
      frames.push(frame);
      if (frames.length !== 40) continue;
      process.kill(Number.parseInt(programs(), 10), 'SIGKILL');
    }
    assertTimes(
      frames,
      Array.from({ length: 90 }, (_, n) => timeOfTicks(n, 30)),
    );
    assert.equal(frames.filter(({ discontinuity }) => discontinuity).length, 1);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /broke off: ffmpeg left \(SIGKILL\) while reading/);
    assert.equal(programs(), '');
  });

  test('what cannot be opened at the start is SOURCE_FAILED with the reason and what to do', async () => {
    const text = join(folder, 'text.mp4');
    await writeFile(text, 'no video');
    const sound = join(folder, 'sound.wav');
    ffmpeg('-f', 'lavfi', '-i', 'sine=d=0.1', sound);
    const cases: [string, RegExp][] = [
      [join(folder, 'none.mp4'), /none\.mp4: No such file or directory; give --source/],
      [text, /Invalid data found/],
      [sound, /there is no video in .*sound\.wav; give --source/],
      ['bogus://camera', /Protocol not found/],
    ];
    for (const [input, message] of cases) {
      await assert.rejects(openFfmpegInput({ input }), { code: 'SOURCE_FAILED', message });
    }
    await assert.rejects(openFfmpegInput({ input: clip, ffmpeg: '/no/ffmpeg' }), {
      code: 'FFMPEG_NOT_FOUND',
    });
    assert.equal(programs(), '');
  });

  test('names that look like options, protocols or patterns are files all the same', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      for (const name of ['-clip.mp4', 'http:clip.mp4']) {
        await writeFile(name, await readFile(clip));
        assertTimes(await take(await openFfmpegInput({ input: name, paced: false }), 2), times.slice(0, 2));
      }
    } finally {
      process.chdir(before);
    }
  });

  test('a container that comes through standard input keeps its times, and ends with it', async () => {
    const stream = join(folder, 'stream.mkv');
    ffmpeg('-i', clip, '-c', 'copy', stream);
    const source = await openFfmpegInput({ input: '-', stdin: createReadStream(stream), clock: fastClock() });
    const frames = await take(source, 1000);
    assert.equal(frames.length, times.length);
    // Matroska holds milliseconds.
    for (const [index, { pts }] of frames.entries()) assert.ok(Math.abs(pts - (times[index] ?? 0)) <= 500);
  });

  test('standard input that is no container is refused with what to do', async () => {
    const file = join(folder, 'noise');
    await writeFile(file, Buffer.alloc(100_000, 'noise'));
    await assert.rejects(openFfmpegInput({ input: '-', stdin: createReadStream(file) }), {
      code: 'SOURCE_FAILED',
      message: /--input-format/,
    });
  });

  test('a URL that fails is tried again with back-off, at the start and after it broke off', async () => {
    const transport = join(folder, 'stream.mpegts');
    ffmpeg(
      '-f',
      'lavfi',
      '-i',
      'testsrc=s=64x64:r=25:d=2',
      '-c:v',
      'libx264',
      '-bf',
      '0',
      '-f',
      'mpegts',
      transport,
    );
    const bytes = await readFile(transport);
    let requests = 0;
    const server = createServer((_, response) => {
      requests += 1;
      if (requests === 1) return response.writeHead(503).end();
      response.writeHead(200, { 'content-type': 'video/mp2t', 'content-length': bytes.length });
      if (requests > 2) return response.end(bytes);
      response.write(bytes.subarray(0, Math.floor(bytes.length * 0.7)), () => response.destroy());
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    try {
      const input = `http://127.0.0.1:${(server.address() as AddressInfo).port}/camera`;
      const waits: number[] = [];
      const log = {
        info: () => {},
        warn: (facts: object) => waits.push((facts as { retryInSeconds: number }).retryInSeconds),
      };
      const frames = await take(await openFfmpegInput({ input, clock: fastClock(), log }), 1000);
      const breaks = frames.flatMap(({ discontinuity }, index) => (discontinuity ? [index] : []));
      assert.equal(breaks.length, 1);
      assert.equal(frames.length - (breaks[0] ?? 0), 50);
      assert.deepEqual(
        waits.filter((wait) => wait !== undefined),
        [0.5, 0.5],
      );
    } finally {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    }
  });
});
