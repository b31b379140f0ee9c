import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ObjectsEventJson, ObjectsFileJson } from '../../src/hls/frame-objects.ts';
import { ROOT } from '../root.ts';
import { decode, listedFiles, mediaPlaylist, numbersIn } from './judge.ts';
import { startSystem } from './system.ts';

/** A picture shows its number in so many squares. */
const BITS = 10;
const [WIDTH, HEIGHT] = [16 * BITS, 64];
const CLIENTS = JSON.stringify(join(ROOT, 'web/clients'));

/** Frame n shows n as a row of black or white squares, and says so; until standard input ends. */
const PROGRAM = `
import sys, threading, time, random
sys.path.insert(0, ${CLIENTS})
import hlsstream, numpy
jitter, pts, begin = random.Random(11), 50.0, time.monotonic()
stream = hlsstream.Stream(${WIDTH}, ${HEIGHT}, to=sys.stdout.buffer)
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
n = -1
while not over.is_set():
    n += 1
    bits = numpy.array([255 * (n >> bit & 1) for bit in range(${BITS})], dtype=numpy.uint8)
    frame = numpy.repeat(numpy.tile(numpy.repeat(bits, ${WIDTH / BITS}), (${HEIGHT}, 1))[:, :, None], 3, axis=2)
    stream.objects([{"label": str(n), "class": "one", "box": [0.05 + n % 16 / 40, 0.25, 0.5, 0.5], "track": n}])
    stream.write(frame, pts)
    pts += round(0.033 + jitter.uniform(-0.01, 0.01), 6)
    time.sleep(max(0, begin + pts - 50.0 - time.monotonic()))
`;

/** Says what it reads in each picture. */
const DETECTOR = `
import sys
sys.path.insert(0, ${CLIENTS})
import hlsstream
for picture in hlsstream.pictures():
    image = picture.array()
    n = sum(1 << bit for bit in range(${BITS}) if image[${HEIGHT / 2}, bit * ${WIDTH / BITS} + 8] > 127)
    picture.answer(objects=[{"label": str(n), "box": [0, 0, 1, 1]}] if n % 2 else [])
`;

const MODULE = `export default () => ({
  name: 'module',
  look({ width, height, data }) {
    let n = 0;
    for (let bit = 0; bit < ${BITS}; bit += 1)
      if (data[4 * ((height >> 1) * width + Math.floor((bit + 0.5) * (width / ${BITS})))] > 127) n += 2 ** bit;
    return { objects: [{ label: String(n), box: [0, 0, 1, 1] }] };
  },
});
`;

test('objects of the input, of a program, of a module and of a request stand on their frame, whoever is killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'objects-'));
  writeFileSync(join(folder, 'reads.py'), DETECTOR);
  writeFileSync(join(folder, 'module.mjs'), MODULE);
  const program = spawn('python3', ['-c', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  const system = await startSystem(
    [
      ...['--source', '-', '--input-format', 'rgb24', '--input-framing', 'jsonl', '--fps', '30'],
      ...['--size', `${WIDTH}x${HEIGHT}`, '--segment', '1', '--thumbnail-interval', '0'],
      ...['--detector', `exec:python3 ${folder}/reads.py`, '--detector-format', 'gray'],
      ...['--detector', `${folder}/module.mjs`],
    ],
    program.stdout,
  ).catch((error: unknown) => {
    program.kill();
    throw error;
  });
  const listening = new AbortController();
  try {
    const live = listen(`${system.url}/objects/events`, listening.signal);
    const heardOf = (wanted: string) => [...live.keys()].filter((key) => key.startsWith(`${wanted} `)).length;
    const sources = ['input', 'reads', 'module'];
    await system.until('objects of all', 60, () => sources.every((source) => heardOf(source) >= 10));
    const [pid] = await system.pids('stream');
    process.kill(pid ?? 0, 'SIGKILL');
    const before = new Map(sources.map((source) => [source, heardOf(source)]));
    await system.until('more of all', 60, () =>
      sources.every((source) => heardOf(source) >= (before.get(source) ?? 0) + 20),
    );
    const newest = heardOf('input') - 1;
    const posted = await fetch(`${system.url}/objects`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ frame: newest, source: 'me', objects: [{ label: '?', box: [0, 0, 1, 1] }] }),
    });
    assert.equal(posted.status, 201);
    program.stdin.end();
    const epoch = (await mediaPlaylist(`${system.url}/video/live.m3u8`)).uri.split('/').at(-3);
    const files = async () => {
      const { uri, text } = await mediaPlaylist(`${system.url}/video/live.m3u8`);
      assert.ok(text.includes('#EXT-X-ENDLIST'), uri);
      const names = listedFiles(text).flatMap((file) => /^(\d+)\.m4s$/.exec(file)?.[1] ?? []);
      const answers = names.map((msn) => fetch(`${system.url}/video/live/${epoch}/${msn}.objects.json`));
      return Promise.all(answers);
    };
    await system.until('the end, and the file of each segment', 60, async () => {
      const { text } = await mediaPlaylist(`${system.url}/video/live.m3u8`);
      return text.includes('#EXT-X-ENDLIST') && (await files()).every(({ status }) => status === 200);
    });
    const shown = await numbersIn(`${system.url}/video/live.m3u8`, BITS);
    const found = (
      await Promise.all((await files()).map(async (file) => ((await file.json()) as ObjectsFileJson).frames))
    ).flat();
    const of = (wanted: string) => found.filter(({ source }) => source === wanted);
    for (const { pts, source, objects } of found) {
      const number = shown.get(Math.round(pts * 1e6));
      assert.notEqual(number, undefined, `${source} at ${pts} s: there is no such frame`);
      const label = source === 'reads' && (number ?? 0) % 2 === 0 ? [] : [String(number)];
      if (source !== 'me')
        assert.deepEqual(
          objects.map((object) => object.label),
          label,
          `${source} at ${pts} s`,
        );
    }
    // Frames that the encoder has repeated have the objects of their originals.
    assert.equal(of('input').length, shown.size);
    for (const source of sources) assert.ok(of(source).length >= 30, source);
    // It may have been repeated.
    const marked = of('me').map(({ pts }) => shown.get(Math.round(pts * 1e6)));
    assert.deepEqual([...new Set(marked)], [newest]);
    for (const [key, pts] of live)
      if (key.startsWith('input '))
        assert.equal(shown.get(Math.round(pts * 1e6)), Number(key.slice(6)), 'live');
    await assertPainted(system.url, shown);
    const metrics = await (await fetch(`${system.url}/metrics`)).text();
    assert.match(metrics, /hlsstream_process_objects_frames_total\{process="stream"/);
  } finally {
    listening.abort();
    program.kill();
    if (program.exitCode === null && program.signalCode === null) await once(program, 'exit');
    assert.equal(await system.stop(), 0);
    rmSync(folder, { recursive: true });
  }
});

/**
 * A clip has the box of each frame painted into that frame, and all frames at their time.
 * @param shown the number that each frame shows, by PTS
 */
async function assertPainted(url: string, shown: ReadonlyMap<number, number>): Promise<void> {
  const times = [...shown.keys()].sort((a, b) => a - b);
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const asked = `${url}/clips/live.mp4?from=${first / 1e6}&to=${last / 1e6}`;
  const clip = async (more: string) => {
    const answer = await fetch(`${asked}${more}`);
    assert.equal(answer.status, 200);
    return Buffer.from(await answer.arrayBuffer());
  };
  const painted: number[] = [];
  await decode({ bytes: await clip('&boxes=on&labels=off'), segments: [] }, ({ pts, width, data }) => {
    painted.push(pts);
    const number = shown.get(first + pts) ?? Number.NaN;
    const left = WIDTH * (0.05 + (number % 16) / 40);
    const edges = [left, left + WIDTH / 2];
    // The box that two detectors lay round the whole picture comes on top.
    const around = [0, WIDTH];
    const isNear = (places: readonly number[], x: number) => places.some((place) => Math.abs(place - x) < 5);
    const coloured = Array.from({ length: width }, (_, x) => x).filter((x) => {
      const colour = data.subarray(3 * (width * (HEIGHT / 2) + x)).subarray(0, 3);
      return Math.max(...colour) - Math.min(...colour) > 24;
    });
    for (const edge of edges)
      assert.ok(isNear(coloured, edge), `frame ${number} at ${pts}: no edge at ${edge}, but at ${coloured}`);
    for (const x of coloured)
      assert.ok(isNear([...edges, ...around], x), `frame ${number} at ${pts}: an edge at ${x}, not ${edges}`);
  });
  // To begin with the last one would be to show what begins at the end.
  assert.deepEqual(
    painted.map((pts) => first + pts),
    times.slice(0, -1),
  );
}

/** What is told live: PTS by source and label. */
function listen(url: string, signal: AbortSignal): ReadonlyMap<string, number> {
  const heard = new Map<string, number>();
  const read = async () => {
    const { body } = await fetch(url, { signal });
    let text = '';
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const events = (text + chunk).split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const data = /^event: objects\ndata: (.*)$/s.exec(event)?.[1];
        if (data === undefined) continue;
        for (const { pts, source, objects } of (JSON.parse(data) as ObjectsEventJson).frames)
          heard.set(`${source} ${objects[0]?.label}`, pts);
      }
    }
  };
  read().catch(() => {});
  return heard;
}
