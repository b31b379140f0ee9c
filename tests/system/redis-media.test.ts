import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { startRedis } from '../store/redis-server.ts';
import { freePort } from './free-port.ts';
import { download, listedFiles, mediaPlaylist } from './judge.ts';
import { PROGRAM, startSystem } from './system.ts';

const STREAM = [
  ...['--size', '320x180', '--fps', '10', '--segment', '1', '--part', '0.25', '--detector', 'none'],
  ...['--thumbnail-interval', '1', '--log-level', 'warn'],
];

/** What ffprobe says against a file (nothing when it reads clean), and the seconds from its first frame to its last. */
async function probe(bytes: Buffer): Promise<{ complaints: string; seconds: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'hlsstream-media-'));
  try {
    await writeFile(join(folder, 'media.mp4'), bytes);
    const { stdout, stderr } = await promisify(execFile)('ffprobe', [
      ...['-v', 'warning', '-select_streams', 'v:0', '-show_entries', 'frame=pts_time', '-of', 'csv=p=0'],
      join(folder, 'media.mp4'),
    ]);
    const times = (stdout.match(/[\d.]+/g) ?? []).map(Number);
    return { complaints: stderr, seconds: (times.at(-1) ?? 0) - (times[0] ?? 0) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bytes(url: string): Promise<Buffer> {
  const response = await fetch(url);
  assert.equal(response.status, 200, url);
  return Buffer.from(await response.arrayBuffer());
}

/** An API host of its own: it knows the stream by Redis alone. */
async function startApi(flags: readonly string[]) {
  const dataDir = await mkdtemp(join(tmpdir(), 'hlsstream-api-'));
  const port = await freePort();
  const api = spawn(
    process.execPath,
    [PROGRAM, 'api', '--port', `${port}`, '--data-dir', dataDir, ...flags],
    {
      stdio: 'inherit',
    },
  );
  const left = once(api, 'exit');
  return {
    url: `http://127.0.0.1:${port}`,
    dataDir,
    async stop() {
      api.kill('SIGTERM');
      const [code] = await left;
      await rm(dataDir, { recursive: true, force: true });
      return code as number | null;
    },
  };
}

describe('media in Redis', { concurrency: true }, () => {
  test('is served by a host that shares nothing else, and none that is listed is missing after Redis died', async () => {
    const redis = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
    const shared = ['--media', 'redis', '--store', `redis://127.0.0.1:${redis.port}`];
    const system = await startSystem([...STREAM, ...shared]);
    const api = await startApi([...shared, '--log-level', 'fatal']);
    const index = `${api.url}/video/chessboard.m3u8`;
    const playlist = async () => (await mediaPlaylist(index)).text;
    const segments = async () => (await playlist()).match(/^\d+\.m4s$/gm)?.length ?? 0;
    try {
      await system.until('five segments', 40, async () => (await segments()) >= 5);
      const { uri, text } = await mediaPlaylist(index);
      const part = /#EXT-X-PART:.*URI="([^"]+)"/.exec(text)?.[1] ?? '';
      const ofBoth = [api.url, system.url].map((host) => bytes(`${host}${new URL(part, uri).pathname}`));
      assert.equal((await Promise.all(ofBoth)).map(({ length }) => length > 0).includes(false), false);

      const list = `${api.url}/streams/chessboard/thumbnails`;
      const storyboard = async () => /^(\S+\.jpg)#/m.exec(String(await bytes(`${list}.vtt`)))?.[1];
      await system.until('a thumbnail', 20, async () => (await storyboard()) !== undefined);
      const sheet = await bytes(new URL((await storyboard()) ?? '', `${list}.vtt`).href);
      assert.equal(sheet.readUInt16BE(0), 0xffd8);
      const clip = await probe(await bytes(`${api.url}/clips/chessboard.mp4?from=1&to=4`));
      assert.equal(clip.complaints, '');
      assert.ok(clip.seconds > 2.5, `${clip.seconds} s`);

      const before = await segments();
      await redis.kill();
      await system.until('the stream knows', 20, () =>
        system.log.some(({ msg }) => msg === 'media waits for its storage'),
      );
      await redis.restart();
      // The first ones are short.
      await system.until('four segments more', 40, async () => (await segments()) >= before + 4);
      assert.doesNotMatch(await playlist(), /DISCONTINUITY\n/);
      const runs = await download(index);
      assert.equal(runs.length, 1);
      const all = await probe(runs[0]?.bytes ?? Buffer.alloc(0));
      assert.equal(all.complaints, '');
      const listed = runs[0]?.segments.reduce((sum, { duration }) => sum + duration, 0) ?? 0;
      assert.ok(listed > 7 && Math.abs(all.seconds - listed) < 0.5, `${all.seconds} s of ${listed} s`);
      assert.deepEqual([await readdir(system.dataDir), await readdir(api.dataDir)], [[], []]);
    } finally {
      assert.deepEqual([await api.stop(), await system.stop()], [0, 0]);
      await redis.stop();
    }
  });

  test('that Redis and encoder lost together leaves the list, and the stream goes on behind it', async () => {
    const redis = await startRedis();
    const elsewhere = ['--media', 'redis', '--media-url', `redis://127.0.0.1:${redis.port}`];
    const system = await startSystem([...STREAM, ...elsewhere]);
    const index = `${system.url}/video/chessboard.m3u8`;
    const listed = async () => {
      const { uri, text } = await mediaPlaylist(index);
      const files = listedFiles(text).map((file) => new URL(file, uri).href);
      const [, sequence = '0'] = /MEDIA-SEQUENCE:(\d+)/.exec(text) ?? [];
      return { files, text, first: Number(sequence), segments: text.match(/^\d+\.m4s$/gm)?.length ?? 0 };
    };
    try {
      await system.until('five segments', 40, async () => (await listed()).segments >= 5);
      const before = await listed();
      await redis.kill();
      const [stream = 0] = await system.pids('stream');
      process.kill(stream, 'SIGKILL');
      await redis.restart();
      const gone = before.first + before.segments;
      await system.until('three segments behind the loss', 40, async () => {
        const { first, segments } = await listed();
        return first >= gone && segments >= 3;
      });
      const { files, text } = await listed();
      assert.ok(files.length > 5);
      const answers = await Promise.all(files.map(async (file) => `${(await fetch(file)).status} ${file}`));
      assert.deepEqual(
        answers.filter((answer) => !answer.startsWith('200 ')),
        [],
        text,
      );
    } finally {
      await system.stop();
      await redis.stop();
    }
  });
});
