import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startBrowser, type TestBrowser } from '../e2e/browser.ts';
import { type PlayerPages, servePlayers } from '../e2e/player-pages.ts';
import { openSideBySide } from '../e2e/side-by-side.ts';
import { openWatched, readWatched } from '../e2e/watched-page.ts';
import { tried } from '../long.ts';
import { type System, startSystem } from './system.ts';

describe('players in a real browser', () => {
  let system: System;
  let browser: TestBrowser;
  let players: PlayerPages;

  before(async () => {
    players = await servePlayers();
    system = await startSystem([
      ...[
        '--clock-strip',
        '--segment',
        '1',
        '--size',
        '320x180',
        '--fps',
        '15',
        '--thumbnail-interval',
        '0',
        '--event-mean',
        '3',
        '--cors-origin',
        '*',
        '--log-level',
        'warn',
      ],
    ]);
    browser = await startBrowser({ width: 960, height: 600 });
  });

  after(async () => {
    await browser?.close();
    await system?.stop();
    await players?.stop();
  });

  test('hls.js and video.js alone play the stream at its live edge, past many segments', async () => {
    const { views, close } = await openSideBySide(browser, players, ['hls.js', 'video.js'], system.url);
    for (const { name, view } of views) {
      // Every sixth frame is noted: fifteen are six segments of a second at 15 frames a second.
      const played = async () => (await readWatched(view)).samples.length >= tried(15, 30);
      await system.until(`${name} has played past many segments`, 60, played);
      const { errors, samples } = await readWatched(view);
      assert.deepEqual(errors, [], name);
      const newest = samples.at(-1)?.age ?? Number.NaN;
      assert.ok(newest > 0 && newest < 10, `${name}: the picture is ${newest} s old`);
    }
    await close();
  });

  test('our page goes on, with one navigation, whichever of stream, ffmpeg, detect and api is killed', async () => {
    const page = await openWatched(browser.context, `${system.url}/`);
    let navigations = 0;
    page.on('framenavigated', () => {
      navigations += 1;
    });
    // Frames drawn after a moment are seen: the clock strip has passed it.
    const seesFramesFrom = async (moment: number) => {
      const origin = await page.evaluate(() => performance.timeOrigin);
      const { samples } = await readWatched(page);
      return samples.some(({ at, age }) => origin + (at - age) * 1000 > moment);
    };
    await system.until('the page plays', 20, () => seesFramesFrom(Date.now() - 4000));
    const roles = ['stream', 'ffmpeg', 'detect', 'api'];
    for (const role of tried(roles, [...roles, 'stream', 'api'])) {
      const [pid = 0] = await system.pids(role);
      process.kill(pid, 'SIGKILL');
      const killed = Date.now();
      await system.until(`frames from after the kill of ${role}`, 15, () => seesFramesFrom(killed + 1500));
    }
    assert.equal(navigations, 0);
    await page.close();
  });
});
