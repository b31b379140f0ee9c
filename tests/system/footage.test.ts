import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { ROOT } from '../root.ts';
import { decode, download } from './judge.ts';
import { type System, startSystem } from './system.ts';

const run = promisify(execFile);

interface MarkerList {
  readonly markers: {
    readonly time: number;
    readonly duration: number | null;
    readonly class: string;
    readonly text: string;
  }[];
}

/** Frame times of a clip, in microseconds from its first, as ffprobe sees them. */
async function framesOf(clip: string): Promise<number[]> {
  const { stdout } = await run('ffprobe', [
    '-v',
    'error',
    '-select_streams',
    'v',
    '-show_entries',
    'frame=pts_time',
    '-of',
    'csv=p=0',
    clip,
  ]);
  const times = stdout
    .split(/[\n,]+/)
    .filter((text) => text.trim() !== '')
    .map((text) => Math.round(Number(text) * 1e6));
  return times.map((time) => time - (times[0] ?? 0));
}

/** PTS of all frames a finished stream lists, from its first. */
async function encodedFrames(system: System, name: string): Promise<number[]> {
  const times: number[] = [];
  for (const media of await download(`${system.url}/video/${name}.m3u8`))
    await decode(media, ({ pts }) => times.push(pts));
  return times.map((time) => time - (times[0] ?? 0));
}

async function ended(system: System): Promise<boolean> {
  const { streams } = await system.json<{ streams: { status: string }[] }>('/streams');
  return streams[0]?.status === 'ended';
}

// Each waits for a clip to be played in real time.
describe('real footage', { concurrency: true }, () => {
  test('keeps the frame times of a jittered clip with gaps, ends with ENDLIST, and stays seekable', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hlsstream-footage-'));
    const clip = join(folder, 'jitter.mkv');
    // 25 frames/s, each up to 10 ms off its place, with gaps of 0.2 to 3 s.
    const times =
      "setpts='(N*40+mod(N*7919,21)-10+if(gte(N,50),200)+if(gte(N,100),1100)+if(gte(N,150),3000)+10)/1000/TB'";
    await run('ffmpeg', [
      ...[
        '-v',
        'error',
        '-f',
        'lavfi',
        '-i',
        'testsrc=size=320x180:rate=1000:duration=0.2',
        '-vf',
        `${times},settb=1/1000`,
      ],
      ...[
        '-fps_mode',
        'passthrough',
        '-enc_time_base',
        '1:1000',
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        clip,
      ],
    ]);
    const system = await startSystem([
      '--source',
      clip,
      '--name',
      'jitter',
      '--detector',
      'none',
      '--thumbnail-interval',
      '0',
      '--log-level',
      'warn',
    ]);
    try {
      await system.until('the end', 40, () => ended(system));
      const own = await framesOf(clip);
      assert.equal(own.length, 200);
      const encoded = await encodedFrames(system, 'jitter');
      for (const time of own) {
        assert.ok(
          encoded.some((pts) => Math.abs(pts - time) <= 1000),
          `no frame at ${time} µs`,
        );
      }
      const response = await fetch(`${system.url}/video/jitter.m3u8`);
      const media = new URL(/^[^#\s].*$/m.exec(await response.text())?.[0] ?? '', `${system.url}/video/`);
      assert.match(await (await fetch(media)).text(), /#EXT-X-ENDLIST\s*$/);
    } finally {
      assert.equal(await system.stop(), 0);
      await rm(folder, { recursive: true });
    }
  });

  test('marks who comes and goes as one event each, from the picture alone', async () => {
    // A room of wood in the evening, seen by a camera with noise; somebody comes, sways a little, goes, comes again.
    const room = 'color=0xb08050:size=768x432:rate=10:duration=17';
    const person =
      "drawbox=x=300+20*sin(t):y=120:w=80:h=300:color=0x202028:t=fill:enable='between(t,4,9)+between(t,13,30)'";
    const dusk = "eq=brightness='-0.2*t/17':eval=frame";
    const picture = `${room},${person},${dusk},noise=alls=6:allf=t`;
    await marksVisits(
      ['-f', 'lavfi', '-i', picture],
      [
        [4, 9],
        [13, 17],
      ],
    );
  });
});

/** Plays what ffmpeg makes of these arguments, and finds a marker for each visit: [begin, end] in seconds. */
async function marksVisits(input: readonly string[], visits: readonly [number, number][]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-footage-'));
  const clip = join(folder, 'visits.mp4');
  await run('ffmpeg', ['-v', 'error', ...input, '-c:v', 'libx264', '-preset', 'ultrafast', clip]);
  const system = await startSystem([
    ...['--source', clip, '--name', 'visits', '--thumbnail-interval', '0', '--log-level', 'warn'],
  ]);
  try {
    await system.until('the end', 80, () => ended(system));
    // The detector hears of the end, and closes what still goes on, a moment after the playlist has ended.
    let markers: MarkerList['markers'] = [];
    await system.until('the end of the last event', 30, async () => {
      ({ markers } = await system.json<MarkerList>('/markers'));
      return markers.length > 0 && markers.every(({ duration }) => duration !== null);
    });
    const seen = markers.map(({ time, duration }) => [time, time + (duration ?? Number.NaN)]);
    assert.equal(seen.length, visits.length, JSON.stringify(markers));
    for (const [index, [from, to]] of visits.entries()) {
      const [began = Number.NaN, left = Number.NaN] = seen[index] ?? [];
      assert.ok(Math.abs(began - from) <= 1, `visit ${index} began at ${began}`);
      assert.ok(Math.abs(left - to) <= 1.5, `visit ${index} ended at ${left}`);
    }
  } finally {
    assert.equal(await system.stop(), 0);
    await rm(folder, { recursive: true });
  }
}

describe('frames from another program', () => {
  test('come in raw through standard input, as the example shows', async () => {
    const program = join(ROOT, '.github/examples/python/draw.py');
    const python = spawn('python3', ['-u', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const system = await startSystem(
      [
        '--source',
        '-',
        '--input-format',
        'rgb24',
        '--size',
        '320x240',
        '--fps',
        '25',
        '--name',
        'piped',
        ...['--detector', 'none', '--thumbnail-interval', '0'],
        '--log-level',
        'warn',
      ],
      python.stdout,
    );
    try {
      let listed = 0;
      await system.until('25 frames of it', 60, async () => {
        const { edge } = await system.json<{ edge: number }>('/streams/piped');
        // What is listed since the last look is worth another.
        if (edge < listed + 0.5) return false;
        listed = edge;
        let frames = 0;
        for (const media of await download(`${system.url}/video/piped.m3u8`))
          await decode(media, ({ width, height }) => {
            assert.deepEqual([width, height], [320, 240]);
            frames += 1;
          });
        return frames >= 25;
      });
    } finally {
      const left = system.stop();
      python.kill();
      assert.equal(await left, 0);
    }
  });
});
