import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../src/source/pacer.ts';
import { mjpegCamera, serveInput } from './http-input.ts';
import { clipFolder, ffmpeg, lavfi, type Played, play } from './input-clips.ts';

const { path, remove } = clipFolder();
let pictures: Buffer[];
before(() => {
  ffmpeg(...lavfi('testsrc=s=160x90:r=25'), '-t', '1', '-q:v', '5', path('%02d.jpg'));
  pictures = readdirSync(path('.'))
    .filter((name) => name.endsWith('.jpg'))
    .map((name) => readFileSync(path(name)));
});
after(remove);

/** Media time against wall clock from the first frame to the last, as capture dates say it. */
function pace({ frames }: Played): number {
  const [first, last] = [frames[0], frames.at(-1)];
  if (first === undefined || last === undefined) return Number.NaN;
  return (last.pts - first.pts) / (last.capturedAt - first.capturedAt);
}

describe('pictures without times of their own', () => {
  for (const rate of [1, 20]) {
    test(`an MJPEG camera at ${rate} pictures a second: none lost, no break, stamped on arrival`, async () => {
      const camera = await serveInput(mjpegCamera(pictures, rate));
      const count = rate === 1 ? 5 : 40;
      try {
        const played = await play({ input: camera.url, frameRate: 30, clock: systemClock }, count);
        assert.deepEqual(played.breaks, []);
        assert.equal(played.frames.length, count);
        assert.ok(Math.abs(pace(played) - 1) < 0.001, `media ran at ${pace(played)} of the wall clock`);
        // The camera's own pace, not the 25 a second that ffmpeg makes up.
        const media = ((played.frames.at(-1)?.pts ?? 0) - (played.frames[0]?.pts ?? 0)) / 1e6;
        assert.ok(media > ((count - 1) / rate) * 0.8, `${media} s of media`);
      } finally {
        await camera.close();
      }
    });
  }

  test('the first picture is shown when it has come, not when a rate could be measured', async () => {
    const camera = await serveInput(mjpegCamera(pictures, 20, 4, 'stays silent'));
    try {
      assert.equal((await play({ input: camera.url }, 1)).frames.length, 1);
    } finally {
      await camera.close();
    }
    const stdin = new PassThrough();
    for (const picture of pictures.slice(0, 4)) stdin.write(picture);
    assert.equal((await play({ input: '-', stdin }, 1)).frames.length, 1);
  });

  test('JPEG pictures on standard input are shown as they come', async () => {
    const stdin = new PassThrough();
    let written = 0;
    const timer = setInterval(() => {
      stdin.write(pictures[written++ % pictures.length]);
      if (written === 20) {
        clearInterval(timer);
        stdin.end();
      }
    }, 100);
    const played = await play({ input: '-', stdin, clock: systemClock });
    assert.equal(played.frames.length, 20);
    assert.deepEqual(played.breaks, []);
    assert.ok(Math.abs(pace(played) - 1) < 0.001);
  });

  test('JPEG pictures on standard input at the rate asked for', async () => {
    const stdin = new PassThrough();
    stdin.end(Buffer.concat(pictures));
    const played = await play({ input: '-', stdin, frameRate: 10, timing: 'rate' });
    assert.deepEqual(
      played.frames.map(({ pts }) => pts),
      pictures.map((_, index) => index * 100_000),
    );
    assert.ok(Math.abs(played.took / 1e6 - (pictures.length - 1) / 10) < 0.01, `took ${played.took / 1e6} s`);
  });

  test('a file of JPEG pictures plays at the rate asked for', async () => {
    writeFileSync(path('clip.mjpeg'), Buffer.concat(pictures));
    const played = await play({ input: path('clip.mjpeg'), frameRate: 10 });
    assert.equal(played.frames.length, pictures.length);
    assert.equal(played.frames[1]?.pts, 100_000);
  });

  test('an elementary stream of video on standard input loses nothing and is stamped on arrival', async () => {
    ffmpeg(...lavfi('testsrc=s=160x90:r=25:d=2'), '-c:v', 'libx264', '-bf', '0', path('clip.h264'));
    const stdin = new PassThrough();
    stdin.end(readFileSync(path('clip.h264')));
    const played = await play({ input: '-', stdin, clock: systemClock });
    assert.equal(played.frames.length, 50);
    assert.deepEqual(played.breaks, []);
    assert.ok(Math.abs(pace(played) - 1) < 0.001);
  });
});
