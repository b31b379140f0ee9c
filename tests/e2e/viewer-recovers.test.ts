import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { fromSeconds } from '../../src/clock.ts';
import { hangBound } from '../hang-bound.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { framesSinceSeek, shown, untilAdvanced, untilPage, untilState, watchFrames } from './frames.ts';
import { type RecordedStream, recordStream, SMOOTH } from './recorded-stream.ts';
import { rowOf } from './rows.ts';
import { type ServedStream, serveStream } from './served-stream.ts';

describe('the page', () => {
  let recorded: RecordedStream;
  let fixture: ServedStream;
  let browser: TestBrowser;
  let page: Page;
  let complaints: string[];

  before(async () => {
    // A window that no test outlives, however long this machine takes.
    recorded = await recordStream({ window: 600, listedAtStart: 10, ...SMOOTH });
    fixture = await serveStream(recorded, { waits: true });
    browser = await startBrowser();
    ({ page, complaints } = await browser.open(fixture.url));
  });
  after(async () => {
    await browser?.close();
    await fixture?.close();
  });

  test('says that it waits for the first segment, then plays by itself', async () => {
    await untilState(page, 'waiting');
    assert.equal(await page.textContent('#notice-title'), 'Waiting for the first segment');
    await fixture.begin();
    await untilState(page, 'live');
    await untilAdvanced(page, 2);
  });

  describe('once there is media', () => {
    before(async () => {
      await fixture.begin();
      await untilState(page, 'live');
      await watchFrames(page);
    });
    afterEach(async () => {
      fixture.mend();
      await browser.context.setOffline(false);
      recorded.goOn();
      await fixture.encoder('works');
    });

    test('shows a marker the moment it is sent, as going on until it is closed', async () => {
      await fixture.mark({ id: 'one', date: Date.now(), text: 'Something came in', duration: null });
      const row = await rowOf(page, 'one');
      assert.equal(await row.locator('.duration').textContent(), 'going on');
      await fixture.change({ op: 'close', id: 'one', duration: fromSeconds(1.5) });
      await row.getByText('1.50 s').waitFor();
    });

    test('lands on the exact frame of twenty markers, paused and playing', async () => {
      await untilAdvanced(page, 6);
      const first = await page.evaluate(() => (window as unknown as Hooks).hlsstream.state().clock[0]);
      assert.ok(first !== undefined);
      for (let index = 0; index < 20; index += 1) {
        const paused = index < 14;
        if (paused !== (await shown(page)).paused) await page.locator('.vjs-play-control').click();
        // Frames of the stream stand every 1/30 s from the first segment's date on.
        const frame = 7 + index * 9;
        const date = first.date / 1000 + (frame * 1000) / 30;
        await fixture.mark({ id: `frame-${index}`, date, text: `Frame ${frame}` });
        await (await rowOf(page, `frame-${index}`)).click();
        const expected = first.time + frame / 30;
        if (paused) {
          await page
            .waitForFunction(isShown, expected, { timeout: hangBound(5) })
            .catch(async () =>
              assert.fail(`frame ${frame}: ${expected} expected, ${JSON.stringify(await shown(page))} shown`),
            );
        } else {
          await page.waitForFunction((goal) => {
            const at = document.querySelector('video')?.currentTime ?? 0;
            return at > goal + 0.2 && at < goal + 5;
          }, expected);
          const landed = (await framesSinceSeek(page)).filter(
            (at) => at < expected + 0.2 && at > expected - 0.4,
          );
          // When playback goes on at once, the next frame may be the first that the browser tells of.
          const late = Math.min(...landed) - expected;
          assert.ok(late > -5e-4 && late < 0.034, `frame ${frame}: ${expected} expected, ${landed} shown`);
        }
        assert.equal((await shown(page)).paused, paused);
      }
    });

    test('goes back to live at a click', async () => {
      await page.locator('.vjs-seek-to-live-control').click();
      await untilState(page, 'live');
      await untilAdvanced(page, 0.5);
    });

    test('says that the source is silent when it is told so, and that it is live again', async () => {
      await fixture.encoder('silent');
      recorded.stop();
      await untilState(page, 'stalled');
      recorded.goOn();
      await fixture.encoder('works');
      await untilState(page, 'live');
    });

    test('comes back by itself when the server was away', async () => {
      fixture.refuse(true);
      await untilState(page, 'reconnecting');
      fixture.refuse(false);
      await untilState(page, 'live');
      await untilAdvanced(page, 2);
      await fixture.mark({ id: 'after', date: Date.now(), text: 'After the server came back' });
      await rowOf(page, 'after');
    });

    test('comes back by itself when the network was away', async () => {
      await browser.context.setOffline(true);
      await untilState(page, 'reconnecting');
      await browser.context.setOffline(false);
      await untilState(page, 'live');
      await untilAdvanced(page, 2);
      await fixture.mark({ id: 'online', date: Date.now(), text: 'After the network came back' });
      await rowOf(page, 'online');
    });

    test('is live again after the page was frozen, as a sleeping phone freezes it', async () => {
      const protocol = await browser.context.newCDPSession(page);
      await protocol.send('Page.setWebLifecycleState', { state: 'frozen' });
      await fixture.mark({ id: 'asleep', date: Date.now(), text: 'While the page slept' });
      await setTimeout(8000);
      await protocol.send('Page.setWebLifecycleState', { state: 'active' });
      await untilState(page, 'live');
      await rowOf(page, 'asleep');
      // Behind what is listed, which comes late on a busy machine.
      const isNear = () => {
        const { clock, date, paused } = (window as unknown as Hooks).hlsstream.state();
        const last = clock.at(-1);
        return !paused && last !== undefined && last.date + last.duration - date < 6e6;
      };
      await untilPage(page, 'playing near live', page.waitForFunction(isNear));
    });

    test('adopts a new epoch without a reload, also when the player takes its time with it', async () => {
      await page.evaluate(() => {
        document.body.dataset.same = 'yes';
      });
      // What the element still holds of the one before is nobody's pause, nor the new one's picture.
      await page.evaluate(`{
        const { player } = document.querySelector('.video-js');
        const take = player.src.bind(player);
        player.src = (...source) => source.length === 0 ? take() : void setTimeout(() => take(...source), 700);
      }`);
      await Promise.all([
        page.waitForRequest((request) => request.url().includes('/video/fixture/second/')),
        fixture.beginEpoch('second'),
      ]);
      await untilState(page, 'live');
      await untilAdvanced(page, 1);
      assert.equal(await page.evaluate(() => document.body.dataset.same), 'yes');
    });

    test('keeps the seek bar working after the end', async () => {
      // Of the epoch that is played now.
      await fixture.mark({ id: 'second', date: recorded.dateOf(recorded.listed().next - 1, 5) });
      await fixture.end();
      await untilState(page, 'ended');
      await (await rowOf(page, 'second')).click();
      await page.waitForFunction(
        () => document.querySelector('tr[data-id="second"]')?.classList.contains('here') ?? false,
      );
    });
  });

  test('never broke the security policy, and nothing failed but what was made to', () => {
    // Of an epoch that is over there is no playlist any more.
    const over = /404 .*\/video\/fixture\/first\/main\/media\.m3u8/;
    const unexpected = complaints.filter(
      (text) =>
        !/503|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE|ERR_INTERNET_DISCONNECTED|ERR_NETWORK/.test(text) &&
        !over.test(text),
    );
    assert.deepEqual(unexpected, []);
  });
});

interface Hooks {
  hlsstream: {
    state(): { clock: { date: number; duration: number; time: number }[]; date: number; paused: boolean };
  };
}

function isShown(expected: number): boolean {
  const video = document.querySelector('video') as HTMLVideoElement;
  return !video.seeking && Math.abs(Number(video.dataset.mediaTime) - expected) < 5e-4;
}
