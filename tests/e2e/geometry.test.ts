import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { hangBound } from '../hang-bound.ts';
import { until } from '../until.ts';
import { untilState } from './frames.ts';
import { assertBeside, assertInReach, assertInWindow, barFaults, outOfReach, screens } from './geometry.ts';
import { type OpenServed, openServed } from './open-served.ts';
import type { RecordedStream } from './recorded-stream.ts';
import type { ServedStream } from './served-stream.ts';

const LONG = 'a class that somebody gave a name as long as a sentence, with more words than any menu is wide';
const CLASSES = ['motion', 'door', LONG, 'note', 'x'.repeat(120), ...'abcdefghijklmnop'];

/** Frames of other people's pages. */
const frames = [
  { width: 170, height: 300 },
  { width: 240, height: 135 },
  { width: 320, height: 180 },
  { width: 400, height: 225 },
  { width: 480, height: 270 },
  { width: 560, height: 315 },
];

describe('whatever is worked lies where one can press it', () => {
  let opened: OpenServed;
  let fixture: ServedStream;
  let page: Page;

  before(async () => {
    const api = { clipLimit: 60 };
    opened = await openServed({ recording: { window: 300 }, thumbnails: true, api, prepare });
    ({ fixture, page } = opened);
    await untilPlaying();
  });
  after(() => opened?.close());

  async function prepare(served: ServedStream, recorded: RecordedStream): Promise<void> {
    const { first } = recorded.listed();
    for (let at = 0; at < 60; at += 1) {
      const text = at % 5 === 0 ? `Event ${at} ${'that takes many words to tell '.repeat(8)}` : `Event ${at}`;
      const seen = { id: `e-${at}`, date: recorded.dateOf(first + 220 + at), duration: (at % 3) / 2, text };
      await served.mark({ ...seen, class: CLASSES[at % CLASSES.length] as string });
    }
  }

  async function untilPlaying(): Promise<void> {
    await page.waitForFunction(() => {
      const video = document.querySelector('video');
      return video !== null && video.readyState > 2 && video.currentTime > 0;
    });
  }

  /** The bar in the page and on all of the screen, as wide as it comes. */
  async function assertBars(): Promise<void> {
    const sizes = [...Object.values(screens), { width: 320, height: 640 }, { width: 667, height: 375 }];
    for (const size of sizes) {
      await page.setViewportSize(size);
      await settled(() => barFaults(page));
      await assertInReach(page, { within: '.vjs-control-bar' });
    }
    await page.keyboard.press('f');
    await page.waitForFunction(() => document.fullscreenElement !== null);
    for (const size of sizes) {
      await page.setViewportSize(size);
      await page.mouse.move(size.width / 2, size.height / 3);
      await settled(() => barFaults(page));
      await settled(() => outOfReach(page, { within: '.vjs-control-bar', still: true }));
    }
    await page.keyboard.press('f');
    await page.waitForFunction(() => document.fullscreenElement === null);
  }

  test('the bar has one row of buttons, all in reach, whatever it says, playing and paused', async () => {
    await assertBars();
    await page.keyboard.press(',');
    await page
      .locator('.clock')
      .getByText(/\.\d{3}$/)
      .waitFor();
    await assertBars();
    await page.keyboard.press('l');
    await untilState(page, 'live');
  });

  for (const [name, size] of Object.entries(screens)) {
    test(`on ${name}: the page, its menus, panels, messages, tips and keys`, async () => {
      await page.setViewportSize(size);
      await page.evaluate(() => scrollTo(0, 0));
      await assertInReach(page);

      for (const menu of ['#snapshot', '#classes']) {
        await page.locator(`${menu} summary`).click();
        await page.waitForFunction((items) => {
          const element = document.querySelector<HTMLElement>(`${items} .menu-items`);
          return element !== null && element.style.top !== '' && element.checkVisibility();
        }, menu);
        await settled(() => outOfReach(page, { within: `${menu} .menu-items`, still: true }));
        await page.keyboard.press('Escape');
      }

      for (const panel of ['clip', 'mark']) {
        await page.locator(`#${panel}`).click();
        await assertInReach(page, { within: `#${panel}-panel`, still: true });
      }
      for (const [button, time] of [
        ['#clip-in', '#clip-from'],
        ['#clip-out', '#clip-to'],
      ] as const)
        await assertBeside(page, button, time);
      // Both are open; a message must cover nothing that can be pressed.
      await page.locator('#copy-link').click();
      await page.locator('#said.there').waitFor();
      await assertInWindow(page, '#said');
      await assertInReach(page);
      await page.locator('#mark-cancel').click();
      await page.locator('#clip-cancel').click();

      await page.locator('#help').click();
      await assertInReach(page, { within: '#keys', still: true });
      await assertInWindow(page, '#keys-title');
      await page.keyboard.press('Escape');

      for (const timeline of ['.marks', '.overview-track']) {
        await page.locator(timeline).scrollIntoViewIfNeeded();
        const box = await page.locator(timeline).boundingBox();
        assert.ok(box !== null);
        for (const share of [0.02, 0.4, 0.98]) {
          await page.mouse.move(box.x + box.width * share, box.y + Math.min(box.height / 2, 20));
          await page.locator(`${timeline} .tip`).waitFor();
          await settled(() => assertInWindow(page, `${timeline} .tip`).then(() => []));
        }
      }
      await page.mouse.move(1, 1);

      await page.evaluate(() => scrollTo(0, 0));
      await page.locator('tbody tr').first().click();
      await page.locator('#chosen').waitFor();
      await assertInReach(page);
      await assertInReach(page, { within: '#chosen', still: true });
      await page.locator('#chosen-close').click();
    });

    test(`on ${name}: the full screen, with everything in it, and after it`, async () => {
      await page.setViewportSize(size);
      await page.keyboard.press('f');
      await page.waitForFunction(() => document.fullscreenElement !== null);
      await page.mouse.move(size.width / 2, size.height / 3);
      await settled(() => outOfReach(page, { still: true }));
      const picture = await page.locator('video').boundingBox();
      assert.deepEqual(picture, { x: 0, y: 0, ...size });
      await page.keyboard.press('c');
      await page.locator('#said.there').waitFor();
      await assertInWindow(page, '#said');
      await assertInReach(page, { still: true });
      const bar = await page.locator('.marks').boundingBox();
      assert.ok(bar !== null);
      await page.mouse.move(bar.x + bar.width / 2, bar.y + 14);
      await page.locator('.marks .tip').waitFor();
      await settled(() => assertInWindow(page, '.marks .tip').then(() => []));
      await page.keyboard.press('f');
      await page.waitForFunction(() => document.fullscreenElement === null);
      // Away from the seek bar, which is elsewhere now: a tip is there for as long as somebody points.
      await page.mouse.move(1, 1);
      await settled(() => outOfReach(page));
    });
  }

  test('in full screen the controls go while nobody moves, and come back for pointer and keys', async () => {
    await page.setViewportSize(screens['1280×800']);
    await page.keyboard.press('f');
    await page.waitForFunction(() => document.fullscreenElement !== null);
    const bar = (opacity: string) =>
      page.waitForFunction(
        (wanted) => {
          const { opacity, pointerEvents } = getComputedStyle(
            document.querySelector('.vjs-control-bar') as Element,
          );
          return opacity === wanted && (pointerEvents === 'none') === (wanted === '0');
        },
        opacity,
        { timeout: hangBound(20) },
      );
    await page.mouse.move(300, 300);
    await bar('1');
    await bar('0');
    assert.equal(
      await page.evaluate(() => getComputedStyle(document.querySelector('video') as Element).cursor),
      'none',
    );
    // A hand's way: the first step is taken for an echo of the cursor that changed.
    await page.mouse.move(500, 320, { steps: 4 });
    await bar('1');
    await bar('0');
    await page.keyboard.press(',');
    await bar('1');
    // The same for a picture that stands still: all of it can be looked at.
    await bar('0');
    // What opens beside the picture would not be seen: it leaves the full screen.
    await page.keyboard.press('m');
    await page.waitForFunction(() => document.fullscreenElement === null);
    await assertInReach(page, { within: '#mark-panel', still: true });
    await page.keyboard.press('Escape');
    await page.keyboard.press('l');
  });

  test('the player alone, the choice of streams, and what is said of no such stream', async () => {
    await page.goto(`${fixture.url}embed`);
    await untilPlaying();
    for (const paused of [false, true]) {
      if (paused) await page.keyboard.press(' ');
      await page.waitForFunction((wanted) => document.querySelector('video')?.paused === wanted, paused);
      for (const size of [...Object.values(screens), ...frames]) {
        await page.setViewportSize(size);
        await settled(() => outOfReach(page, { still: true }));
        await settled(() => barFaults(page));
      }
    }
    const upright = { width: 360, height: 640, frameRate: 10 };
    await fixture.also({ name: 'upright', picture: upright, thumbnails: true });
    await fixture.also({ name: `${'long-'.repeat(12)}name` }, 'silent');
    await page.goto(fixture.url);
    await page.locator('.card').nth(2).getByText('Stalled').waitFor();
    for (const size of Object.values(screens)) {
      await page.setViewportSize(size);
      await assertInReach(page);
    }
    await page.goto(`${fixture.url}?stream=nobody`);
    await untilState(page, 'missing');
    for (const size of Object.values(screens)) {
      await page.setViewportSize(size);
      await assertInReach(page);
    }
  });

  test('breaks no security policy and logs no error', () => {
    assert.deepEqual(opened.complaints, []);
  });
});

/** Looks again until there is no fault: what is moved by a script is in its place a repaint later. */
async function settled(look: () => Promise<readonly string[]>): Promise<void> {
  await until('nothing is out of its place', 5, async () => {
    assert.deepEqual(await look(), []);
    return true;
  });
}
