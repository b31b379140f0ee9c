import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from '../e2e/browser.ts';
import { shown, untilAdvanced, untilPage, untilState, watchFrames } from '../e2e/frames.ts';
import { rowOf } from '../e2e/rows.ts';
import { hangBound } from '../hang-bound.ts';
import { tried } from '../long.ts';
import { until } from '../until.ts';
import { type System, startSystem } from './system.ts';

/** One after the other is looked up. */
const EVENTS = tried(6, 12);

describe('the viewer of a running system', () => {
  let system: System;
  let browser: TestBrowser;
  let page: Page;
  let complaints: string[];

  before(async () => {
    system = await startSystem([
      ...['--event-mean', '1', '--clock-strip', '--size', '320x180', '--fps', '15', '--seed', '7'],
      ...['--thumbnail-interval', '0', '--log-level', 'error'],
    ]);
    browser = await startBrowser();
    ({ page, complaints } = await browser.open(system.url));
  });
  after(async () => {
    await browser?.close();
    await system?.stop();
  });

  test('plays by itself, a second or two behind the camera, and its clock strip advances', async () => {
    await untilState(page, 'live');
    await watchFrames(page);
    const before = await page.evaluate(readClockStrip);
    // On a busy machine a picture is painted late, now and then: then the next is looked at.
    await until('a clock strip that advances, not far behind', 30, async () => {
      const after = await page.evaluate(readClockStrip);
      return after - before >= 2500 && Math.abs(Date.now() - after) < 5000;
    });
  });

  test(`shows the first frame of ${EVENTS} events, paused, one click each; the frame before lacks the square`, async () => {
    // Its rows come in also while it is paused.
    await page.locator('.vjs-play-control').click();
    await page.waitForFunction(
      (wanted) => document.querySelectorAll('tbody tr:not(.ongoing)').length > wanted,
      EVENTS,
      {
        timeout: hangBound(90),
      },
    );
    const ids = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('tbody tr:not(.ongoing)')].map(
        (row) => row.dataset.id ?? '',
      ),
    );
    const squares = await boxes(system.url);
    for (const id of spread(ids, EVENTS)) {
      await (await rowOf(page, id)).click();
      const at = await untilShown(page, id);
      assert.equal((await shown(page)).paused, true);
      const box = squares.get(id);
      assert.ok(box !== undefined);
      const first = await page.evaluate(mintShare, box);
      await page.locator('.step-back').click();
      await untilPage(
        page,
        `on an earlier frame than ${at}`,
        page.waitForFunction(
          (time) => Number(document.querySelector('video')?.dataset.mediaTime) < time - 0.003,
          at,
          { timeout: hangBound(10) },
        ),
      );
      const earlier = await page.evaluate(mintShare, box);
      assert.ok(
        first > 0.9 && earlier < 0.1,
        `${id}: ${first} of the square there, ${earlier} one frame before`,
      );
    }
  });

  test('stands on the same scale with handle and markers: paused, behind live and live', async () => {
    const ids = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('tbody tr')].map((row) => row.dataset.id ?? ''),
    );
    for (const id of spread(ids, 5)) {
      await (await rowOf(page, id)).click();
      await untilShown(page, id);
      await page.waitForTimeout(150);
      const { apart, at } = await page.evaluate(compare, id);
      assert.ok(apart <= 1, `paused at ${id}: ${apart} px apart at ${at}`);
    }
    await page.locator('.vjs-play-control').click();
    await untilAdvanced(page, 1);
    for (const where of ['behind', 'live']) {
      if (where === 'live') {
        await page.locator('.vjs-seek-to-live-control').click();
        await untilState(page, 'live');
        await untilAdvanced(page, 1);
      }
      // While it plays, handle and date on screen are compared: the marker of that date would stand there.
      const apart = await page.evaluate(handleAgainstScale);
      assert.ok(apart <= 1, `${where}: ${apart} px apart`);
    }
  });

  test('shows hostile text as text', async () => {
    const text = '<img src=x onerror="document.body.dataset.hacked=1"><script>alert(1)</script>';
    const response = await fetch(`${system.url}/markers`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ id: 'hostile', text, class: 'note' }),
    });
    assert.ok(response.ok, `${response.status} ${await response.text()}`);
    const cell = (await rowOf(page, 'hostile')).locator('.text');
    assert.equal(await cell.textContent(), text);
    assert.equal(await page.evaluate(() => document.body.dataset.hacked), undefined);
    // But for those that the page has cut out of frames itself.
    assert.equal(await page.locator('#rows img:not([src^="data:image/jpeg"])').count(), 0);
  });

  test('holds no cue of what it played: they and their nodes would stay for as long as the page is open', async () => {
    assert.ok((await page.evaluate<number>('hlsstream.markers().length')) > 0);
    assert.equal(await page.evaluate(cues), 0);
  });

  test('breaks no security policy and logs no error', () => {
    assert.deepEqual(complaints, []);
  });
});

/** `count` of them, from the newest to the oldest. */
function spread<T>(list: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, index) => list[Math.floor((index * list.length) / count)] as T);
}

/** Waits until the first frame of a marker is on screen; gives its player time. */
async function untilShown(page: Page, id: string): Promise<number> {
  let at = Number.NaN;
  await until(`${id} is on screen`, 15, async () => {
    // Asked anew each time: the player may know better where the marker is once it has loaded the segment.
    at = await page.evaluate(whereIs, id);
    const { mediaTime, seeking } = await shown(page);
    assert.ok(!seeking && Math.abs(mediaTime - at) < 0.0015, JSON.stringify({ at, mediaTime, seeking }));
    return true;
  });
  return at;
}

/** Player time of a marker's first frame, worked out anew from the segments. */
function whereIs(id: string): number {
  const { hlsstream } = window as unknown as Hooks;
  const date = hlsstream.markers().find((marker) => marker.id === id)?.date ?? 0;
  const span = hlsstream.state().clock.findLast((entry) => entry.date <= date);
  return span === undefined ? Number.NaN : span.time + (date - span.date) / 1e6;
}

interface Hooks {
  hlsstream: {
    state(): {
      clock: { date: number; duration: number; time: number }[];
      range: { start: number; end: number };
    };
    markers(): { id: string; date: number }[];
    placeOf(id: string): number | undefined;
  };
}

/** Where the detector saw a square, as shares of the picture. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where the squares of all events were seen at their first frames, by marker id. */
async function boxes(url: string): Promise<Map<string, Box>> {
  const body = (await (await fetch(new URL('markers', url))).json()) as {
    markers: { id: string; data: Box }[];
  };
  return new Map(body.markers.map(({ id, data }) => [id, data]));
}

/** What share of a box's inside has the colour of the square, #3EB489, as far as encoding leaves it. */
function mintShare(box: Box): number {
  const video = document.querySelector('video') as HTMLVideoElement;
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.drawImage(video, 0, 0);
  const left = Math.round((box.x + box.width / 4) * canvas.width);
  const top = Math.round((box.y + box.height / 4) * canvas.height);
  const width = Math.round((box.width / 2) * canvas.width);
  const height = Math.round((box.height / 2) * canvas.height);
  const { data } = context.getImageData(left, top, width, height);
  let count = 0;
  for (let index = 0; index < data.length; index += 4) {
    const [red = 0, green = 0, blue = 0] = data.subarray(index, index + 3);
    if (green - red > 60 && green - blue > 15 && Math.abs(green - 180) < 45) count += 1;
  }
  return (count * 4) / data.length;
}

/** Reads the clock strip: 48 cells along the top edge, most significant bit first, ms since the Unix epoch. */
function readClockStrip(): number {
  const video = document.querySelector('video') as HTMLVideoElement;
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = 8;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.drawImage(video, 0, 0);
  let milliseconds = 0;
  for (let cell = 0; cell < 48; cell += 1) {
    const x = Math.floor(((cell + 0.5) * canvas.width) / 48);
    milliseconds = milliseconds * 2 + ((context.getImageData(x, 4, 1, 1).data[0] ?? 0) > 127 ? 1 : 0);
  }
  return milliseconds;
}

/** How far the left edge of a marker stands from the middle of the handle, in pixels, when the video is there. */
function compare(id: string): { apart: number; at: number } {
  const { hlsstream } = window as unknown as Hooks;
  const bar = (document.querySelector('.marks') as HTMLElement).getBoundingClientRect();
  const handle = document.querySelector('.vjs-play-progress') as HTMLElement;
  const left = bar.left + (hlsstream.placeOf(id) ?? Number.NaN) * bar.width;
  return { apart: Math.abs(left - handle.getBoundingClientRect().right), at: left };
}

/** How far the handle stands from where the scale has the time now shown, in pixels, right after a repaint. */
function handleAgainstScale(): Promise<number> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => {
      const { hlsstream } = window as unknown as Hooks;
      const { range } = hlsstream.state();
      const time = (document.querySelector('video') as HTMLVideoElement).currentTime;
      const bar = (document.querySelector('.marks') as HTMLElement).getBoundingClientRect();
      const handle = (document.querySelector('.vjs-play-progress') as HTMLElement).getBoundingClientRect();
      const place = Math.min(1, Math.max(0, (time - range.start) / (range.end - range.start)));
      resolve(Math.abs(bar.left + place * bar.width - handle.right));
    });
  });
}

/** How many cues video.js holds, over all text tracks; its player hangs at its element. */
function cues(): number {
  const { player } = document.querySelector('.video-js') as unknown as {
    player: { textTracks(): ArrayLike<TextTrack> };
  };
  return Array.from(player.textTracks()).reduce((sum, track) => sum + (track.cues?.length ?? 0), 0);
}
