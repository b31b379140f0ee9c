import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { hangBound } from '../hang-bound.ts';
import { listedFiles } from './judge.ts';
import { PROGRAM, type System, startSystem } from './system.ts';

const run = promisify(execFile);
const timeout = hangBound(20);

interface StreamFacts {
  readonly epoch: string;
  readonly start: number;
  readonly startDate: string;
  readonly keptFrom?: number;
  readonly keptFromDate?: string;
  readonly edge: number;
  readonly edgeDate: string;
}

const token = 'open-sesame';
const headers = { authorization: `Bearer ${token}` };
let system: System;
const dataDir = await mkdtemp(join(tmpdir(), 'hlsstream-retention-'));
after(async () => {
  await system.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(...flags: string[]): Promise<void> {
  const fixed = [
    '--size',
    '320x180',
    '--segment',
    '0.5',
    '--detector',
    'none',
    '--window',
    '2',
    '--token',
    token,
    ...['--fps', '20', '--thumbnail-interval', '0'],
  ];
  const access = ['--access', 'private', '--read-token', token];
  system = await startSystem([...fixed, ...access, ...flags], undefined, dataDir);
}

async function facts(): Promise<StreamFacts> {
  const { streams } = (await (await fetch(`${system.url}/streams`, { headers })).json()) as {
    streams: StreamFacts[];
  };
  return streams[0] as StreamFacts;
}

async function plays(seconds: number): Promise<void> {
  const from = (await facts()).edge;
  await system.until(`${seconds} s more`, 30, async () => (await facts()).edge >= from + seconds);
}

/** The address with a signature, as `hlsstream sign` prints it. */
async function signed(path: string): Promise<string> {
  const { stdout } = await run(process.execPath, [
    PROGRAM,
    'sign',
    path,
    '--for',
    '1h',
    '--data-dir',
    dataDir,
  ]);
  return system.url + stdout.trim();
}

/** When ffmpeg shows each frame, in seconds; it must complain of nothing. */
async function frames(address: string): Promise<number[]> {
  const asked = [
    '-v',
    'warning',
    '-show_entries',
    'frame=best_effort_timestamp_time',
    '-select_streams',
    'v',
    '-of',
    'csv=p=0',
  ];
  const { stdout, stderr } = await run('ffprobe', [...asked, address], { timeout });
  assert.equal(stderr.replace(/.*(?:Skip \('#EXT|Opening|duplicated MOOV).*\n/g, ''), '');
  return stdout
    .trim()
    .split(/[\s,]+/)
    .map(Number);
}

test('what has left the playlist plays on, over a kill and another epoch, whole and signed, and is deleted when it is told to', async () => {
  await start('--retain', '10m');
  await plays(4);
  const marker = (await (
    await fetch(`${system.url}/markers`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ id: 'early', text: 'early', duration: 0.5 }),
    })
  ).json()) as { time: number; date: string };
  await system.until(
    'that the marker has left the list',
    30,
    async () => (await facts()).start > marker.time + 0.5,
  );
  const first = await facts();
  await system.kill();
  await start('--retain', '10m');
  await plays(2);
  await system.stop();
  await start('--retain', '10m', '--part', '0.25');
  await plays(3);
  const now = await facts();
  assert.notEqual(now.epoch, first.epoch);
  assert.ok((now.keptFrom ?? now.start) < 1, `kept from ${now.keptFrom}`);

  const address = await signed(`/video/chessboard.m3u8?start=${now.keptFromDate}`);
  const answer = await fetch(address);
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  assert.match(text, /EXT-X-ENDLIST\n$/);
  const breaks = text.match(/EXT-X-DISCONTINUITY\n/g)?.length ?? 0;
  assert.ok(breaks >= 2, 'one after the kill, one between the epochs');
  assert.ok(text.includes(first.epoch) && text.includes(now.epoch));
  const files = listedFiles(text);
  for (const file of files) assert.equal((await fetch(new URL(file, address))).status, 200, file);
  const shown = await frames(address);
  const listed = [...text.matchAll(/#EXTINF:([\d.]+)/g)].reduce((sum, [, length]) => sum + Number(length), 0);
  // A busy machine draws fewer, and each is shown longer.
  assert.ok(shown.length > listed * 8, `${shown.length} frames of ${listed} s`);

  const clip = await fetch(`${system.url}/clips/chessboard.mp4?marker=early`, { headers });
  assert.equal(clip.status, 200, 'a clip of a marker whose media is kept');
  const over = await signed(
    `/video/chessboard.m3u8?start=${marker.date}&end=${new Date(Date.parse(marker.date) + 500).toISOString()}`,
  );
  const around = await (await fetch(over)).text();
  assert.match(around, /DATERANGE:ID="early@/);
  assert.equal(
    (await fetch(`${system.url}/video/chessboard.m3u8?start=${marker.date}`)).status,
    401,
    'closed without',
  );

  await system.stop();
  await start();
  await system.until(
    'that nothing more is kept than was listed',
    30,
    async () => (await facts()).keptFrom === undefined,
  );
  await plays(1);
  // First nobody is told of it any more, then it goes.
  await system.until('that the folders of the epochs before are gone', 30, async () => {
    const epochs = (await readdir(join(dataDir, 'chessboard'))).filter((name) =>
      /^e[0-9a-f]{10}$/.test(name),
    );
    return epochs.length === 1;
  });
});
