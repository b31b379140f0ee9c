import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { toSeconds } from '../../src/clock.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { untilAdvanced, untilState, watchFrames } from './frames.ts';
import { type RecordedStream, recordStream, SMOOTH } from './recorded-stream.ts';
import { type ServedStream, serveStream } from './served-stream.ts';

describe('addresses of the page', () => {
  let recorded: RecordedStream;
  let fixture: ServedStream;
  let browser: TestBrowser;
  let page: Page;
  let complaints: string[];
  /** Date of the stream's first frame, in milliseconds since the Unix epoch, and its player time. */
  let begin: { date: number; time: number };

  before(async () => {
    // Nothing of it leaves while a busy machine looks at one moment after the other.
    recorded = await recordStream({ window: 600, listedAtStart: 30, ...SMOOTH });
    // Other people's pages may show it.
    fixture = await serveStream(recorded, { api: { frameAncestors: ['*'] } });
    browser = await startBrowser();
    ({ page, complaints } = await browser.open(fixture.url));
    await readBegin();
    for (const frame of [40, 70])
      await fixture.mark({ id: `f-${frame}`, date: begin.date + (frame * 1000) / 30 });
  });
  after(async () => {
    await browser?.close();
    await fixture?.close();
  });

  async function readBegin(): Promise<void> {
    await untilState(page, 'live');
    begin = await page.evaluate(() => {
      const [span] = (window as unknown as Hooks).hlsstream.state().clock;
      return { date: (span?.date ?? 0) / 1000, time: span?.time ?? 0 };
    });
  }

  const dateOf = (frame: number) => new Date(Math.round(begin.date + (frame * 1000) / 30)).toISOString();

  /** Opens an address anew and waits until the frame is on screen, paused. */
  async function lands(address: string, frame: number): Promise<void> {
    await page.goto('about:blank');
    await page.goto(new URL(address, fixture.url).href);
    await readBegin();
    await watchFrames(page);
    await untilFrame(frame);
  }

  async function untilFrame(frame: number): Promise<void> {
    await page.waitForFunction(
      ({ date, time }) => {
        const [span] = (window as unknown as Hooks).hlsstream.state().clock;
        const video = document.querySelector('video');
        if (span === undefined || !video?.paused || video.seeking) return false;
        // The player may place the stream elsewhere on its own timeline each time.
        return Math.abs(span.time + (date - span.date / 1000) / 1000 - video.currentTime) < 0.01 && time > 0;
      },
      { date: begin.date + (frame * 1000) / 30, time: 1 },
    );
  }

  test('open at a date, at a PTS and at an event, paused on that frame', async () => {
    await lands(`?stream=fixture&t=${dateOf(55)}`, 55);
    await lands(`?t=${toSeconds(recorded.ptsAt(begin.date + 55_000 / 30)).toFixed(6)}`, 55);
    await lands('#marker=f-70', 70);
  });

  test('follow a change of the fragment without a reload', async () => {
    await page.evaluate(() => {
      document.body.dataset.same = 'yes';
      location.hash = 'marker=f-40';
    });
    await untilFrame(40);
    assert.equal(await page.evaluate(() => document.body.dataset.same), 'yes');
  });

  test('say when the event is unknown, the moment out of reach or the time no time, and stay live', async () => {
    const cases = [
      ['#marker=<b>nobody</b>', 'There is no event “<b>nobody</b>” any more, or there never was.'],
      [`?t=${new Date(begin.date - 3600_000).toISOString()}`, 'That moment has left the window'],
      [`?t=${new Date(begin.date + 7200_000).toISOString()}`, 'That moment has not come yet'],
      ['?t=yesterday', '“yesterday” is not a time'],
    ] as const;
    for (const [address, words] of cases) {
      await page.goto('about:blank');
      await page.goto(new URL(address, fixture.url).href);
      await page.locator('#said').getByText(words).waitFor();
      await untilState(page, 'live');
    }
  });

  test('name a stream that is not there', async () => {
    await page.goto(`${fixture.url}?stream=nobody`);
    await untilState(page, 'missing');
    assert.equal(await page.textContent('#notice-title'), 'No such stream');
  });

  test('embed the player with its timeline in a page of somebody else', async () => {
    const frame = `<!doctype html><title>Theirs</title><iframe title="stream" width="640" height="480" src="${fixture.url}embed"></iframe>`;
    const theirs = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end(frame);
    });
    await new Promise<void>((resolve) => theirs.listen(0, '127.0.0.1', resolve));
    try {
      await page.goto(`http://127.0.0.1:${(theirs.address() as AddressInfo).port}/`);
      const inside = page.frameLocator('iframe');
      await inside.locator('.marks').waitFor();
      await page.waitForFunction(() => window.frames.length === 1);
      const embedded = page.frames()[1];
      assert.ok(embedded !== undefined);
      await embedded.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 1);
      const { over, events } = await embedded.evaluate(() => ({
        over: document.documentElement.scrollHeight - innerHeight,
        events: document.querySelectorAll('.events, .overview').length,
      }));
      assert.deepEqual({ over, events }, { over: 0, events: 0 });
      await inside.locator('.vjs-play-control').click();
      await embedded.waitForFunction(() => document.querySelector('video')?.paused);
    } finally {
      theirs.closeAllConnections();
      theirs.close();
    }
  });

  test('lead to a choice of streams when there are several and none is asked for', async () => {
    const picture = { width: 1280, height: 720, frameRate: 30 };
    await fixture.also({ name: 'yard', picture }, 'silent');
    await page.goto(fixture.url);
    const cards = page.locator('.card');
    await cards.getByText('640 × 360 · 2 events').waitFor();
    assert.deepEqual(await cards.locator('.card-name').allTextContents(), ['fixture', 'yard']);
    await cards.nth(1).getByText('Stalled').waitFor();
    assert.deepEqual(await cards.locator('.status').allTextContents(), ['Live', 'Stalled']);
    assert.equal(await page.locator('#viewer').isHidden(), true);
    await cards.first().click();
    await untilState(page, 'live');
    await untilAdvanced(page, 0.5);
    await page.locator('#streams').selectOption('yard');
    await page.waitForURL('**/?stream=yard');
    await untilState(page, 'stalled');
  });

  test('broke no policy and logged no error', () => {
    assert.deepEqual(complaints, []);
  });
});

interface Hooks {
  hlsstream: { state(): { clock: { date: number; time: number }[] } };
}
