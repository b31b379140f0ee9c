import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startBrowser, type TestBrowser } from '../e2e/browser.ts';
import { type PlayerName, type PlayerPages, servePlayers } from '../e2e/player-pages.ts';
import { openWatched, readWatched } from '../e2e/watched-page.ts';
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
        '--size',
        '320x180',
        '--event-mean',
        '3',
        '--cors-origin',
        '*',
        '--log-level',
        'warn',
      ],
    ]);
    browser = await startBrowser();
  });

  after(async () => {
    await browser?.close();
    await system?.stop();
    await players?.stop();
  });

  for (const player of ['hls.js', 'video.js'] satisfies PlayerName[]) {
    test(`${player} alone plays the stream at its live edge, past many segments`, async () => {
      const page = await openWatched(browser.context, players.urlOf(player, system.url));
      // Every sixth frame is noted: sixty are twelve seconds at 30 frames a second.
      const played = async () => (await readWatched(page)).samples.length >= 60;
      await system.until(`${player} has played twelve seconds`, 60, played);
      const { errors, samples } = await readWatched(page);
      assert.deepEqual(errors, []);
      const newest = samples.at(-1)?.age ?? Number.NaN;
      assert.ok(newest > 0 && newest < 10, `the picture is ${newest} s old`);
      await page.close();
    });
  }

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
    for (const role of ['stream', 'ffmpeg', 'detect', 'api', 'stream', 'api']) {
      const [pid = 0] = await system.pids(role);
      process.kill(pid, 'SIGKILL');
      const killed = Date.now();
      await system.until(`frames from after the kill of ${role}`, 15, () => seesFramesFrom(killed + 1500));
    }
    assert.equal(navigations, 0);
    await page.close();
  });
});
