import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { decode, download, listedFiles } from './judge.ts';
import { type System, startSystem } from './system.ts';

const [WIDTH, HEIGHT] = [128, 64];

/** Frames with a number that this divides have a white corner. */
const WHITE_EVERY = 20;
/** Side of that corner, in pixels. */
const CORNER = 16;

/**
 * Raw frames of rgb24, red on the left and blue on the right, written in slices and never a whole frame at once. Those
 * with some numbers have a white corner.
 */
function slicedFrames(): Readable {
  const row = Buffer.concat([
    Buffer.alloc((WIDTH / 2) * 3, Buffer.from([255, 0, 0])),
    Buffer.alloc((WIDTH / 2) * 3, Buffer.from([0, 0, 255])),
  ]);
  const plain = Buffer.concat(Array.from({ length: HEIGHT }, () => row));
  const white = Buffer.from(plain);
  for (let line = 0; line < CORNER; line += 1) white.fill(255, line * WIDTH * 3, (line * WIDTH + CORNER) * 3);
  const slice = 1900;
  return Readable.from(
    (async function* () {
      for (let number = 0; ; number += 1) {
        const frame = number % WHITE_EVERY === 0 ? white : plain;
        for (let from = 0; from < frame.length; from += slice) {
          yield frame.subarray(from, from + slice);
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
      }
    })(),
  );
}

/** The same picture as a film in Matroska that another program encodes in real time. */
function film(): { readonly stdout: Readable; end(): void } {
  const program = spawn(
    'ffmpeg',
    [
      ...['-v', 'error', '-re', '-f', 'lavfi', '-i', `color=red:s=${WIDTH / 2}x${HEIGHT}:r=25`],
      ...['-f', 'lavfi', '-i', `color=blue:s=${WIDTH / 2}x${HEIGHT}:r=25`, '-filter_complex', 'hstack'],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-f', 'matroska', 'pipe:1'],
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return { stdout: program.stdout, end: () => program.kill('SIGKILL') };
}

interface StreamState {
  readonly streams: readonly { readonly name: string; readonly epoch: string }[];
}

/** The Media Playlist with its own address. */
async function playlist(system: System): Promise<{ readonly url: string; readonly text: string }> {
  const { streams } = await system.json<StreamState>('/streams');
  const url = `${system.url}/video/${streams[0]?.name}/${streams[0]?.epoch}/main/media.m3u8`;
  return { url, text: await (await fetch(url)).text() };
}

/** How many discontinuities the playlist has, and how many closed segments come after the last one. */
function afterBreak(text: string): { readonly breaks: number; readonly segments: number } {
  const parts = text.split(/^#EXT-X-DISCONTINUITY$/m);
  return { breaks: parts.length - 1, segments: parts.at(-1)?.match(/^\d+\.m4s$/gm)?.length ?? 0 };
}

/** All pixels of all frames of the newest segment: red and blue of the middle of each half. */
async function halves(
  system: System,
): Promise<readonly { readonly left: number[]; readonly right: number[] }[]> {
  const { url, text } = await playlist(system);
  const load = async (file: string) => Buffer.from(await (await fetch(new URL(file, url))).arrayBuffer());
  const init = [...text.matchAll(/#EXT-X-MAP:URI="([^"]+)"/g)].at(-1)?.[1] ?? '';
  const segment = listedFiles(text).findLast((file) => /^\d+\.m4s$/.test(file)) ?? '';
  const media = Buffer.concat([await load(init), await load(segment)]);
  const raw = execFileSync(
    'ffmpeg',
    ['-v', 'error', '-i', 'pipe:0', '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-'],
    {
      input: media,
      maxBuffer: 1 << 28,
    },
  );
  const size = WIDTH * HEIGHT * 3;
  const at = (frame: number, x: number) => {
    const from = frame * size + ((HEIGHT / 2) * WIDTH + x) * 3;
    return [...raw.subarray(from, from + 3)];
  };
  return Array.from({ length: raw.length / size }, (_, frame) => ({
    left: at(frame, WIDTH / 4),
    right: at(frame, (WIDTH * 3) / 4),
  }));
}

async function assertInStep(system: System): Promise<void> {
  const frames = await halves(system);
  assert.ok(frames.length > 0);
  for (const [index, { left, right }] of frames.entries()) {
    assert.ok((left[0] ?? 0) > 180 && (left[2] ?? 255) < 80, `frame ${index} is ${left} on the left`);
    assert.ok((right[2] ?? 0) > 180 && (right[0] ?? 255) < 80, `frame ${index} is ${right} on the right`);
  }
}

/** Kills the stream child twice, and looks at the pictures before and after. */
async function killAndLook(system: System): Promise<void> {
  await system.until(
    'the first segment',
    60,
    async () => afterBreak((await playlist(system)).text).segments > 0,
  );
  await assertInStep(system);
  const [reader] = await system.pids('input');
  for (const kills of [1, 2]) {
    const [pid] = await system.pids('stream');
    process.kill(pid ?? 0, 'SIGKILL');
    await system.until(`a segment after kill ${kills}`, 60, async () => {
      const { breaks, segments } = afterBreak((await playlist(system)).text);
      return breaks >= kills && segments > 0;
    });
    await assertInStep(system);
  }
  assert.deepEqual(await system.pids('input'), [reader], 'the process that reads standard input lives on');
}

/** PTS of the frames with a white corner, and where the media begins and ends, in microseconds. */
async function cornersOf(system: System) {
  const white: number[] = [];
  /** Of those, the ones that are no repetition of the one before. */
  const fresh: number[] = [];
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for (const run of await download(`${system.url}/video/live.m3u8`)) {
    let repeats = true;
    await decode(run, ({ pts, data }) => {
      [first, last] = [Math.min(first, pts), Math.max(last, pts)];
      const isWhite = data.subarray(0, 3).every((level) => level > 180);
      if (isWhite) white.push(pts);
      if (isWhite && !repeats) fresh.push(pts);
      // The first picture of a run may be the last of the one before.
      repeats = isWhite;
    });
  }
  return { white, fresh, first, last };
}

/** Marks frames by their numbers, and compares with what the media shows at their times, over all runs. */
async function assertNumbered(system: System): Promise<void> {
  let seen = await cornersOf(system);
  await system.until('three frames with a corner', 60, async () => {
    seen = await cornersOf(system);
    return seen.fresh.length > 2;
  });
  const { white, fresh, first, last } = seen;
  const marked: number[] = [];
  for (let frame = 0; (marked.at(-1) ?? 0) < last; frame += WHITE_EVERY) {
    const answer = await fetch(`${system.url}/markers`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ text: `frame ${frame}`, class: 'numbered', frame }),
    });
    // Whole frames passed by while nobody encoded.
    if (answer.status === 201)
      marked.push(Math.round(((await answer.json()) as { time: number }).time * 1e6));
    else assert.equal(answer.status, 422, `frame ${frame}`);
  }
  const listed = marked.filter((pts) => pts >= first && pts <= last);
  assert.deepEqual(
    listed.filter((pts) => !white.includes(pts)),
    [],
    'lies on a frame without the corner',
  );
  assert.deepEqual(
    fresh.filter((pts) => !listed.includes(pts)),
    [],
    'has no number',
  );
}

describe('standard input', () => {
  test('raw frames written in slices stay in step when the stream child is killed in the middle of one', async () => {
    const system = await startSystem(
      [
        ...['--source', '-', '--input-format', 'rgb24', '--size', `${WIDTH}x${HEIGHT}`, '--fps', '25'],
        ...['--segment', '1', '--detector', 'none', '--thumbnail-interval', '0'],
      ],
      slicedFrames(),
    );
    try {
      await killAndLook(system);
      await assertNumbered(system);
      // It cannot be replaced: nobody would know at which byte to go on. That is said, and nothing wrong is shown.
      const [reader] = await system.pids('input');
      process.kill(reader ?? 0, 'SIGKILL');
      await system.until('the reason', 60, () =>
        system.said.some((line) => /standard input cannot be read on: .*SIGKILL/.test(line)),
      );
    } finally {
      assert.equal(await system.stop(), 0);
    }
  });

  test('a film in a container goes on when the stream child is killed: its header comes only once', async () => {
    const { stdout, end } = film();
    const system = await startSystem(
      ['--source', '-', '--segment', '1', '--detector', 'none', '--thumbnail-interval', '0'],
      stdout,
    );
    try {
      await killAndLook(system);
    } finally {
      end();
      assert.equal(await system.stop(), 0);
    }
  });
});
