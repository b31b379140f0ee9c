import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT } from '../root.ts';
import { numbersIn } from './judge.ts';
import { startSystem } from './system.ts';

const [WIDTH, HEIGHT, FRAMES] = [128, 64, 200];

/** Frame n shows n as a row of eight black or white squares; every tenth is marked, and from 50 to 120 something goes on. */
const PROGRAM = `
import random, sys, time
sys.path.insert(0, ${JSON.stringify(join(ROOT, 'web/clients'))})
import hlsstream, numpy
jitter, pts, begin = random.Random(7), 100.0, time.monotonic()
stream = hlsstream.Stream(${WIDTH}, ${HEIGHT}, to=sys.stdout.buffer)
for n in range(${FRAMES}):
    bits = numpy.array([255 * (n >> bit & 1) for bit in range(8)], dtype=numpy.uint8)
    frame = numpy.repeat(numpy.tile(numpy.repeat(bits, ${WIDTH / 8}), (${HEIGHT}, 1))[:, :, None], 3, axis=2)
    if n % 10 == 5: stream.mark(f"frame {n}", group="tenth", data={"n": n})
    if n == 50: stream.mark("door", id="door", duration=None)
    if n == 120: stream.end("door")
    stream.write(frame, pts)
    pts += round(0.025 + jitter.uniform(-0.01, 0.01), 6)
    time.sleep(max(0, begin + pts - 100.0 - time.monotonic()))
sys.stdin.read()
`;

interface MarkerList {
  readonly markers: {
    id: string;
    text: string;
    time: number;
    duration: number | null;
    class: string;
    source: string;
    data: { n?: number; beginUncertainty?: number };
  }[];
}

describe('frames with lines on standard input', () => {
  test('a Python program marks frames: media and markers agree to the frame, whoever is killed meanwhile', async () => {
    const program = spawn('python3', ['-c', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
    const stopProgram = () => program.kill();
    const system = await startSystem(
      [
        ...['--source', '-', '--input-format', 'rgb24', '--input-framing', 'jsonl', '--fps', '40'],
        ...[
          '--size',
          `${WIDTH}x${HEIGHT}`,
          '--segment',
          '1',
          '--detector',
          'none',
          '--thumbnail-interval',
          '0',
        ],
      ],
      program.stdout,
    ).catch((error: unknown) => {
      stopProgram();
      throw error;
    });
    try {
      const marked = async () => (await system.json<MarkerList>('/markers')).markers;
      await system.until('a marker', 60, async () => (await marked()).length >= 6);
      const [pid] = await system.pids('stream');
      process.kill(pid ?? 0, 'SIGKILL');
      await system.until('the last marker', 60, async () =>
        (await marked()).some(({ data }) => data.n === FRAMES - 5),
      );
      program.stdin.end();
      await system.until('the end', 60, async () => {
        const { streams } = await system.json<{ streams: { status: string }[] }>('/streams');
        return streams[0]?.status === 'ended';
      });
      const shown = await numbersIn(`${system.url}/video/live.m3u8`);
      const markers = await marked();
      const tenth = markers.filter((marker) => marker.class === 'tenth');
      assert.deepEqual(
        tenth.map(({ data }) => data.n),
        Array.from({ length: FRAMES / 10 }, (_, index) => index * 10 + 5),
      );
      for (const { time, data, text, source } of tenth) {
        assert.equal(
          shown.get(Math.round(time * 1e6)),
          data.n,
          `${text} at ${time} of ${[...shown.entries()]}`,
        );
        assert.equal(source, 'input');
        assert.equal(data.beginUncertainty, undefined);
      }
      assert.deepEqual(
        [...new Set(shown.values())].sort((a, b) => a - b),
        Array.from({ length: FRAMES }, (_, n) => n),
      );
      const [door, ...others] = markers.filter(({ text }) => text === 'door');
      assert.deepEqual(others, []);
      assert.equal(shown.get(Math.round((door?.time ?? 0) * 1e6)), 50);
      assert.equal(shown.get(Math.round(((door?.time ?? 0) + (door?.duration ?? 0)) * 1e6)), 120);
      assert.equal(
        system.log.filter(({ msg }) => /left: it was ended by SIGKILL/.test(String(msg))).length,
        1,
      );
    } finally {
      stopProgram();
      if (program.exitCode === null && program.signalCode === null) await once(program, 'exit');
      assert.equal(await system.stop(), 0);
    }
  });
});
