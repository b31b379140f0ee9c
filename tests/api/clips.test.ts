import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { Frame } from '../../src/container/frame.ts';
import { FfmpegEncoder } from '../../src/encoder/ffmpeg-encoder.ts';
import { objectsFile } from '../../src/hls/objects-file.ts';
import { mediaFolder } from '../../src/hls/playlist-log.ts';
import type { ClipPainter, PaintOrder } from '../../src/objects/clip-painter.ts';
import { openEpoch, playlistParameters } from '../../src/packager/epoch.ts';
import { Packager } from '../../src/packager/packager.ts';
import { Publisher } from '../../src/packager/publisher.ts';
import { planSegments } from '../../src/packager/segment-planner.ts';
import { unexpected } from '../unexpected.ts';
import { type Fixture, fixture, until } from './fixture.ts';
import { assertError } from './http.ts';
import { rawConnection } from './raw-connection.ts';

const START = Date.UTC(2026, 4, 1, 12) * 1000;

/** Grey frames of irregular times, three seconds of them and, after a break of 1.5 s, two more. */
function* frames(size = 96): Generator<Frame> {
  for (let index = 0; index < 150; index += 1) {
    const late = index < 90 ? 0 : 1_500_000;
    const pts = Math.round((index * 1e6) / 30) + (index % 3) * 1_002 + late;
    const height = index < 90 ? 96 : size;
    const data = new Uint8Array(160 * height * 4).fill(20 + index);
    yield { pts, capturedAt: START + pts, width: 160, height, data, discontinuity: index === 90 };
  }
}

async function packaged(
  t: TestContext,
  size?: number,
  clipLimit = 60,
  clipPainter?: ClipPainter,
): Promise<Fixture & { times: number[] }> {
  const api = await fixture(t, { clipLimit, clipPainter });
  const plan = planSegments(30, 0.2, 1);
  const { state, from } = await openEpoch(api.store, 'cam', playlistParameters(plan, 600e6), START);
  const publisher = new Publisher(api.store, state, unexpected);
  await publisher.announce();
  const times: number[] = [];
  const encoder = new FfmpegEncoder({ encoder: 'libx264' }, 'ffmpeg');
  const packager = new Packager({
    ...{ publisher, storage: api.storage, encoder, plan, from, frameRate: 30, stall: 5e6, paced: false },
    bandwidth: () => 1_000_000,
    onFrame: ({ pts }) => times.push(pts),
  });
  async function* source() {
    yield* frames(size);
  }
  await packager.package(source(), () => true);
  await publisher.close();
  await until(() => api.api.live.stream('cam')?.state?.ended === true);
  return { ...api, times };
}

async function probe(folder: string, bytes: Buffer): Promise<{ times: number[]; complaints: string }> {
  const file = join(folder, 'clip.mp4');
  await writeFile(file, bytes);
  const { stdout, stderr } = await promisify(execFile)('ffprobe', [
    ...['-v', 'warning', '-show_entries', 'frame=pts_time', '-of', 'csv=p=0', file],
  ]);
  const decoded = await promisify(execFile)('ffmpeg', [
    '-v',
    'warning',
    '-i',
    file,
    '-fps_mode',
    'passthrough',
    '-f',
    'null',
    '-',
  ]);
  const times = stdout.split(/[\n,]+/).filter((text) => text !== '');
  return { times: times.map((text) => Math.round(Number(text) * 1e6)), complaints: stderr + decoded.stderr };
}

function within(times: readonly number[], from: number, to: number): number[] {
  const first = times.findLast((pts) => pts <= from) ?? from;
  return times.filter((pts) => pts >= first && pts < to).map((pts) => pts - first);
}

test('a clip begins with the frame asked for, keeps every time and decodes, also across a break', async (t) => {
  const { get, folder, times } = await packaged(t);
  for (const [from, to] of [
    [0, 1],
    [1.37, 2.5],
    [2.2, 5.1],
  ] as const) {
    const answer = await get(`/clips/cam.mp4?from=${from}&to=${to}`);
    assert.equal(answer.status, 200, answer.text.slice(0, 200));
    assert.equal(answer.bytes.length, Number(answer.headers['content-length']));
    const { times: shown, complaints } = await probe(folder, answer.bytes);
    assert.equal(complaints, '');
    assert.deepEqual(shown, within(times, from * 1e6, to * 1e6));
  }
});

test('a clip has a name and a length, and is the same whether asked for by time, date or marker', async (t) => {
  const { get, write } = await packaged(t);
  const byTime = await get('/clips/cam.mp4?from=1&to=2');
  const head = await get('/clips/cam.mp4?from=1&to=2', { method: 'HEAD' });
  assert.equal(head.headers['content-length'], byTime.headers['content-length']);
  assert.equal(head.bytes.length, 0);
  assert.match(
    byTime.headers['content-disposition'] ?? '',
    /^attachment; filename="cam-2026-05-01T12-00-0[01]\.\d{3}Z\.mp4"$/,
  );
  assert.equal(byTime.headers['accept-ranges'], 'none');
  assert.equal(byTime.headers['content-type'], 'video/mp4');
  const byDate = await get('/clips/cam.mp4?from=2026-05-01T12:00:01Z&to=2026-05-01T14:00:02+02:00');
  assert.ok(byDate.bytes.equals(byTime.bytes));
  await write('POST', '/markers', { id: 'm', time: 1, duration: 1, text: 'x' });
  assert.ok((await get('/clips/cam.mp4?marker=m')).bytes.equals(byTime.bytes));
  await write('POST', '/markers', { id: 'instant', time: 1, text: 'x' });
  assert.equal((await get('/clips/cam.mp4?marker=instant')).status, 200);
});

test('what cannot be cut is refused with a code of its own', async (t) => {
  const { get, failures } = await packaged(t, undefined, 2);
  for (const [query, status, code] of [
    ['', 400, 'BAD_PARAMETER'],
    ['from=1', 400, 'BAD_PARAMETER'],
    ['from=2&to=1', 400, 'BAD_PARAMETER'],
    ['from=1&to=1', 400, 'BAD_PARAMETER'],
    ['from=-1&to=1', 400, 'BAD_PARAMETER'],
    ['from=NaN&to=1', 400, 'BAD_PARAMETER'],
    ['from=1&from=1&to=2', 400, 'BAD_PARAMETER'],
    ['from=0&to=Infinity', 400, 'BAD_PARAMETER'],
    ['from=2026-05-01&to=2', 400, 'BAD_PARAMETER'],
    ['from=%00&to=2', 400, 'BAD_PARAMETER'],
    ['marker=m&from=1', 400, 'BAD_PARAMETER'],
    ['from=0&to=1&boxes=yes', 400, 'BAD_PARAMETER'],
    ['from=0&to=1&boxes=on&labels=', 400, 'BAD_PARAMETER'],
    ['from=0&to=1&boxes=on&score=1.1', 400, 'BAD_PARAMETER'],
    ['from=0&to=1&boxes=on&score=NaN', 400, 'BAD_PARAMETER'],
    ['from=0&to=1&boxes=on', 501, 'FFMPEG_NOT_FOUND'],
    ['from=0&to=999999999999', 422, 'CLIP_OUTSIDE'],
    ['from=0&to=3', 422, 'CLIP_TOO_LONG'],
    ['marker=none', 404, 'NOT_FOUND'],
  ] as const)
    assertError(await get(`/clips/cam.mp4?${query}`), status, code);
  assertError(await get('/clips/other.mp4?from=0&to=1'), 404, 'NOT_FOUND');
  assertError(await get('/clips/cam?from=0&to=1'), 404, 'NOT_FOUND');
  assertError(await get('/clips/..%2fcam.mp4?from=0&to=1'), 404, 'NOT_FOUND');
  assertError(await get('/clips/cam.mp4?from=0&to=1', { method: 'POST' }), 405, 'METHOD_NOT_ALLOWED');
  assert.deepEqual(failures, []);
});

test('a range in which the picture changes its size is refused', async (t) => {
  const { get } = await packaged(t, 128);
  assertError(await get('/clips/cam.mp4?from=2&to=5'), 409, 'CLIP_CODEC_CHANGED');
  assert.equal((await get('/clips/cam.mp4?from=5&to=6')).status, 200);
});

for (const [how, isPipelined] of [
  ['one broken off', false],
  ['those that waited behind other answers of a connection that is gone', true],
] as const)
  test(`clips at once are bounded, and ${how} makes room`, async (t) => {
    const { get, start, storage, port } = await packaged(t);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const read = storage.read.bind(storage);
    let reading = 0;
    storage.read = async (path) => {
      reading += 1;
      await held;
      return read(path);
    };
    const path = '/clips/cam.mp4?from=0&to=1';
    const leave: (() => void)[] = [];
    if (isPipelined) {
      const { socket } = rawConnection(t, port);
      const paths = ['/markers/events', ...Array<string>(8).fill(path)];
      socket.write(paths.map((each) => `GET ${each} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(''));
      leave.push(() => socket.destroy());
    } else {
      for (let count = 0; count < 8; count += 1) {
        const { answer, request } = start(path);
        answer.catch(() => {});
        leave.push(() => request.destroy());
      }
    }
    await until(() => reading >= 8);
    const refused = await get('/clips/cam.mp4?from=0&to=1');
    assertError(refused, 503, 'CLIPS_BUSY');
    assert.ok(refused.headers['retry-after']);
    for (const each of leave) each();
    release();
    await until(async () => (await get('/clips/cam.mp4?from=0&to=1')).status === 200);
  });

test('a clip that ends in what filled a silence is as long as one that keeps it: the last picture stands', async (t) => {
  const { get, folder, api } = await packaged(t);
  const run = api.live.stream('cam')?.state?.segments.at(-1)?.run;
  for (const segment of api.live.stream('cam')?.state?.segments ?? [])
    if (segment.run === run) Object.assign(segment, { filler: { kind: 'slate', since: START } });
  const lengths: string[] = [];
  for (const query of ['from=1&to=5.5', 'from=1&to=5.5&filler=keep']) {
    const { bytes, status } = await get(`/clips/cam.mp4?${query}`);
    assert.equal(status, 200);
    const file = join(folder, 'silent.mp4');
    await writeFile(file, bytes);
    const entries = 'stream=nb_frames,duration';
    const { stdout } = await promisify(execFile)('ffprobe', [
      ...['-v', 'error', '-select_streams', 'v', '-show_entries', entries, '-of', 'csv=p=0', file],
    ]);
    lengths.push(stdout.trim());
  }
  const [dropped, kept] = lengths.map((text) => text.split(',').map(Number));
  assert.ok((dropped?.[1] ?? 0) < (kept?.[1] ?? 0) - 20, lengths.join(' '));
  assert.ok(Math.abs((dropped?.[0] ?? 0) - (kept?.[0] ?? 9)) < 0.04, lengths.join(' '));
});

test('boxes are painted by whoever can, from what is in files and what is in none yet, one clip at a time', async (t) => {
  const orders: PaintOrder[] = [];
  const given: PassThrough[] = [];
  const painter: ClipPainter = async (order) => {
    orders.push(order);
    const media = new PassThrough();
    given.push(media);
    media.write('painted');
    return media;
  };
  const { get, start, write, storage, times } = await packaged(t, undefined, 60, painter);
  const query = '/clips/cam.mp4?from=1.37&to=2.5';
  const plain = await get(query);
  assert.ok((await get(`${query}&boxes=on`)).bytes.equals(plain.bytes), 'nothing to paint');

  const objects = [{ label: 'ball', box: [0.1, 0.2, 0.3, 0.4] }];
  const [inFile = 0, inNone = 0] = [times[30], times[60]];
  const file = `{"version":1,"frames":[{"pts":${inFile / 1e6},"source":"s","objects":${JSON.stringify(objects)}}]}`;
  const { epoch } = (await get('/streams/cam')).json;
  await storage.write(`${mediaFolder('cam', epoch)}/${objectsFile(1)}`, [Buffer.from(file)]);
  assert.equal((await write('POST', '/objects', { pts: inNone / 1e6, source: 's', objects })).status, 201);
  assert.equal((await get(`${query}&boxes=on`, { method: 'HEAD' })).headers['content-length'], undefined);
  const first = start(`${query}&boxes=on&labels=off&score=0.5`);
  await until(() => first.answered());
  const [{ frames, seen, labels, threshold, width, height }] = orders as [PaintOrder];
  assert.deepEqual([labels, threshold, width, height], [false, 0.5, 160, 96]);
  assert.deepEqual(
    frames.map((pts) => pts - (frames[0] ?? 0)),
    within(times, 1_370_000, 2_500_000),
  );
  assert.deepEqual(
    seen.map(({ pts }) => pts).toSorted((a, b) => a - b),
    [inFile, inNone],
  );
  assertError(await get(`${query}&boxes=on`), 503, 'CLIPS_BUSY');
  assert.equal((await get(query)).status, 200, 'others are cut meanwhile');
  given[0]?.end();
  assert.equal((await first.answer).text, 'painted');
  // There is room again when its answer has ended, which the server may see later than the client.
  await until(async () => {
    const second = start(`${query}&boxes=on`);
    second.answer.catch(() => {});
    await until(() => second.answered());
    second.request.destroy();
    return given.length === 2;
  });
  // Who has gone shows when something is sent.
  await until(() => {
    given[1]?.write('more');
    return given[1]?.destroyed === true;
  });
});
