import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { startBrowser, type TestBrowser } from '../e2e/browser.ts';
import { exampleNginx, startNginx } from './example-nginx.ts';
import { mediaPlaylist } from './judge.ts';
import { PROGRAM, type System, startSystem } from './system.ts';

const TOKEN = 'open-sesame-1234';
const run = promisify(execFile);

let system: System;
let browser: TestBrowser;

/** What `hlsstream sign` prints, with the key that the system keeps. */
async function sign(path: string, ...flags: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [
    PROGRAM,
    'sign',
    path,
    '--data-dir',
    system.dataDir,
    ...flags,
  ]);
  return stdout.trim();
}

/** The nginx of the documents, before the system. */
async function edge(): Promise<{ url: string; stop(): Promise<void> }> {
  const [first, second] = await Promise.all([exampleNginx('edge'), exampleNginx('private')]);
  const origin = new URL(system.url).host;
  const shared = first
    .slice(0, first.indexOf('server {\n  listen'))
    .replace(/( {2}server [\d.:]+ [^;]*;\n)+/, `  server ${origin};\n`);
  return startNginx(
    (port, folder) =>
      shared.replace('/var/cache/nginx/hls', join(folder, 'cache')) +
      second.replace('listen 80', `listen 127.0.0.1:${port}`),
  );
}

async function status(url: string, init?: RequestInit): Promise<number> {
  const answer = await fetch(url, init);
  await answer.arrayBuffer();
  return answer.status;
}

describe('a private system', () => {
  before(async () => {
    system = await startSystem([
      ...['--access', 'private', '--read-token', TOKEN, '--size', '320x180', '--fps', '10', '--segment', '1'],
      ...['--detector', 'none', '--thumbnail-interval', '0', '--log-level', 'info'],
      ...['--frame-ancestors', '*'],
    ]);
    browser = await startBrowser({ width: 960, height: 600 });
  });

  after(async () => {
    await browser?.close();
    await system?.stop();
  });

  test('shows a stranger the page to sign in, plays for who has the token, and forgets who signs out', async () => {
    const { page, complaints } = await browser.open(`${system.url}/?t=5#keep`);
    const field = page.getByLabel('Token');
    await field.fill('not-the-token');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This is not a token that opens this system.').waitFor();
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    await field.fill(TOKEN);
    await field.press('Enter');
    await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.5);
    assert.match(page.url(), /\?t=5#keep$/);
    const [cookie] = await browser.context.cookies();
    assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, 'Lax']);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.equal(await page.evaluate(() => fetch('/markers').then((answer) => answer.status)), 401);
    // A browser notes what is refused; that is all it notes.
    assert.deepEqual(
      complaints.filter((text) => !/status of 401/.test(text)),
      [],
    );
    await page.close();
  });

  test('is played by anybody who has a signed path, in a frame of another site, too', async () => {
    const link = await sign(`${system.url}/embed?stream=chessboard`, '--for', '10m');
    const site = createServer((_, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(
        `<title>other</title><iframe src="${link}" width="640" height="480" allow="autoplay"></iframe>`,
      );
    });
    site.listen(0, '127.0.0.1');
    await once(site, 'listening');
    const { port } = site.address() as { port: number };
    const { page, complaints } = await browser.open(`http://localhost:${port}/`);
    const [, frame] = await system
      .until('the frame', 10, () => page.frames().length === 2)
      .then(() => page.frames());
    await frame?.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.5);
    assert.deepEqual(complaints, []);
    await page.close();
    site.close();
    // A player that knows neither cookies nor headers.
    const { uri, text } = await mediaPlaylist(await sign(`${system.url}/video/chessboard.m3u8`));
    assert.match(uri, /\/s\/\d+\.[\w-]+\/video\/chessboard\//);
    const segment = new URL(/^\d+\.m4s$/m.exec(text)?.[0] ?? '', uri).href;
    assert.equal(await status(segment), 200);
    assert.equal(await status(segment.replace(/\/s\/[^/]+/, '')), 401);
    // A name that no stream can have would have opened all of them.
    await assert.rejects(sign('/video/chess;board.m3u8'), /leads to nothing.*\[USAGE\]/);
    assert.equal(((await stat(join(system.dataDir, '.sign-keys'))).mode & 0o777).toString(8), '600');
  });

  test('says on a page that a link has expired', async () => {
    const link = await sign(`${system.url}/?stream=chessboard`, '--for', '1s');
    await system.until('it has expired', 10, async () => (await status(link)) === 403);
    const { page } = await browser.open(link);
    await page.getByText('This signed path has expired').waitFor();
    assert.equal(await page.getByLabel('Token').isVisible(), false);
    await page.close();
  });

  test('is asked by its edge before that serves from a warm cache', async () => {
    const nginx = await edge();
    try {
      const playlist = await sign(`${nginx.url}/video/chessboard.m3u8`);
      const { uri, text } = await mediaPlaylist(playlist);
      const path = new URL(/^\d+\.m4s$/m.exec(text)?.[0] ?? '', uri).pathname;
      const [, prefix = '', plain = ''] = /^(\/s\/[^/]+)(\/.*)$/.exec(path) ?? [];
      const cached = async (from: string) => {
        const answer = await fetch(nginx.url + from);
        await answer.arrayBuffer();
        return `${answer.status} ${answer.headers.get('x-cache')}`;
      };
      assert.equal(await cached(path), '200 MISS');
      assert.equal(await cached(path), '200 HIT');
      // Another viewer's signature finds what the first one's has brought.
      const other = (await sign('/video/chessboard.m3u8', '--for', '2h')).replace(/\/video.*/, '');
      assert.notEqual(other, prefix);
      assert.equal(await cached(other + plain), '200 HIT');
      const foreign = (await sign('/video/yard.m3u8')).replace(/\/video.*/, '');
      const expired = (await sign('/video/chessboard.m3u8', '--for', '1')).replace(/\/video.*/, '');
      await system.until('it has expired', 10, async () => (await cached(expired + plain)).startsWith('403'));
      for (const bad of [`${prefix}A`, foreign, '/s/1.x'])
        assert.match(await cached(bad + plain), /^403/, bad);
      assert.match(await cached(plain), /^401/);
      const headers = { authorization: `Bearer ${TOKEN}` };
      assert.equal(await status(nginx.url + plain, { headers }), 200);
      assert.equal(await status(`${nginx.url}/streams`, { headers }), 200);
      // What came with a token is kept for nobody.
      assert.match(await cached(plain), /^401/);
    } finally {
      await nginx.stop();
    }
  });
});
