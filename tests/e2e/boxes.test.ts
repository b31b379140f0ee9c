import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { clipPainter } from '../../src/objects/burn-in.ts';
import { hangBound } from '../hang-bound.ts';
import { tried } from '../long.ts';
import { decode } from '../system/judge.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { untilAdvanced } from './frames.ts';
import { extent, hasColour, type Pixels, pixelsOf } from './pixels.ts';
import { rowOf } from './rows.ts';
import { type ServedStream, serveStream } from './served-stream.ts';
import {
  PICTURE,
  playSquare,
  recordSquare,
  SIDE,
  type Square,
  type SquareFiles,
  type SquareStream,
} from './square-stream.ts';

/** The player's bar below the picture, in pixels. */
const BAR = 104;
/** What is done between two screenshots, again and again. */
const STATES = ['live', 'paused', 'step on', 'step back', 'sought', 'playing'] as const;

/** What a screenshot shows. */
interface Seen {
  /** Edges of what is white, as far as lines do not cover it. */
  readonly white: Square;
  /** Edges of what has colour, and how much of its upper line that is, 0 to 1; undefined without. */
  readonly box: (Square & { readonly filled: number }) | undefined;
}

describe('boxes on the picture', () => {
  let browser: TestBrowser;
  let files: SquareFiles;

  before(async () => {
    files = await recordSquare();
    browser = await startBrowser({ width: PICTURE.width, height: PICTURE.height + BAR });
  });
  after(() => browser?.close());

  for (const every of [1, 6]) {
    test(`lie on the square in whatever state, when each ${every === 1 ? '' : '6th '}frame is looked at`, async () => {
      const stream = playSquare(files, { every });
      const fixture = await serveStream(stream);
      try {
        await watch(stream, fixture, every);
      } finally {
        await fixture.close();
      }
    });
  }

  test('go into a snapshot and a clip on request, and a marker shows its own, on its frame and in its row', async () => {
    const stream = playSquare(files, { every: 6 });
    const fixture = await serveStream(stream, { api: { clipPainter: clipPainter('ffmpeg') } });
    await fixture.look(stream.sights);
    // Nothing was looked for in it: what was seen before is dashed, and the marker's box solid.
    const frame = 12 * 30 + 3;
    await fixture.mark(stream.eventAt('marked', frame));
    await fixture.mark(stream.eventAt('later', frame + 6));
    try {
      const { page, complaints } = await browser.open('about:blank');
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.goto(fixture.url);
      await untilAdvanced(page, 0.3);
      await page.keyboard.press(' ');
      const row = await rowOf(page, 'marked');
      await row.click();
      await row.locator('img').waitFor();
      const [middle, corner] = await brightness(row.locator('img'));
      assert.ok(middle > 200 && corner < 100, `the square fills the middle: ${middle}, ${corner}`);
      const plain = await snapshot(page);
      for (const at of [frame, stream.looked(frame)]) assert.equal(lineOf(plain, stream.squareIn(at)), 0);
      await page.locator('#snapshot summary').click();
      await page.locator('#snapshot').getByLabel('With boxes').check();
      await page.keyboard.press('Escape');
      // What was seen just before may still be on its way.
      let burnt = await snapshot(page);
      for (
        let tries = 0;
        tries < 20 && lineOf(burnt, stream.squareIn(stream.looked(frame))) === 0;
        tries += 1
      )
        burnt = await snapshot(page);
      assert.ok(lineOf(burnt, stream.squareIn(frame)) > 0.9, 'solid round the square of this frame');
      const before = lineOf(burnt, stream.squareIn(stream.looked(frame)));
      assert.ok(before > 0.3 && before < 0.9, `dashed where it was: ${before}`);
      const pictures = await clipped(page, 'later');
      for (const [at, solid] of [
        [frame, false],
        [stream.looked(frame) + 6, true],
      ] as const) {
        // Chroma has half the resolution: lines of two pixels are paler.
        const line = lineOf(pictures[at - frame] as Pixels, stream.squareIn(stream.looked(at)), 12);
        assert.ok(solid ? line > 0.9 : line > 0.3 && line < 0.9, `frame ${at} of the clip: ${line}`);
      }
      assert.deepEqual(complaints, []);
      await page.close();
    } finally {
      await fixture.close();
    }
  });

  async function watch(stream: SquareStream, fixture: ServedStream, every: number): Promise<void> {
    const { page, complaints } = await browser.open(`${fixture.url}embed`);
    await untilAdvanced(page, 0.3);
    const button = page.getByLabel('Boxes', { exact: true });
    assert.equal(await button.isVisible(), false, 'no boxes are offered of a stream that has none');
    await fixture.look(stream.sights);
    await button.waitFor();
    await page.keyboard.press('b');
    assert.equal(await page.locator('.overlay').count(), 0, 'switched off, nothing lies over the picture');
    await page.keyboard.press('b');
    await button.click();
    await page.getByLabel('Labels').uncheck();
    await page.keyboard.press('Escape');
    await page.locator('.overlay canvas').last().waitFor();
    await page.waitForFunction(() => document.querySelector('video')?.paused === false);

    const counts = { solid: 0, dashed: 0 };
    const rounds = tried(8, 50);
    for (let round = 0; round < rounds; round += 1) {
      const state = STATES[round % STATES.length] as (typeof STATES)[number];
      await bring(page, state, round);
      counts[await check(page, stream, `${state}, screenshot ${round}`)] += 1;
    }
    // Of the frames that come now one was looked at.
    for (let step = 0; step < every + 1 && counts.solid === 0; step += 1) {
      await bring(page, 'step on', step);
      counts[await check(page, stream, `step ${step}`)] += 1;
    }
    assert.ok(counts.solid > 0);
    assert.equal(counts.dashed > 0, every > 1);
    assert.deepEqual(complaints, []);
    await page.close();
  }
});

/** Cuts a clip with boxes from the frame on screen to that of an event, by the page's own buttons: its pictures. */
async function clipped(page: Page, until: string): Promise<Pixels[]> {
  await page.locator('#clip').click();
  await page.locator('#clip-panel').getByLabel('With boxes').check();
  await page.locator('#clip-in').click();
  const begins = await page.evaluate(() => document.querySelector('video')?.currentTime ?? 0);
  await (await rowOf(page, until)).click();
  await page.waitForFunction((from) => {
    const { seeking, currentTime = 0 } = document.querySelector('video') ?? {};
    return seeking === false && currentTime > from + 0.1;
  }, begins);
  await page.locator('#clip-out').click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('#clip-download').click(),
  ]);
  const pictures: Pixels[] = [];
  await decode({ bytes: await readFile(await download.path()), segments: [] }, ({ data, width }) => {
    const copy = Buffer.from(data);
    pictures.push(
      (x, y) => [...copy.subarray(3 * (y * width + x)).subarray(0, 3)] as [number, number, number],
    );
  });
  return pictures;
}

/** Takes a screenshot, and has the box where it must be and how it must be; says how it is. */
async function check(page: Page, stream: SquareStream, where: string): Promise<'solid' | 'dashed'> {
  let { white, box } = await look(page);
  // What was seen may still be on its way.
  const longest = Date.now() + hangBound(10);
  while (box === undefined && Date.now() < longest) {
    await page.waitForTimeout(100);
    ({ white, box } = await look(page));
  }
  // Lines cover the square's own edges, on all sides alike.
  const frame = stream.frameAt({
    left: (white.left + white.right - SIDE) / 2,
    top: (white.top + white.bottom - SIDE) / 2,
  });
  assert.ok(frame !== undefined, `${where}: a square at ${JSON.stringify(white)}`);
  assert.ok(box !== undefined, `${where}: no box on frame ${frame}`);
  const [here, wanted] = [stream.squareIn(frame), stream.squareIn(stream.looked(frame))];
  for (const side of ['left', 'top', 'right', 'bottom'] as const)
    assert.ok(Math.abs(box[side] - wanted[side]) <= 1, `${where}: ${JSON.stringify({ frame, box, wanted })}`);
  const isSolid = box.filled > 0.9;
  assert.equal(isSolid, wanted.left === here.left, `${where}: solid if frame ${frame} itself was looked at`);
  return isSolid ? 'solid' : 'dashed';
}

async function bring(page: Page, state: (typeof STATES)[number], round: number): Promise<void> {
  const isPaused = () => page.evaluate(() => document.querySelector('video')?.paused);
  const press = async (key: string) => {
    // A button that has the focus has the space bar for itself.
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press(key);
  };
  if (state === 'live') {
    await press('l');
    await untilAdvanced(page, 0.2);
  } else if (state === 'paused') {
    if (!(await isPaused())) await press(' ');
    await page.waitForFunction(() => document.querySelector('video')?.paused);
  } else if (state === 'step on' || state === 'step back') {
    await step(page, state === 'step on' ? 'One frame on' : 'One frame back');
  } else if (state === 'sought') {
    for (let times = 0; times <= round % 3; times += 1) await press('ArrowLeft');
    await page.waitForFunction(() => {
      const video = document.querySelector('video') as HTMLVideoElement;
      return !video.seeking && video.readyState >= 2;
    });
  } else {
    if (await isPaused()) await press(' ');
    await untilAdvanced(page, 0.1 + (round % 7) / 30);
  }
}

async function step(page: Page, name: string): Promise<void> {
  const time = () => page.evaluate(() => document.querySelector('video')?.currentTime ?? 0);
  const from = await time();
  await page.getByRole('button', { name }).click();
  await page.waitForFunction(
    (before) => {
      const video = document.querySelector('video') as HTMLVideoElement;
      return video.currentTime !== before && !video.seeking;
    },
    from,
    { timeout: hangBound(10) },
  );
}

/** What the page saves as a snapshot of the frame on screen. */
async function snapshot(page: Page): Promise<Pixels> {
  await page.locator('#snapshot summary').click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'PNG, exact' }).click(),
  ]);
  return pixelsOf(await readFile(await download.path()));
}

/** How much of the lower edge of a square has a line, 0 to 1: no label covers that one. */
function lineOf(pixels: Pixels, { left, right, bottom }: Square, least?: number): number {
  let count = 0;
  for (let x = left; x < right; x += 1) if (hasColour(pixels(x, bottom), least)) count += 1;
  return count / (right - left);
}

/** Of the middle and of the upper left corner of a picture in the page, 0 to 255. */
async function brightness(image: Locator): Promise<[number, number]> {
  const url = await image.getAttribute('src');
  const pixels = await pixelsOf(Buffer.from(url?.split(',')[1] ?? '', 'base64'));
  return [pixels(64, 40)[0], pixels(2, 2)[0]];
}

/** Takes a screenshot and measures it. */
async function look(page: Page): Promise<Seen> {
  const png = await page.screenshot({ clip: { x: 0, y: 0, ...PICTURE } });
  const at = await pixelsOf(png);
  const isWhite = (x: number, y: number) => Math.min(...at(x, y)) > 150;
  const white = extent(PICTURE, isWhite);
  const line = extent(PICTURE, (x, y) => hasColour(at(x, y)));
  assert.ok(white !== undefined, 'there is a square');
  if (line === undefined) return { white, box: undefined };
  let filled = 0;
  for (let x = line.left; x < line.right; x += 1) if (hasColour(at(x, line.top))) filled += 1;
  return {
    white,
    // Lines of two pixels, one on either side of the edge.
    box: {
      left: line.left + 1,
      top: line.top + 1,
      right: line.right - 1,
      bottom: line.bottom - 1,
      filled: filled / (line.right - line.left),
    },
  };
}
