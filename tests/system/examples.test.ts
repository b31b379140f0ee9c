import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { isLong } from '../long.ts';
import { ROOT } from '../root.ts';
import { greyPictures, rtspCamera } from '../source/rtsp-camera.ts';
import { until } from '../until.ts';
import { exampleNginx, startNginx } from './example-nginx.ts';
import { freePort } from './free-port.ts';
import { type Decoded, decode, download, mediaPlaylist, type RunMedia } from './judge.ts';
import type { FoundMarker } from './recording-detector.ts';
import { lives, PROGRAM, pidsBelow } from './system.ts';

/** What stands in `.github/examples`, run as its documents say. The Node library's has its test beside the library's. */
const EXAMPLES = join(ROOT, '.github/examples');
const folder = mkdtempSync(join(tmpdir(), 'examples-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A program that starts a system, and where that serves. */
async function start(
  command: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  speaks: 'stdout' | 'stderr',
) {
  const child = spawn(command, words, {
    ...{ cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  const said: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (line: string) => {
      said.push(line);
      const found = /^\S*.*(http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (found) resolve(found);
    };
    createInterface({ input: child.stdout }).on('line', (line) => speaks === 'stdout' && hear(line));
    createInterface({ input: child.stderr }).on('line', (line) =>
      speaks === 'stderr' ? hear(line) : said.push(line),
    );
    child.once('exit', (code) => reject(new Error(`${command} left with ${code}: ${said.join('\n')}`)));
  });
  return {
    url,
    /** Ends it as Ctrl-C does, and sees that nobody is left. */
    async stop() {
      const below = await pidsBelow(child.pid ?? 0, 'all');
      const left = once(child, 'exit');
      child.kill('SIGINT');
      await left;
      await until('none of its processes is left', 30, () => !below.some(lives));
    },
  };
}

/** The markers, as soon as they are as they are wanted and the media up to them is listed. */
async function listedMarkers(
  url: string,
  name: string,
  areRight: (markers: readonly FoundMarker[]) => boolean,
): Promise<readonly FoundMarker[]> {
  const json = async <T>(path: string) => (await (await fetch(`${url}${path}`)).json()) as T;
  let wanted: readonly FoundMarker[] | undefined;
  await until('markers and their media', 60, async () => {
    const { markers } = await json<{ markers: FoundMarker[] }>('/markers?limit=1000');
    if (wanted === undefined && areRight(markers)) wanted = markers;
    // A segment lists its frames when it is closed, 2 s long at most.
    const { edge } = await json<{ edge: number }>(`/streams/${name}`);
    return wanted !== undefined && edge > Math.max(...wanted.map(({ time }) => time)) + 2;
  });
  return wanted ?? [];
}

/** Markers of this class. */
const isOf = (kind: string) => (marker: FoundMarker) => marker.class === kind;

/** Whether a picture shows something white. */
function hasWhite({ data }: Decoded): boolean {
  const isLight = (at: number) => (data[at] as number) > 200;
  for (let at = 0; at < data.length; at += 3)
    if (isLight(at) && isLight(at + 1) && isLight(at + 2)) return true;
  return false;
}

describe('the examples', () => {
  test('the first program of the README: ten lines, and there is a stream with marks', async () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const program = /```python\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    assert.ok(program.trim().split('\n').length <= 10);
    const port = await freePort();
    const { url, stop } = await start(
      'python3',
      ['-c', program],
      {
        ...{ PYTHONPATH: join(ROOT, 'web/clients'), HLSSTREAM_PORT: `${port}` },
        HLSSTREAM_DATA_DIR: join(folder, 'first'),
      },
      'stderr',
    );
    try {
      const [mark] = await listedMarkers(url, 'live', (marks) => marks.length > 0);
      const times: number[] = [];
      for (const run of await download(`${url}/video/live.m3u8`))
        await decode(run, ({ pts }) => void times.push(pts));
      assert.equal(mark?.class, 'shade');
      assert.ok(times.includes(Math.round((mark?.time ?? 0) * 1e6)), 'it lies on a frame');
    } finally {
      await stop();
    }
  });

  test('Python: a source marks its very frames, a detector finds them, and nginx shows both below a path', async () => {
    for (const file of ['source.py', 'detector.py'])
      cpSync(join(EXAMPLES, 'python', file), join(folder, file));
    cpSync(join(ROOT, 'web/clients/hlsstream.py'), join(folder, 'hlsstream.py'));
    const { url, stop } = await start(
      'python3',
      [
        ...[join(folder, 'source.py'), '600', '--port', '0', '--data-dir', join(folder, 'video')],
        ...['--detector', 'exec:python3 detector.py', '--segment', '1', '--thumbnail-interval', '0'],
        ...['--detector-width', '640', '--window', '120'],
      ],
      { HLSSTREAM: `${process.execPath} ${PROGRAM}` },
      'stderr',
    );
    try {
      const markers = async (kind: string) => {
        const { markers } = (await (await fetch(`${url}/markers?limit=1000`)).json()) as {
          markers: FoundMarker[];
        };
        return markers.filter(isOf(kind)).map(({ time }) => Math.round(time * 1e6));
      };
      await listedMarkers(url, 'live', (marks) => marks.filter(isOf('bounce')).length >= 4);
      const pictures: { pts: number; white: boolean }[] = [];
      for (const run of await download(`${url}/video/live.m3u8`))
        await decode(run, (picture) => void pictures.push({ pts: picture.pts, white: hasWhite(picture) }));
      const [first, last] = [pictures[0]?.pts ?? 0, pictures.at(-1)?.pts ?? 0];
      const white = pictures.filter((picture) => picture.white).map(({ pts }) => pts);
      const begins = pictures
        .filter((picture, at) => at > 0 && picture.white && !pictures[at - 1]?.white)
        .map(({ pts }) => pts);
      assert.ok(begins.length >= 3, `${begins.length} bounces are seen`);
      const bounces = (await markers('bounce')).filter((time) => time > first && time <= last);
      // A second bounce may come while the square is still white.
      for (const time of bounces) assert.ok(white.includes(time), `the frame at ${time} us bounces`);
      for (const time of begins) assert.ok(bounces.includes(time), `the frame at ${time} us is marked`);
      // On a busy machine it is shown the newest picture: what it says is true, though perhaps not of the first frame.
      await until('the detector has found one', 30, async () =>
        (await markers('bright')).some((time) => time >= first && time <= last),
      );
      for (const time of (await markers('bright')).filter((one) => one >= first && one <= last))
        assert.ok(white.includes(time), `the frame at ${time} us is bright`);

      const config = await exampleNginx('below-a-path');
      const nginx = await startNginx((port) =>
        config.replace('listen 80', `listen 127.0.0.1:${port}`).replaceAll('http://127.0.0.1:5000', url),
      );
      try {
        const page = await (await fetch(`${nginx.url}/cams/`)).text();
        assert.match(page, /<video/);
        const { uri, text } = await mediaPlaylist(`${nginx.url}/cams/video/live.m3u8`);
        assert.ok(uri.startsWith(`${nginx.url}/cams/video/live/`) && text.includes('#EXTINF'));
        const { streams } = (await (await fetch(`${nginx.url}/cams/streams`)).json()) as {
          streams: { playlist: string }[];
        };
        assert.equal(streams[0]?.playlist, '/cams/video/live.m3u8');
      } finally {
        await nginx.stop();
      }
    } finally {
      await stop();
    }
  });

  test('an RTSP camera, its password in the environment only', async () => {
    const sent = greyPictures(50);
    const camera = await rtspCamera(() => ({ pictures: sent, rate: 25, login: 'eye:open' }));
    const bin = join(folder, 'bin');
    cpSync(join(EXAMPLES, 'camera/yard.sh'), join(folder, 'yard.sh'));
    mkdirSync(bin);
    symlinkSync(PROGRAM, join(bin, 'hlsstream'));
    const { url, stop } = await start(
      'sh',
      ['yard.sh', '--port', '0', '--retain', '1'],
      {
        ...{ HLSSTREAM_SOURCE: camera.url.replace('://', '://eye:open@'), DATA_DIR: join(folder, 'yard') },
        PATH: `${bin}:${process.env.PATH}`,
      },
      'stdout',
    );
    try {
      let runs: RunMedia[] = [];
      await until('its pictures', 30, async () => {
        runs = await download(`${url}/video/yard.m3u8`);
        return runs.length > 0;
      });
      const pictures: number[] = [];
      for (const run of runs) await decode(run, ({ pts }) => void pictures.push(pts));
      assert.ok(pictures.length > 0);
    } finally {
      await stop();
      await camera.close();
    }
  });

  test('a unit that systemd takes', async () => {
    const unit = join(EXAMPLES, 'systemd/hlsstream.service');
    const { stdout, stderr } = await promisify(execFile)('systemd-analyze', ['verify', '--man=no', unit]);
    assert.equal(`${stdout}${stderr}`.includes(basename(unit)), false, `${stdout}${stderr}`);
  });

  test('an image whose every step can be done, and that holds all the program needs', async () => {
    const text = readFileSync(join(EXAMPLES, 'container/Containerfile'), 'utf8');
    const [build = '', image = ''] = text.split(/^(?=FROM )/m).filter((part) => part.startsWith('FROM'));
    const run = mkdtempSync(join(folder, 'image-'));
    const steps = (stage: string) => [...stage.matchAll(/^RUN (.*)$/gm)].map(([, step = '']) => step);
    const sh = (step: string, cwd: string) =>
      promisify(execFile)('sh', ['-ec', step], { cwd, maxBuffer: 1 << 26 });
    // Setting up from a clean checkout takes a minute or more; what the tests run on was set up so.
    const built = isLong ? mkdtempSync(join(folder, 'build-')) : ROOT;
    if (isLong) {
      const { stdout } = await promisify(execFile)('git', ['ls-files'], { cwd: ROOT });
      for (const file of stdout.trim().split('\n')) cpSync(join(ROOT, file), join(built, file));
      for (const step of steps(build)) await sh(step, built);
    }
    assert.deepEqual(
      steps(build).map((step) => step.split(' --')[0]),
      ['npm ci', 'npm run build', 'npm prune'],
    );
    const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
    const state = join(run, 'state');
    const here = steps(image).filter((step) => isLong || !step.includes('apt-get'));
    for (const step of here)
      await sh(
        step.replaceAll('/var/lib/hlsstream', state).replaceAll('apt-get ', `${sudo}apt-get -qq `),
        run,
      );
    for (const [, from = '', to = ''] of image.matchAll(
      /^COPY --from=build \/opt\/hlsstream\/(\S+) (\S+)$/gm,
    )) {
      const place = join(run, to, to === './' ? from : '');
      if (from === 'node_modules' && !isLong) symlinkSync(join(built, from), place);
      else cpSync(join(built, from), place, { recursive: true });
    }
    const version = await sh('node bin/hlsstream.js --version', run);
    const { version: expected } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      version: string;
    };
    assert.ok(version.stdout.includes(expected));
    const { url, stop } = await start(
      process.execPath,
      [
        ...[join(run, 'bin/hlsstream.js'), 'start', '--port', '0', '--data-dir', join(state, 'video')],
        ...['--size', '320x180', '--segment', '1'],
      ],
      {},
      'stdout',
    );
    try {
      await until(
        'its first segment',
        30,
        async () => (await download(`${url}/video/chessboard.m3u8`)).length > 0,
      );
      assert.deepEqual(readdirSync(join(state, 'video')).includes('chessboard'), true);
    } finally {
      await stop();
    }
  });
});
