import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from '../e2e/browser.ts';
import { untilPage, untilState, watchFrames } from '../e2e/frames.ts';
import { rowOf } from '../e2e/rows.ts';
import { hangBound } from '../hang-bound.ts';
import { type System, startSystem } from './system.ts';

interface Kept {
  readonly keptFromDate?: string;
  readonly startDate: string;
}

describe('a viewer who looks for what has left the playlist', () => {
  let system: System;
  let browser: TestBrowser;
  let page: Page;
  let complaints: string[];
  let kept = 0;

  before(async () => {
    const short = [
      '--window',
      '3',
      '--segment',
      '0.5',
      '--retain',
      '10m',
      '--size',
      '320x180',
      '--fps',
      '15',
    ];
    const events = ['--event-mean', '1', '--seed', '7', '--thumbnail-interval', '0'];
    system = await startSystem([...short, ...events, '--log-level', 'error']);
    await system.until('that seconds are kept', 40, async () => {
      const { streams } = await system.json<{ streams: Kept[] }>('/streams');
      kept = Date.parse(streams[0]?.keptFromDate ?? '');
      return Date.parse(streams[0]?.startDate ?? '') > kept + 6000;
    });
    browser = await startBrowser();
    const link = new URLSearchParams({ t: new Date(kept + 2000).toISOString() });
    ({ page, complaints } = await browser.open(`${system.url}/?${link}`));
  });
  after(async () => {
    await browser?.close();
    await system?.stop();
  });

  /** Waits until the frame on screen is of this time, in milliseconds, or up to a second later. */
  const shows = (date: number, paused?: boolean) =>
    untilPage(
      page,
      `the frame of ${new Date(date).toISOString()}`,
      page.waitForFunction(
        ([at, stands]) => {
          const { state } = (
            window as unknown as {
              hlsstream: { state(): { date?: number; sought?: number; paused: boolean } };
            }
          ).hlsstream;
          const { date: shown = 0, sought, paused: still } = state();
          return (
            sought === undefined &&
            shown / 1000 >= at - 1 &&
            shown / 1000 < at + 1000 &&
            (stands === undefined || still === stands)
          );
        },
        [date, paused] as const,
        { timeout: hangBound(30) },
      ),
    );

  test('finds it by a link, paused on its frame, and goes back to live from there', async () => {
    await shows(kept + 2000, true);
    await page.locator('.vjs-seek-to-live-control').click();
    await untilState(page, 'live');
  });

  test('finds it by date and hour, and is told what there is when that is not kept', async () => {
    const local = (at: number) =>
      page.evaluate((date) => {
        const offset = new Date(date).getTimezoneOffset() * 60_000;
        return new Date(date - offset).toISOString().slice(0, 19);
      }, at);
    await page.locator('.vjs-play-control').click();
    await page.locator('#jump').click();
    await page.locator('#jump-date').fill(await local(kept - 3_600_000));
    await page.locator('#jump-panel button[type=submit]').click();
    assert.match(await page.locator('#jump-note').innerText(), /Nothing is kept from before \d{4}-/);
    await page.locator('#jump-date').fill(await local(kept + 4000));
    await page.locator('#jump-panel button[type=submit]').click();
    await shows(Math.floor((kept + 4000) / 1000) * 1000, true);
    await page.locator('#jump-cancel').click();
  });

  test('has the events of kept media, and lands on the very frame in which one begins', async () => {
    await watchFrames(page);
    await page.locator('.vjs-seek-to-live-control').click();
    await untilState(page, 'live');
    const { id, date } = await page.evaluate((from) => {
      const { hlsstream } = window as unknown as Hooks;
      const [oldest] = [...hlsstream.markers()].filter((marker) => marker.date > from * 1000);
      return oldest as { id: string; date: number };
    }, kept + 1000);
    assert.ok(date / 1000 < kept + 7000, 'events of kept media are there');
    await page.locator('.vjs-play-control').click();
    await (await rowOf(page, id)).click();
    await untilPage(
      page,
      `on the frame of ${date}`,
      page.waitForFunction(
        (wanted) => {
          const { clock } = (window as unknown as Hooks).hlsstream.state();
          const span = clock.findLast((entry) => entry.date <= wanted);
          const { dataset, seeking } = document.querySelector('video') as HTMLVideoElement;
          const at = span === undefined ? Number.NaN : span.time + (wanted - span.date) / 1e6;
          return !seeking && Math.abs(Number(dataset.mediaTime) - at) < 0.0015;
        },
        date,
        { timeout: hangBound(30) },
      ),
    );
    await shows(date / 1000, true);
    assert.deepEqual(complaints, []);
  });
});

interface Hooks {
  readonly hlsstream: {
    state(): { readonly clock: { readonly date: number; readonly time: number }[] };
    markers(): Iterable<{ readonly id: string; readonly date: number }>;
  };
}
