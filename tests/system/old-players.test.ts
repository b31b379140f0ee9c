import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from '../e2e/browser.ts';
import { type PlayerName, type PlayerPages, servePlayers } from '../e2e/player-pages.ts';
import { openSideBySide } from '../e2e/side-by-side.ts';
import { readWatched, type Watched } from '../e2e/watched-page.ts';
import { freePort } from './free-port.ts';
import { type System, startSystem } from './system.ts';

/** Segments of a second: the Skip Boundary is 6 s, and a discontinuity soon lies beyond it. The rest costs little. */
const flags = [
  ...['--segment', '1', '--size', '160x90', '--fps', '10', '--detector', 'none', '--thumbnail-interval', '0'],
  ...['--window', '90', '--cors-origin', '*', '--log-level', 'warn'],
];

let system: System;
let dataDir: string;
let browser: TestBrowser;
let players: PlayerPages;

before(async () => {
  players = await servePlayers();
  dataDir = await mkdtemp(join(tmpdir(), 'hlsstream-players-'));
  flags.push('--port', `${await freePort()}`);
  system = await startSystem(flags, undefined, dataDir);
  browser = await startBrowser({ width: 660, height: 600 });
});

after(async () => {
  await browser?.close();
  await system?.stop();
  await players?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const openAll = (names: readonly PlayerName[]) => openSideBySide(browser, players, names, system.url);

async function epochs(): Promise<string[]> {
  const { streams } = await system.json<{ streams: { epoch: string }[] }>('/streams');
  return streams.map(({ epoch }) => epoch);
}

/** How many closed segments the newest discontinuity lies back. */
async function segmentsSinceBreak(): Promise<number> {
  const variants = await (await fetch(`${system.url}/video/chessboard.m3u8`)).text();
  const uri = variants.split('\n').find((line) => line !== '' && !line.startsWith('#'));
  const list = await (await fetch(`${system.url}/video/${uri}`)).text();
  const [, since] = list.split('#EXT-X-DISCONTINUITY\n');
  return since?.match(/#EXTINF/g)?.length ?? 0;
}

/** Every sixth frame is noted: five are three seconds at 10 frames a second. */
async function played(view: Page, since: number): Promise<number> {
  return (await readWatched(view)).samples.slice(since).length * 0.6;
}

/** How much of that was played since it ran dry the last time, in seconds. */
async function playedInOne(view: Page, since: number): Promise<number> {
  const { samples, stalls } = await readWatched(view);
  const dry = stalls.at(-1) ?? 0;
  return samples.slice(since).filter(({ at }) => at > dry).length * 0.6;
}

test('players of any age play on after the encoder was killed, and one that no longer could starts there', async () => {
  const { views, close } = await openAll(['hls.js-1.5', 'hls.js', 'video.js']);
  for (const { name, view } of views)
    await system.until(`${name} plays`, 60, async () => (await played(view, 0)) >= 2);
  // How a player of another maker came to play on a slow machine, with parts left out, is not what is asked here.
  const begun = await Promise.all(views.map(({ view }) => readWatched(view)));
  const [pid = 0] = await system.pids('ffmpeg');
  process.kill(pid, 'SIGKILL');
  // Seven segments and the open one: the discontinuity is what a delta update would skip.
  await system.until(
    'the break is beyond the Skip Boundary',
    90,
    async () => (await segmentsSinceBreak()) >= 9,
  );
  const before = await Promise.all(views.map(({ view }) => readWatched(view)));
  for (const [index, { name, view }] of views.entries()) {
    const { samples } = before[index] as Watched;
    // One that is close behind live runs dry on a busy machine until it is a little less close; it is not to go on so.
    await system.until(`${name} plays on`, 60, async () => (await playedInOne(view, samples.length)) >= 6);
    const after = await readWatched(view);
    assert.deepEqual(after.errors, [], name);
    // One more from the break on, and one for a machine that is too busy to load all of it.
    const more = after.ranges - (begun[index] as Watched).ranges;
    assert.ok(more <= 2, `${name}: ${more} more holes: ${after.doing}`);
  }
  await close();
  const late = await openAll(['hls.js-1.6']);
  for (const { name, view } of late.views)
    await system.until(`${name} starts and plays`, 60, async () => (await played(view, 0)) >= 5);
  await late.close();
});

test('they play on after all of it was killed and started again on its folder, without a reload', async () => {
  const { views, close } = await openAll(['hls.js-1.5', 'hls.js', 'video.js']);
  for (const { name, view } of views)
    await system.until(`${name} plays`, 60, async () => (await played(view, 0)) >= 2);
  const [before = ''] = await epochs();
  await system.kill();
  system = await startSystem(flags, undefined, dataDir);
  const seen = await Promise.all(views.map(async ({ view }) => (await readWatched(view)).samples.length));
  for (const [index, { name, view }] of views.entries())
    await system.until(`${name} plays on`, 60, async () => (await played(view, seen[index] ?? 0)) >= 3);
  assert.deepEqual(await epochs(), [before]);
  await close();
});
