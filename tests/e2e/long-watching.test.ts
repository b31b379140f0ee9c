import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from './browser.ts';
import { type Fixture, startFixture } from './fixture-server.ts';
import { shown, untilAdvanced, untilState } from './frames.ts';
import { type RecordedStream, recordStream } from './recorded-stream.ts';

/** The window, in seconds, and how long a page sleeps: longer, so that all it knew has gone. */
const [WINDOW, SLEEP] = [60, 90];

describe('a page that is watched for long', { timeout: 170_000 }, () => {
  let recorded: RecordedStream;
  let fixture: Fixture;
  let browser: TestBrowser;
  let page: Page;
  let complaints: string[];

  before(async () => {
    recorded = await recordStream({ seconds: 340, window: WINDOW });
    fixture = await startFixture(recorded);
    Object.assign(fixture.stream, { window: WINDOW, width: 320, height: 180, frameRate: 10 });
    browser = await startBrowser();
    ({ page, complaints } = await browser.open('about:blank'));
    await page.clock.install();
    await page.goto(fixture.url);
    await untilState(page, 'live');
    await untilAdvanced(page, 0.5);
  });
  after(async () => {
    await browser?.close();
    await fixture?.close();
  });

  test('has no hole after seeking back, playing on and going live: what lies between plays through', async () => {
    for (let times = 0; times < 4; times += 1) await page.keyboard.press('ArrowLeft');
    await untilAdvanced(page, 1);
    await page.keyboard.press('l');
    await untilState(page, 'live');
    await untilAdvanced(page, 1);
    assert.equal((await page.evaluate(bufferedRanges)).length, 1, 'a hole in what is buffered');
    // Back to before what was skipped by going live, and over it.
    for (let times = 0; times < 2; times += 1) await page.keyboard.press('ArrowLeft');
    await page.waitForFunction(() => {
      const { seeking, readyState } = document.querySelector('video') as HTMLVideoElement;
      return !seeking && readyState >= 2;
    });
    // Whoever skips something seeks.
    await page.evaluate(`window.skips = 0;
      document.querySelector('video').addEventListener('seeking', () => { window.skips += 1; })`);
    await untilAdvanced(page, 6, 40_000);
    assert.equal(await page.evaluate('window.skips'), 0);
    assert.equal((await page.evaluate(bufferedRanges)).length, 1, 'a hole in what is buffered');
    assert.equal(
      await page.evaluate(() => window.hlsstream.state().clock.filter((of) => of.discontinuity).length),
      0,
    );
  });

  test('plays on a machine a sixth as fast, and heeds its keys', async () => {
    const protocol = await page.context().newCDPSession(page);
    await protocol.send('Emulation.setCPUThrottlingRate', { rate: 6 });
    try {
      await untilAdvanced(page, 3, 40_000);
      const before = (await shown(page)).currentTime;
      await page.keyboard.press('ArrowLeft');
      await page.waitForFunction((time) => window.hlsstream.state().time < time - 1, before);
      await untilAdvanced(page, 1, 40_000);
      await page.keyboard.press('l');
      await untilState(page, 'live', 40_000);
    } finally {
      await protocol.send('Emulation.setCPUThrottlingRate', { rate: 1 });
    }
    await untilState(page, 'live');
  });

  test('is live again after it slept for longer than the window', async () => {
    await page.keyboard.press('l');
    await untilState(page, 'live');
    const { end } = await page.evaluate(() => window.hlsstream.state().range);
    recorded.pass(SLEEP);
    await page.clock.fastForward(SLEEP * 1000);
    await page.waitForFunction((goal) => window.hlsstream.state().range.end > goal, end + SLEEP - 5);
    await untilState(page, 'live');
    await page.waitForFunction(() => {
      const { range, time } = window.hlsstream.state();
      return range.end - time < 3;
    });
    await untilAdvanced(page, 1);
  });

  test('plays on after a dozen stalls', async () => {
    for (let stall = 0; stall < 12; stall += 1) {
      await page.evaluate(`new Promise((done) => {
        const video = document.querySelector('video');
        video.addEventListener('waiting', () => video.addEventListener('playing', done, { once: true }), { once: true });
        const { buffered } = video;
        video.currentTime = buffered.end(buffered.length - 1) - 0.05;
      })`);
    }
    await untilAdvanced(page, 1);
    await page.keyboard.press('l');
    await untilState(page, 'live');
  });

  test('does not give its only playlist up when what comes is there already', async () => {
    await page.evaluate(`{
      const { vhs } = document.querySelector('.video-js').player.tech(true);
      for (let times = 0; times < 12; times += 1) vhs.playbackWatcher_.checkSegmentDownloads_('main');
    }`);
    await untilAdvanced(page, 6);
    await untilState(page, 'live');
  });

  test('logs no error', () => assert.deepEqual(complaints, []));
});

/** Start and end of each stretch that is buffered, in seconds. */
function bufferedRanges(): [number, number][] {
  const { buffered } = document.querySelector('video') as HTMLVideoElement;
  return Array.from({ length: buffered.length }, (_, at) => [buffered.start(at), buffered.end(at)]);
}
