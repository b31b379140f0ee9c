import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import type { Locator, Page } from 'playwright-core';
import { hangBound } from '../hang-bound.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { untilAdvanced, untilState } from './frames.ts';
import { assertInReach, screens } from './geometry.ts';
import { type RecordedStream, recordStream } from './recorded-stream.ts';
import { rowOf } from './rows.ts';
import { type ServedStream, serveStream } from './served-stream.ts';

const LONG = 'delivery of a parcel at the back door that nobody was there to take in';

describe('details of the viewer', () => {
  let recorded: RecordedStream;
  let fixture: ServedStream;
  let browser: TestBrowser;
  let page: Page;

  before(async () => {
    recorded = await recordStream();
    fixture = await serveStream(recorded, { thumbnails: true });
    browser = await startBrowser();
    ({ page } = await browser.open(fixture.url));
    await untilState(page, 'live');
  });
  after(async () => {
    await browser?.close();
    await fixture?.close();
  });

  function mark(id: string, second: number, kind: string, text = `Text of ${id}`): Promise<void> {
    const date = recorded.dateOf(recorded.listed().first + second);
    return fixture.mark({ id, date, duration: 0.4, text, class: kind });
  }

  test('the menu of classes says when there are none', async () => {
    await page.locator('#classes-label').click();
    await page.getByText('No events yet, and so no classes.').waitFor();
    await page.keyboard.press('Escape');
  });

  test('it shows the beginning of every name, however long', async () => {
    for (const [at, kind] of [LONG, 'w'.repeat(300), '', 'car', 'dog'].entries())
      await mark(`e-${at}`, 30 + at, kind);
    await page.locator('.chip').nth(4).waitFor();
    await page.locator('#classes-label').click();
    await page.locator('.choice').first().waitFor();
    const menu = await box(page.locator('#classes .menu-items'));
    for (const choice of await page.locator('.choice bdi').all()) {
      const name = await box(choice);
      assert.ok(name.x >= menu.x && name.x + name.width <= menu.x + menu.width && name.width > 20);
    }
    assert.deepEqual(
      (await page.locator('.choice bdi').allTextContents()).sort(),
      ['car', LONG, 'dog', 'no class', 'w'.repeat(300)].sort(),
    );
    await assertInReach(page, { within: '#classes .menu-items', still: true });
    await page.keyboard.press('Escape');
  });

  test('no two classes look the same, and every row of the timeline is named', async () => {
    for (const [at, kind] of [...'klmnopqrs'].entries()) await mark(`k-${at}`, 40 + at, kind);
    await page.locator('.chip').nth(13).waitFor();
    const looks = await page
      .locator('.chip')
      .evaluateAll((chips) =>
        chips.map(
          (chip) => `${(chip as HTMLElement).dataset.colour} ${(chip as HTMLElement).dataset.pattern}`,
        ),
      );
    assert.equal(new Set(looks).size, 14);
    await page.waitForFunction(() => document.querySelectorAll('.lane-name').length === 6);
    const names = await page.locator('.lane-name').allTextContents();
    assert.deepEqual(names.slice(0, 3), ['no class', 'car', LONG]);
    assert.equal(names[5], ['l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 'w'.repeat(300)].join(', '));
    const [track, name] = [
      await box(page.locator('.overview-track')),
      await box(page.locator('.lane-name').last()),
    ];
    assert.ok(name.x + name.width <= track.x && name.y + name.height <= track.y + track.height);
  });

  test('the playhead stays in the zoomed timeline when it is sent back, and when it plays on', async () => {
    await page.locator('.overview-track').press('End');
    for (let times = 0; times < 3; times += 1) await page.keyboard.press('+');
    await page.keyboard.press('Escape');
    await page.waitForFunction(
      () => document.querySelector<HTMLElement>('#overview')?.dataset.look === 'edge',
    );
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    for (let times = 0; times < 8; times += 1) await page.keyboard.press('ArrowLeft');
    await page.waitForFunction(
      () => document.querySelector<HTMLElement>('#overview')?.dataset.look === 'still',
    );
    await page.waitForFunction(PLAYHEAD_IN_VIEW);
    await page.locator('.zoom-fit').click();
  });

  test('a pause that outlasts the window goes on at the oldest frame, and says where', async () => {
    await outlastWindow();
    await page.locator('.vjs-play-control').click();
    await untilResumed();
    // The play button has the focus: the page hears its keys all the same.
    await page.keyboard.press('l');
    await untilState(page, 'live');
  });

  test('so it does when the page is painted before the browser says that it plays', async () => {
    await page.waitForFunction(() => !/Playback goes on at/.test(document.body.innerText));
    await outlastWindow();
    await page.evaluate(`{
      const repaint = window.requestAnimationFrame;
      window.requestAnimationFrame = (paint) => repaint((at) => {
        if (window.requestAnimationFrame !== repaint) document.querySelector('video').play();
        window.requestAnimationFrame = repaint;
        paint(at);
      });
    }`);
    await untilResumed();
    await page.keyboard.press('l');
    await untilState(page, 'live');
  });

  /** Pauses, and lets more than the window go by. */
  async function outlastWindow(): Promise<void> {
    await page.locator('.vjs-play-control').click();
    await page.waitForFunction(() => document.querySelector('video')?.paused);
    recorded.pass(200);
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await page.waitForFunction(
      () => {
        const { clock, date = 0 } = window.hlsstream.state();
        // All that is listed now lies beyond what the player knows.
        return clock.length === 0 || date < (clock[0]?.date ?? 0);
      },
      undefined,
      { timeout: hangBound(30) },
    );
  }

  /** Waits until playback goes on near the oldest frame, and says so. */
  async function untilResumed(): Promise<void> {
    await page.getByText(/Playback goes on at \d\d:\d\d:\d\d/).waitFor();
    await page.waitForFunction(() => {
      const { clock, date = 0, paused } = window.hlsstream.state();
      const into = date - (clock[0]?.date ?? 0);
      return !paused && into >= 0 && into < 30e6;
    });
    await untilAdvanced(page, 0.5);
  }

  for (const name of ['390×844', '844×390'] as const) {
    test(`after a tap on a row several rows are in sight on ${name}`, async () => {
      const { next, first } = recorded.listed();
      const { width } = screens[name];
      for (let at = 0; at < 20; at += 1) await mark(`row-${width}-${at}`, next - first - 40 + at, 'car');
      await page.setViewportSize(screens[name]);
      await page.evaluate(() => scrollTo(0, 0));
      await page.locator(`tbody tr[data-id="row-${width}-19"]`).click();
      await page.locator('#chosen').waitFor();
      await page.waitForFunction(ROWS_IN_SIGHT);
      await page.locator('#chosen-close').click();
      await page.setViewportSize(screens['1280×800']);
    });
  }

  test('tells the time zone where it tells the time', async () => {
    const session = await page.context().newCDPSession(page);
    await session.send('Emulation.setTimezoneOverride', { timezoneId: 'Asia/Kolkata' });
    await page.reload();
    await untilState(page, 'live');
    await page.locator('.zone').getByText('UTC+5:30', { exact: true }).waitFor();
    assert.equal(await page.locator('#time-style option').first().textContent(), 'Clock (UTC+5:30)');
    await session.send('Emulation.setTimezoneOverride', { timezoneId: '' });
    await session.detach();
  });

  test('the Tab key goes through what is seen from left to right, line by line', async () => {
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.evaluate(() => scrollTo(0, 0));
    const places: { name: string; column: boolean; x: number; y: number }[] = [];
    for (let step = 0; step < 60; step += 1) {
      await page.keyboard.press('Tab');
      const place = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        const { left, top, width, height } = element.getBoundingClientRect();
        const name = element.id || element.className || element.tagName;
        const column = element.closest('.events') !== null;
        return { name, column, x: left + width / 2, y: top + height / 2 };
      });
      if (place.name === 'BODY') break;
      places.push(place);
    }
    assert.ok(places.length > 20, `${places.length}`);
    for (const [at, { name, column, x, y }] of places.entries()) {
      const before = places[at - 1];
      if (before === undefined || before.column !== column) continue;
      const later = y > before.y + 8 || (Math.abs(y - before.y) <= 8 && x > before.x);
      assert.ok(later, `${name} at ${x},${y} comes after ${before.name} at ${before.x},${before.y}`);
    }
  });

  test('numbers and words keep their order in a page that is written to the left', async () => {
    await mark('arabic', 60, 'باب', 'وصل الطرد إلى الباب');
    await page.locator('.chip', { hasText: 'باب' }).waitFor();
    await page.evaluate(() => {
      document.documentElement.dir = 'rtl';
    });
    await page.locator('#clip, #copy-link').first().waitFor();
    for (const selector of ['tbody tr .soft', '#classes-label', '.facts div:nth-child(4) dd', '.latency']) {
      const { seen, meant } = await page.evaluate<{ seen: string; meant: string }>(
        `(${READ_AS_SEEN})(${JSON.stringify(selector)})`,
      );
      assert.ok(meant !== '' && seen === meant, `${selector}: “${seen}” in place of “${meant}”`);
    }
    await page.evaluate(() => document.documentElement.removeAttribute('dir'));
    // And what is written to the left keeps its own order in a page that is not.
    const arabic = await rowOf(page, 'arabic');
    assert.equal(
      await arabic.locator('.text').evaluate((element) => getComputedStyle(element).unicodeBidi),
      'plaintext',
    );
  });

  test('in forced colours seek bar, handle and icons can be seen', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ forcedColors: 'active', colorScheme });
      for (const selector of [
        '.vjs-progress-control',
        '.step-back',
        '.step-on',
        '#theme',
        '.vjs-play-control',
        '.zoom-in',
        '#copy-link',
      ]) {
        const contrast = await contrastIn(page.locator(selector));
        assert.ok(contrast >= 3, `${selector}, ${colorScheme}: ${contrast.toFixed(2)}`);
      }
    }
    await page.emulateMedia({ forcedColors: 'none', colorScheme: 'light' });
  });

  test('a stream that is not there offers nothing but the way to those that are', async () => {
    await page.goto(`${fixture.url}?stream=nobody`);
    await untilState(page, 'missing');
    await page.locator('#notice-link').waitFor();
    const offered = await page
      .locator('button, input, select, summary, a')
      .evaluateAll((all) => all.filter((one) => one.checkVisibility()).map(({ id }) => id));
    assert.deepEqual(offered, ['home', 'theme', 'notice-link']);
    await page.keyboard.press('m');
    assert.equal(await page.locator('#mark-panel').isHidden(), true);
  });

  test('the choice of streams has cards of one height and sharp pictures, and the theme button at the end', async () => {
    const upright = { width: 180, height: 320, frameRate: 10 };
    await fixture.also({ name: 'upright', picture: upright, thumbnails: true });
    await fixture.also({ name: `${'long-'.repeat(11)}name` });
    await page.goto(`${fixture.url}`);
    await page.locator('.card video').nth(2).waitFor();
    const cards = await Promise.all((await page.locator('.card').all()).map(box));
    assert.equal(new Set(cards.map(({ height }) => Math.round(height))).size, 1);
    for (const video of await page.locator('.card video').all()) {
      const { wide, shown } = await video.evaluate((one: HTMLVideoElement) => ({
        wide: one.videoWidth,
        shown: one.readyState >= 2 && one.clientWidth > 0,
      }));
      assert.deepEqual({ wide, shown }, { wide: 320, shown: true });
    }
    const [theme, top] = [await box(page.locator('#theme')), await box(page.locator('.top'))];
    assert.ok(
      top.x + top.width - (theme.x + theme.width) <= 24,
      'the theme button stands at the end of the line',
    );
    await page.locator('.card').nth(1).click();
    await untilState(page, 'live');
    // With a choice of streams its name is there once.
    const names = await page
      .locator('.top :is(h1, select)')
      .evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().width > 2).length);
    assert.equal(names, 1);
  });
});

async function box(locator: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const found = await locator.boundingBox();
  assert.ok(found !== null, `${locator} has no place`);
  return found;
}

/** The contrast between the ground of an element, which most of its pixels have, and what stands out most from it. */
async function contrastIn(locator: Locator): Promise<number> {
  const image = await loadImage(await locator.screenshot());
  const canvas = createCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const counts = new Map<number, number>();
  for (let at = 0; at < data.length; at += 4) {
    const light = Math.round(luminance(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0) * 1000);
    counts.set(light, (counts.get(light) ?? 0) + 1);
  }
  // Some pixels are not enough: an outline of the focus, or what smoothing leaves.
  const seen = [...counts].filter(([, count]) => count >= 8).map(([light]) => light / 1000);
  return (Math.max(...seen) + 0.05) / (Math.min(...seen) + 0.05);
}

function luminance(...channels: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = channels.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Whether the playhead stands in the zoomed timeline. As text: it runs in the page. */
const PLAYHEAD_IN_VIEW = `(() => {
  const line = document.querySelector('.overview-line.playhead');
  const track = document.querySelector('.overview-track').getBoundingClientRect();
  const { left } = line.getBoundingClientRect();
  return !line.hidden && left >= track.left - 1 && left <= track.right + 1;
})()`;

/** Whether at least three rows lie wholly between the picture and the strip of the chosen event. */
const ROWS_IN_SIGHT = `(() => {
  const screen = document.querySelector('.screen').getBoundingClientRect();
  const strip = document.querySelector('#chosen').getBoundingClientRect();
  const from = screen.right > innerWidth / 2 + 200 ? screen.bottom : 0;
  const rows = [...document.querySelectorAll('tbody tr')].map((row) => row.getBoundingClientRect());
  return rows.filter(({ top, bottom }) => top >= from - 1 && bottom <= strip.top + 1).length >= 3;
})()`;

/** The characters of an element from left to right, as they are painted, and as they are meant; without spaces. */
const READ_AS_SEEN = `(selector) => {
  const element = document.querySelector(selector);
  const range = document.createRange();
  const seen = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let at = 0; at < node.length; at += 1) {
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      if (node.data[at].trim() !== '') seen.push([range.getBoundingClientRect().left, node.data[at]]);
    }
  }
  const joined = (list) => list.map(([, character]) => character).join('');
  return { meant: joined(seen), seen: joined(seen.toSorted((a, b) => a[0] - b[0])) };
}`;
