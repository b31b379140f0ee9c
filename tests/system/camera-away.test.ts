import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import HLS from 'hls-parser';
import { Parser } from 'm3u8-parser';
import { pollAndCheck } from '../checker/poll.ts';
import { type HttpInput, mjpegCamera, serveInput } from '../source/http-input.ts';
import { decode, download, mediaPlaylist, type RunMedia } from './judge.ts';
import { assertKeyFrames } from './key-frames.ts';
import { startSystem } from './system.ts';

/** A detector that writes down the PTS of every picture it is shown, in microseconds. */
const WITNESS = `import { appendFileSync } from 'node:fs';
const seen = new URL('seen', import.meta.url);
export default () => ({ name: 'witness', look: ({ pts }) => { appendFileSync(seen, pts + '\\n'); return []; } });
`;

/** Pictures a second, and the light of them all. */
const [RATE, LIGHT] = [10, 200];

interface Range {
  readonly kind: string;
  readonly since: string;
  /** PTS in seconds. */
  readonly start: number;
  readonly end: number;
}

interface Stream {
  readonly edge: number;
  readonly inputLoss?: Pick<Range, 'kind' | 'since'>;
  readonly filler?: readonly Range[];
}

interface Sheets {
  readonly sheets: readonly { readonly tiles: readonly { readonly time: number }[] }[];
}

HLS.setOptions({ strictMode: true });

let folder: string;
let camera: HttpInput;
let away = false;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hlsstream-away-'));
  const grey = `color=c=0x${LIGHT.toString(16).repeat(3)}:s=160x120`;
  const args = ['-v', 'error', '-f', 'lavfi', '-i', grey, '-frames:v', '1', '-f', 'mjpeg', '-'];
  const answer = mjpegCamera([execFileSync('ffmpeg', args)], RATE);
  camera = await serveInput((request, response) => {
    if (away) request.socket.destroy();
    else answer(request, response);
  });
});

after(async () => {
  await camera?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A system that shows the camera, and what its detector saw. */
async function startCamera(mode: string, ...flags: string[]) {
  const own = await mkdtemp(join(folder, `${mode}-`));
  await writeFile(join(own, 'witness.mjs'), WITNESS);
  const system = await startSystem([
    ...['--source', camera.url, '--name', 'yard', '--fps', String(RATE), '--segment', '1', '--part', '0.2'],
    ...['--stall', '1', '--detector', join(own, 'witness.mjs'), '--thumbnail-interval', '1', ...flags],
  ]);
  const stopping = new AbortController();
  const url = `${system.url}/video/yard.m3u8`;
  return {
    ...{ mode, system, url, stopping },
    checked: pollAndCheck(url, { seconds: 600, signal: stopping.signal, media: 0 }),
    stream: () => system.json<Stream>('/streams/yard'),
    /** What its detector saw of a process that was killed before it had listed that: filler takes those times. */
    lost: new Set<number>(),
    seen: async () => (await readFile(join(own, 'seen'), 'utf8')).trim().split('\n').map(Number),
  };
}

type Camera = Awaited<ReturnType<typeof startCamera>>;

async function plays(
  { system, stream }: Camera,
  seconds: number,
  fits: (now: Stream) => boolean,
): Promise<void> {
  let from: number | undefined;
  await system.until(`${seconds} s more`, 60, async () => {
    const now = await stream();
    if (!fits(now)) return false;
    from ??= now.edge;
    return now.edge >= from + seconds;
  });
}

const shows = ({ inputLoss }: Stream) => inputLoss === undefined;

async function killStream({ system }: Camera): Promise<void> {
  const [pid = 0] = await system.pids('stream');
  process.kill(pid, 'SIGKILL');
}

/** How light the pictures of a stretch are, the text of a slate left out: the commonest value. */
async function lights(runs: readonly Pick<RunMedia, 'bytes'>[]): Promise<{ pts: number; light: number }[]> {
  const seen: { pts: number; light: number }[] = [];
  for (const { bytes } of runs)
    await decode({ bytes, segments: [] }, ({ pts, data }) => {
      const counts = new Uint32Array(256);
      for (let at = 1; at < data.length; at += 3) counts[data[at] ?? 0] = (counts[data[at] ?? 0] ?? 0) + 1;
      seen.push({ pts: pts / 1e6, light: counts.indexOf(Math.max(...counts)) });
    });
  return seen;
}

/** That detector and thumbnails saw pictures of the source only, and two parsers have nothing against the playlist. */
async function assertKnown(one: Camera): Promise<readonly Range[]> {
  const { system, stream, url, seen, lost } = one;
  const { filler = [] } = await stream();
  const inside = (pts: number) => filler.some(({ start, end }) => pts / 1e6 >= start && pts / 1e6 < end);
  assert.deepEqual(
    (await seen()).filter((pts) => inside(pts) && !lost.has(pts)),
    [],
  );
  const { sheets } = await system.json<Sheets>('/streams/yard/thumbnails.json');
  const tiles = sheets.flatMap((sheet) => sheet.tiles);
  assert.ok(tiles.length > 3, `${tiles.length} thumbnails`);
  assert.deepEqual(
    tiles.filter(({ time }) => inside(time * 1e6)),
    [],
  );
  const { text } = await mediaPlaylist(url);
  const warnings: string[] = [];
  const parser = new Parser();
  parser.on('warn', ({ message }) => warnings.push(message));
  parser.push(text);
  parser.end();
  assert.deepEqual(warnings, []);
  const { segments } = HLS.parse(text) as HLS.types.MediaPlaylist;
  assert.equal(
    segments.some(({ gap }) => gap),
    one.mode === 'gap',
  );
  assert.deepEqual((await one.checked).violations, []);
  return filler;
}

describe('a camera that is away', () => {
  let cameras: readonly Camera[] = [];
  /** When the camera went away. */
  let since: string | undefined;
  const [slate, gap, pause] = [0, 1, 2].map((index) => () => cameras[index] as Camera) as [
    () => Camera,
    () => Camera,
    () => Camera,
  ];

  before(async () => {
    cameras = await Promise.all([
      startCamera('slate'),
      startCamera('gap', '--input-loss', 'gap'),
      startCamera('pause', '--input-loss', 'pause'),
    ]);
    await Promise.all(cameras.map((one) => plays(one, 3, shows)));
  });

  after(async () => {
    for (const { stopping } of cameras) stopping.abort();
    await Promise.all(cameras.map(({ system }) => system.stop()));
  });

  test('is filled for also by the process that follows one which was killed meanwhile', async () => {
    away = true;
    for (const { socket } of camera.requests) socket.destroy();
    // One is killed before the silence is known, one long after.
    await killStream(slate());
    await Promise.all(
      [slate(), gap()].map((one) => plays(one, 2, ({ inputLoss }) => inputLoss?.kind === one.mode)),
    );
    // No picture came since.
    for (const pts of await slate().seen()) slate().lost.add(pts);
    since = (await gap().stream()).inputLoss?.since;
    await killStream(gap());
    await Promise.all(
      [slate(), gap()].map((one) => plays(one, 3, ({ inputLoss }) => inputLoss?.kind === one.mode)),
    );
    assert.equal((await gap().stream()).inputLoss?.since, since);
    await pause().system.until('it is told', 60, () =>
      pause().system.log.some(({ msg }) => /the encoder is closed until they return/.test(String(msg))),
    );
    away = false;
    await Promise.all(cameras.map((one) => plays(one, 3, shows)));
    for (const { stopping } of cameras) stopping.abort();
  });

  test('shows a slate, which is darkened once and no part of a clip unless it is asked for', async () => {
    const one = slate();
    const filler = await assertKnown(one);
    assert.ok(filler.length > 0 && filler.every(({ kind }) => kind === 'slate'), JSON.stringify(filler));
    const within = (pts: number) => filler.some(({ start, end }) => pts > start - 1e-4 && pts < end - 1e-4);
    const all = await lights(await download(one.url));
    for (const { pts, light } of all) {
      const right = within(pts) ? LIGHT * 0.3 : LIGHT;
      assert.ok(Math.abs(light - right) < 12, `${light} instead of ${right} at ${pts} s`);
    }
    await assertKeyFrames(one.url, new Set(all.map(({ pts }) => Math.round(pts * 1e6))));
    const clip = `${one.system.url}/clips/yard.mp4?from=${all[0]?.pts}&to=${all.at(-1)?.pts}`;
    const pictures = async (url: string) => {
      const answer = await fetch(url);
      const bytes = Buffer.from(await answer.arrayBuffer());
      assert.equal(answer.status, 200, bytes.toString('latin1', 0, 200));
      const shown = await lights([{ bytes }]);
      return { dark: shown.filter(({ light }) => light < LIGHT / 2).length, end: shown.at(-1)?.pts ?? 0 };
    };
    const [dropped, kept] = [await pictures(clip), await pictures(`${clip}&filler=keep`)];
    assert.ok(dropped.dark === 0 && kept.dark > 5, JSON.stringify({ dropped, kept }));
    // The picture before a silence stands for as long as it lasts.
    assert.ok(Math.abs(dropped.end - kept.end) < 0.01, JSON.stringify({ dropped, kept }));
    await one.system.stop();
  });

  test('leaves gaps that belong together, and media around them that decodes', async () => {
    const filler = await assertKnown(gap());
    // One from each process. A machine that is busy may have had silences of its own.
    assert.equal(filler.filter((range) => range.kind === 'gap' && range.since === since).length, 2);
    for (const { light } of await lights(await download(gap().url)))
      assert.ok(Math.abs(light - LIGHT) < 12, `${light}`);
    await gap().system.stop();
  });

  test('stops the playlist where that was asked for, which goes on after a discontinuity with a jump of the date', async () => {
    assert.deepEqual(await assertKnown(pause()), []);
    const { text } = await mediaPlaylist(pause().url);
    const { segments } = HLS.parse(text) as HLS.types.MediaPlaylist;
    const jumps = segments.flatMap(({ discontinuity, programDateTime }, index) => {
      const before = segments[index - 1];
      if (!discontinuity || !before?.programDateTime || !programDateTime) return [];
      return [(programDateTime.getTime() - before.programDateTime.getTime()) / 1000 - before.duration];
    });
    assert.ok(
      jumps.some((jump) => jump > 3),
      JSON.stringify(jumps),
    );
    for (const { light } of await lights(await download(pause().url)))
      assert.ok(Math.abs(light - LIGHT) < 12, `${light}`);
  });
});
