import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pollAndCheck } from '../checker/poll.ts';
import { freePort } from './free-port.ts';
import { inPlaceOf } from './in-place-of.ts';
import { listedFiles, mediaPlaylist } from './judge.ts';
import { type System, startSystem } from './system.ts';
import { followEvents, postMarkers } from './witnesses.ts';

interface StreamFacts {
  readonly epoch: string;
  readonly window: number;
  readonly start: number;
  readonly edge: number;
  readonly edgeDate: string;
  readonly status: string;
}

interface Marked {
  readonly id: string;
  readonly time: number;
  readonly date: string;
  readonly duration: number | null;
  readonly mediaGone?: true;
}

/** One folder, on which one system after the other is started. */
let dataDir = '';
let port = 0;
let system: System;

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hlsstream-restart-'));
  port = await freePort();
});
after(async () => {
  await system.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(...flags: string[]): Promise<void> {
  const fixed = ['--port', `${port}`, '--size', '320x180', '--segment', '1', '--detector', 'none'];
  const cheap = ['--fps', '10', '--thumbnail-interval', '0'];
  system = await startSystem([...fixed, ...cheap, ...flags], undefined, dataDir);
}

async function facts(): Promise<StreamFacts> {
  return (await system.json<{ streams: StreamFacts[] }>('/streams')).streams[0] as StreamFacts;
}

async function markers(): Promise<Marked[]> {
  return (await system.json<{ markers: Marked[] }>('/markers?limit=10000')).markers;
}

async function mark(text: string): Promise<Marked> {
  const response = await fetch(`${system.url}/markers`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text, class: 'kept', duration: 0 }),
  });
  assert.equal(response.status, 201, text);
  return (await response.json()) as Marked;
}

/** Waits until so many seconds more have been listed. */
async function plays(seconds: number): Promise<void> {
  const from = (await facts()).edge;
  await system.until(`${seconds} s more`, 30, async () => {
    const { edge, status } = await facts();
    return status === 'live' && edge >= from + seconds;
  });
}

/** Everything that is listed, as a program sees it that fetches all of it. */
async function listed(): Promise<{ files: string[]; sequence: number; discontinuities: number }> {
  const { uri, text } = await mediaPlaylist(`${system.url}/video/chessboard.m3u8`);
  const files = listedFiles(text);
  for (const file of files) assert.equal((await fetch(new URL(file, uri))).status, 200, file);
  const number = (tag: string) => Number(new RegExp(`#EXT-X-${tag}:(\\d+)`).exec(text)?.[1] ?? 0);
  return {
    files,
    sequence: number('MEDIA-SEQUENCE'),
    discontinuities: number('DISCONTINUITY-SEQUENCE') + (text.match(/^#EXT-X-DISCONTINUITY$/gm)?.length ?? 0),
  };
}

const said = (words: RegExp) => system.log.filter(({ msg }) => words.test(String(msg)));

describe('a system that is started again on its folder', () => {
  test('goes on with the same epoch: nobody who plays or listens notices but by a discontinuity', async (test) => {
    await start('--window', '60');
    await plays(3);
    const first = await facts();
    const kept = [await mark('one'), await mark('two')];
    const { cursor } = await system.json<{ cursor: string }>('/markers');
    const before = await listed();
    const reader = followEvents(system.url, cursor);
    const over = new AbortController();
    let away = false;
    const playlist = (await mediaPlaylist(`${system.url}/video/chessboard.m3u8`)).uri;
    const mayBeAway = () => away;
    const checked = pollAndCheck(playlist, { seconds: 120, signal: over.signal, mayBeAway });
    test.after(async () => {
      over.abort();
      await reader.stop();
    });
    for (const end of ['stop', 'kill'] as const) {
      away = true;
      kept.push(await mark(`before ${end}`));
      const marked = await markers();
      await system[end]();
      await start('--window', '60');
      away = false;
      assert.deepEqual(await markers(), marked, end);
      await plays(2);
      kept.push(await mark(`after ${end}`));
    }
    await plays(1);
    over.abort();
    const { violations, reloads } = await checked;
    assert.deepEqual(violations, []);
    assert.ok(reloads > 5, `${reloads}`);
    const last = await facts();
    assert.equal(last.epoch, first.epoch);
    assert.equal(last.start, first.start);
    // PTS go on with the calendar, so that the time between two markers is real.
    const [edge, date] = [last.edge - first.edge, Date.parse(last.edgeDate) - Date.parse(first.edgeDate)];
    assert.ok(Math.abs(edge - date / 1000) < 0.01, `${edge} s of PTS, ${date} ms of the calendar`);
    const now = await listed();
    assert.equal(now.sequence, before.sequence);
    assert.ok(now.discontinuities >= before.discontinuities + 2);
    for (const file of before.files.filter((name) => /^\d+\.m4s$/.test(name)))
      assert.ok(now.files.includes(file), `${file} is listed still`);
    await reader.stop();
    assert.equal(reader.resets, 0, 'nothing is to be fetched anew');
    assert.deepEqual(
      reader.changes.map(({ op, marker }) => [op, marker.id]),
      kept.slice(2).map(({ id }) => ['open', id]),
    );
  });

  test('loses no marker, and withdraws no date range, when sync, stream and api die in the same instant', async () => {
    const poster = postMarkers(system.url, 20);
    const playlist = (await mediaPlaylist(`${system.url}/video/chessboard.m3u8`)).uri;
    const over = new AbortController();
    let away = false;
    const mayBeAway = () => away;
    const checked = pollAndCheck(playlist, { seconds: 60, signal: over.signal, mayBeAway, media: 0 });
    await system.until('some markers', 20, () => poster.ids.length > 10);
    away = true;
    const dying = (await Promise.all(['sync', 'stream', 'api'].map((role) => system.pids(role)))).flat();
    for (const pid of dying) process.kill(pid, 'SIGKILL');
    const posted = poster.ids.length;
    await system.until('more markers', 30, () => poster.ids.length > posted + 10);
    away = false;
    await plays(1);
    await poster.stop();
    over.abort();
    assert.deepEqual((await checked).violations, []);
    const ids = (await markers()).map(({ id }) => id).filter((id) => id.startsWith('posted-'));
    assert.deepEqual(ids.toSorted(), poster.ids.toSorted());
  });

  test('mends what was left half done, and says so in one line each', async () => {
    const { epoch } = await facts();
    await plays(1);
    const before = await listed();
    await system.kill();
    const folder = join(dataDir, 'chessboard', epoch, 'main');
    const numbers = (await readdir(folder))
      .flatMap((name) => /^(\d+)\.m4s$/.exec(name)?.[1] ?? [])
      .map(Number);
    const newest = Math.max(...numbers);
    await writeFile(join(folder, `.4711-1.draft`), 'half a part');
    await writeFile(join(folder, `${newest + 3}.m4s`), 'a segment that no log knows');
    await rm(join(folder, `${Math.min(...numbers) + 1}.m4s`));
    const strange = join(dataDir, 'chessboard', 'e0123456789');
    await mkdir(join(strange, 'main'), { recursive: true });
    await start('--window', '90');
    await plays(2);
    assert.equal((await facts()).epoch, epoch);
    assert.equal((await facts()).window, 90);
    const now = await listed();
    assert.equal(now.sequence, before.sequence + 2);
    assert.ok(!now.files.includes(`${newest + 3}.m4s`), 'a number that may have been seen is not used');
    for (const words of [/half written/, /never listed/, /not there any more/, /does not know/])
      assert.equal(said(words).length, 1, String(words));
    await assert.rejects(stat(strange));
    assert.ok(!(await readdir(folder)).includes('.4711-1.draft'));
  });

  test('says in /readyz that the store cannot be kept, refuses markers meanwhile, and goes on by itself', async () => {
    const store = join(dataDir, 'chessboard', '.store');
    const ready = async () => (await fetch(`${system.url}/readyz`)).text();
    await rename(store, `${store}.away`);
    await inPlaceOf(store, () => writeFile(store, 'a file in its place'));
    await system.until('it says so', 20, async () => /sync: the store cannot be kept/.test(await ready()));
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"text":"no"}' };
    const refused = await fetch(`${system.url}/markers`, post);
    assert.equal(refused.status, 507, await refused.text());
    await rm(store);
    await system.until('all is well', 20, async () => !/sync/.test(await ready()));
    await mark('taken again');
    // Its segment is a closed one then: what is still open is written again where it is lost.
    await plays(2);
  });

  test('lists nothing that is not there after its folder was deleted under it, and keeps every marker', async () => {
    const kept = await markers();
    const { epoch } = await facts();
    const times = () => said(/kept on disk again/).length;
    const before = times();
    await rm(join(dataDir, 'chessboard'), { recursive: true, force: true, maxRetries: 5 });
    await system.until('that the loss is noticed', 20, () => times() > before);
    await plays(2);
    await listed();
    await system.kill();
    await start('--window', '90');
    const now = await markers();
    assert.deepEqual(
      now.map(({ mediaGone: _, ...marker }) => marker),
      kept.map(({ mediaGone: _, ...marker }) => marker),
    );
    assert.ok(
      now.every(({ mediaGone }) => mediaGone),
      'that their media is gone is said',
    );
    assert.equal((await facts()).epoch, epoch);
    await plays(1);
    await listed();
  });

  test('begins another epoch where it must, behind all that was: no marker lies on another frame', async () => {
    const kept = await markers();
    const before = await facts();
    const old = await mediaPlaylist(`${system.url}/video/chessboard.m3u8`);
    const file = listedFiles(old.text).findLast((name) => /^\d+\.m4s$/.test(name)) ?? '';
    await system.stop();
    await start('--window', '90', '--part', '0.5');
    await plays(1);
    const now = await facts();
    assert.notEqual(now.epoch, before.epoch);
    assert.ok(now.start > before.edge, 'PTS go on with the calendar');
    assert.deepEqual(await markers(), kept);
    assert.equal((await fetch(new URL(file, old.uri))).status, 200, 'what is kept can be fetched');
    const marked = kept[0] as Marked;
    const clip = await fetch(`${system.url}/clips/chessboard.mp4?marker=${marked.id}`);
    assert.equal(clip.status, 422, await clip.text());
  });

  test('deletes everything when it is told to begin anew, and only then', async () => {
    const { epoch } = await facts();
    await system.stop();
    await start('--fresh');
    await plays(1);
    const now = await facts();
    assert.notEqual(now.epoch, epoch);
    assert.ok(now.start < 1, `begins at ${now.start}`);
    assert.deepEqual(await markers(), []);
    const { pids } = system;
    const [sync = 0] = await pids('sync');
    await mark('kept');
    process.kill(sync, 'SIGKILL');
    await system.until('another sync', 20, async () => (await pids('sync')).some((pid) => pid !== sync));
    await plays(1);
    assert.equal((await markers()).length, 1);
    const epochs = (await readdir(join(dataDir, 'chessboard'))).filter((name) => /^e/.test(name));
    assert.deepEqual(epochs, [now.epoch]);
  });
});
