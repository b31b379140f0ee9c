import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { hangBound } from '../hang-bound.ts';
import { until } from '../until.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { resize, untilAdvanced, untilState } from './frames.ts';
import { hostileTexts } from './hostile-texts.ts';
import { type RecordedStream, recordStream } from './recorded-stream.ts';
import { type ServedStream, serveStream } from './served-stream.ts';
import { findColour, MINT, ORANGE, onBar, onOverview, overviewEnds } from './timeline-probe.ts';

describe('the timelines', () => {
  let recorded: RecordedStream;
  let fixture: ServedStream;
  let browser: TestBrowser;
  let page: Page;
  let complaints: string[];
  const dates = new Map<string, number>();

  /** Marks at a tenth of a second of the recording. */
  function mark(id: string, second: number, kind: string, duration = 0): Promise<void> {
    const date = recorded.dateOf(Math.floor(second), Math.round((second % 1) * 10));
    dates.set(id, date * 1000);
    return fixture.mark({ id, date, duration, text: `Text of ${id}`, class: kind });
  }

  before(async () => {
    // A window that no test outlives: what is marked stays in it, however long this machine takes.
    recorded = await recordStream({ window: 300, listedAtStart: 120 });
    fixture = await serveStream(recorded, { thumbnails: true });
    // The encoder was away for four seconds a while ago.
    recorded.restart(4);
    recorded.pass(20);
    const { first } = recorded.listed();
    await mark('tick', first + 40.5, 'motion');
    await mark('span', first + 50, 'mint-square', 6);
    for (let at = 0; at < 5; at += 1) await mark(`near-${at}`, first + 70 + at / 10, 'motion');
    browser = await startBrowser();
    ({ page, complaints } = await browser.open(fixture.url));
    await untilState(page, 'live');
    await untilAdvanced(page, 0.5);
  });
  after(async () => {
    await browser?.close();
    await fixture?.close();
  });

  test('the overview follows live when zoomed in there, and stands still elsewhere', async () => {
    const overview = page.locator('#overview');
    await page.locator('.zoom-in').click();
    await page.locator('.zoom-in').click();
    assert.ok(['edge', 'still'].includes((await overview.getAttribute('data-look')) ?? ''));
    await page.locator('.overview-track').press('End');
    // The live end moves on under the cursor, and takes it along.
    await page.waitForFunction((from) => window.hlsstream.state().range.end > from + 2, await rangeEnd(page));
    // No closer than a slow machine may be behind live: the view goes with the playhead that leaves it.
    await page.keyboard.press('+');
    await page.keyboard.press('Escape');
    await page.waitForFunction(
      () => document.querySelector<HTMLElement>('#overview')?.dataset.look === 'edge',
    );
    const before = (await overviewEnds(page)).end;
    await page.waitForFunction((from) => window.hlsstream.state().range.end > from + 3, await rangeEnd(page));
    assert.ok((await overviewEnds(page)).end >= before + 2);
    await page.locator('.overview-track').press('PageUp');
    await page.waitForFunction(
      () => document.querySelector<HTMLElement>('#overview')?.dataset.look === 'still',
    );
    const still = await overviewEnds(page);
    await page.waitForFunction((from) => window.hlsstream.state().range.end > from + 2, await rangeEnd(page));
    assert.deepEqual(await overviewEnds(page), still);
    await page.locator('.zoom-fit').click();
    await page.waitForFunction(
      () => document.querySelector<HTMLElement>('#overview')?.dataset.look === 'all',
    );
  });

  describe('while time stands still, so that nothing slides under the pointer', () => {
    before(async () => {
      await page.locator('.zoom-fit').click();
      await fixture.end();
      await untilState(page, 'ended');
      await page.waitForFunction(() => window.hlsstream.state().paused);
    });

    test('instants are ticks and intervals are bars, in the colour of their class, on both', async () => {
      for (const [id, colour] of [
        ['tick', ORANGE],
        ['span', MINT],
      ] as const) {
        const { x } = await onBar(page, id);
        assert.ok(await findColour(page, '.marks-canvas', x, colour), `${id} on the seek bar`);
        assert.ok(
          await findColour(page, '.overview-canvas', (await placed(id)).x + 2, colour),
          `${id} below`,
        );
      }
      assert.equal(
        await findColour(page, '.overview-canvas', (await placed('tick')).x + 12, ORANGE),
        undefined,
      );
      const alpha = await page.evaluate(
        (at) => {
          const canvas = document.querySelector('.marks-canvas') as HTMLCanvasElement;
          const x = at - canvas.getBoundingClientRect().left;
          return canvas.getContext('2d')?.getImageData(Math.round(x), 16, 1, 1).data[3];
        },
        (await onBar(page, 'span')).x + 20,
      );
      assert.ok(alpha !== undefined && alpha > 100 && alpha < 160, `the bar's body, ${alpha}`);
    });

    test('hovering a marker shows its text, its time and a thumbnail, on both', async () => {
      const bar = await onBar(page, 'tick');
      await page.mouse.move(bar.x, bar.y);
      await tipSays('.marks', 'Text of tick');
      const below = await placed('tick');
      await page.mouse.move(below.x + 2, below.y);
      await tipSays('.overview-track', 'Text of tick');
    });

    test('hovering between markers shows time and thumbnail of that moment', async () => {
      const bar = await onBar(page, 'tick');
      await page.mouse.move(bar.x - 60, bar.y + 16);
      const tip = page.locator('.marks .tip');
      await tip.locator('.tip-picture').waitFor();
      assert.equal(await tip.locator('.tip-text').count(), 0);
      assert.match((await tip.locator('.tip-time').textContent()) ?? '', /^\d\d:\d\d:\d\d$/);
    });

    test('the focused seek bar shows what is at the handle', async () => {
      await page.mouse.move(5, 5);
      await page.locator('.vjs-progress-holder').focus();
      await page.keyboard.press('ArrowLeft');
      await page.locator('.marks .tip-time').waitFor();
      await page.keyboard.press('Tab');
      await page.locator('.marks .tip').waitFor({ state: 'hidden' });
    });

    test('neighbours that overlap are one cluster with a count, and spread when zoomed', async () => {
      const bar = await onBar(page, 'near-0');
      await page.mouse.move(bar.x, bar.y);
      const list = page.locator('.marks .tip-list');
      await page.locator('.marks .tip-count', { hasText: '5 events' }).waitFor();
      assert.deepEqual(
        await list.locator('li').allTextContents(),
        ['near-0', 'near-1', 'near-2'].map((id) => `Text of ${id}`),
      );
      assert.equal(await list.getAttribute('data-more'), 'and 2 more');
      await page.mouse.click(bar.x + 1, bar.y);
      await untilShown('near-0');
      const below = await placed('near-0');
      await page.mouse.move(below.x + 3, below.y);
      await page.locator('.overview-track .tip-count', { hasText: '5 events' }).waitFor();
      for (let times = 0; times < 8; times += 1) await page.mouse.wheel(0, -300);
      await page.locator('.overview-track .tip-count', { hasText: /^$/ }).waitFor({ state: 'attached' });
      await page.waitForFunction(() => document.querySelectorAll('.overview-track .tip-text').length <= 1);
      await page.mouse.dblclick(below.x + 40, below.y + 2);
    });

    test('where nothing was recorded is hatched on both and said', async () => {
      const gap = await page.evaluate(() => {
        const { clock, range } = window.hlsstream.state();
        const at = clock.findLastIndex(({ discontinuity }) => discontinuity);
        const [span, was] = [clock[at], clock[at - 1]];
        if (span === undefined || was === undefined) return undefined;
        const place = (span.time - range.start) / (range.end - range.start);
        return { place, middle: (was.date + was.duration + span.date) / 2 };
      });
      assert.ok(gap !== undefined);
      const below = await onOverview(page, gap.middle);
      await page.mouse.move(below.x, below.top + 60);
      await page.locator('.overview-track .tip-count', { hasText: 'No video here, 4.00 s' }).waitFor();
      assert.ok(await findColour(page, '.overview-canvas', below.x, [29, 37, 48]), 'hatched below');
      const box = await page.locator('.marks').boundingBox();
      assert.ok(box !== null);
      const x = box.x + gap.place * box.width;
      await page.mouse.move(x, box.y + 34);
      await page.locator('.marks .tip-count', { hasText: 'No video here, 4.00 s' }).waitFor();
      assert.ok(await findColour(page, '.marks-canvas', x, [29, 37, 48]), 'hatched on the bar');
    });

    test('zooms by wheel, buttons, keys and pinch; pans by drag, shift and wheel, and keys', async () => {
      const track = page.locator('.overview-track');
      const box = await track.boundingBox();
      assert.ok(box !== null);
      const length = async () => {
        const { start, end } = await overviewEnds(page);
        return end - start;
      };
      const whole = await overviewEnds(page);
      await page.mouse.move(box.x + box.width / 2, box.y + 50);
      await page.mouse.wheel(0, -320);
      const wheeled = await settled(length, (now) => now < (whole.end - whole.start) * 0.7);
      await page.locator('.zoom-in').click();
      await settled(length, (now) => now < wheeled * 0.7);
      await page.locator('.zoom-out').click();
      const out = await settled(length, (now) => now > wheeled * 0.8);
      await track.press('+');
      await settled(length, (now) => now < out * 0.7);

      const start = async () => (await overviewEnds(page)).start;
      const from = await start();
      await page.mouse.move(box.x + 500, box.y + 50);
      await page.mouse.down();
      await page.mouse.move(box.x + 300, box.y + 50, { steps: 5 });
      await page.mouse.up();
      const dragged = await settled(start, (now) => now > from + 3);
      await page.keyboard.down('Shift');
      await page.mouse.wheel(0, -200);
      await page.keyboard.up('Shift');
      await settled(start, (now) => now < dragged - 3);
      await track.press('Home');
      await settled(start, (now) => now <= whole.start + 1);

      await track.press('0');
      await settled(length, (now) => now >= whole.end - whole.start - 1);
      const touch = await page.context().newCDPSession(page);
      const fingers = (apart: number) =>
        [-apart, apart].map((off, id) => ({ x: box.x + box.width / 2 + off, y: box.y + 50, id }));
      await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: fingers(40) });
      for (const apart of [60, 90, 120]) {
        await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: fingers(apart) });
      }
      await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
      await settled(length, (now) => now < (whole.end - whole.start) / 2);
      await page.mouse.dblclick(box.x + 100, box.y + 4);
      await settled(length, (now) => now >= whole.end - whole.start - 1);
    });

    test('a click goes to that moment, and a click on a marker to its first frame', async () => {
      const tick = await placed('tick');
      await page.mouse.click(tick.x - 80, tick.top + 10);
      const wanted = await page.evaluate(() => window.hlsstream.state().range);
      const box = await page.locator('.overview-track').boundingBox();
      const second = (wanted.end - wanted.start + 4) / (box?.width ?? 1);
      await page.waitForFunction(
        ({ date, within }) => Math.abs((window.hlsstream.state().date ?? 0) - date) < within,
        { date: (dates.get('tick') ?? 0) - 80 * second * 1e6, within: 1.5 * second * 1e6 },
      );
      await page.mouse.click(tick.x + 2, tick.y);
      await untilShown('tick');
    });

    test('can be worked by keyboard alone, and says where it is', async () => {
      const track = page.locator('.overview-track');
      await track.focus();
      await page.keyboard.press('Home');
      for (let times = 0; times < 3; times += 1) await page.keyboard.press('Shift+ArrowRight');
      assert.equal(await track.getAttribute('role'), 'slider');
      const text = (await track.getAttribute('aria-valuetext')) ?? '';
      assert.match(text, /^\d\d:\d\d:\d\d\.\d\d\d/);
      await page.waitForFunction(
        () =>
          Math.abs(Number(document.querySelector('.overview-track')?.getAttribute('aria-valuenow')) - 60) < 1,
      );
      await page.keyboard.press('Enter');
      await page.waitForFunction((said) => {
        const at = new Date((window.hlsstream.state().date ?? 0) / 1000);
        const [hours = 0, minutes = 0, seconds = 0] = said.slice(0, 12).split(':').map(Number);
        const wanted = hours * 3600 + minutes * 60 + seconds;
        const is = at.getHours() * 3600 + at.getMinutes() * 60 + at.getSeconds() + at.getMilliseconds() / 1e3;
        const apart = Math.abs(is - wanted);
        // Midnight may lie between them.
        return Math.min(apart, 86_400 - apart) < 0.5;
      }, text);
      await page.keyboard.press('Escape');
    });

    test('the legend counts the classes and hides one on both timelines', async () => {
      const chip = page.locator('.chip', { hasText: 'motion' });
      assert.equal(await chip.locator('.chip-count').textContent(), '6');
      const [bar, below] = [await onBar(page, 'tick'), await placed('tick')];
      await chip.click();
      assert.equal(await chip.getAttribute('aria-pressed'), 'false');
      await page.waitForFunction(() => window.hlsstream.placeOf('tick') === undefined);
      await settled(
        () => findColour(page, '.marks-canvas', bar.x, ORANGE),
        (at) => at === undefined,
      );
      await settled(
        () => findColour(page, '.overview-canvas', below.x + 2, ORANGE),
        (at) => at === undefined,
      );
      assert.notEqual(await page.evaluate(() => window.hlsstream.placeOf('span')), undefined);
      await chip.click();
      await settled(
        () => findColour(page, '.overview-canvas', below.x + 2, ORANGE),
        (at) => at !== undefined,
      );
    });

    test('nothing is scrubbed by what was let go beside the bar, nor by another button', async () => {
      const { x, y } = await onBar(page, 'tick');
      await page.mouse.click(x, y);
      await untilShown('tick');
      const before = await page.evaluate(() => document.querySelector('video')?.currentTime);
      await page.mouse.move(x, y);
      await page.mouse.down({ button: 'right' });
      await page.mouse.up({ button: 'right' });
      await page.mouse.move(x + 60, y, { steps: 6 });
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(x, y - 200);
      await page.mouse.up();
      await page.mouse.move(x + 60, y, { steps: 6 });
      await page.mouse.move(5, 5);
      await page.evaluate(() => new Promise(requestAnimationFrame));
      const after = await page.evaluate(() => document.querySelector('video')?.currentTime);
      assert.equal(after, before);
    });

    test('time runs to the right in a page that is written to the left', async () => {
      const before = await onBar(page, 'tick');
      await page.evaluate(() => {
        document.documentElement.dir = 'rtl';
      });
      await page.mouse.move(5, 5);
      const place = await onBar(page, 'tick');
      await page.mouse.click(place.x, place.y);
      await untilShown('tick');
      const apart = await page.evaluate((x) => {
        const handle = (document.querySelector('.vjs-play-progress') as HTMLElement).getBoundingClientRect();
        return Math.abs(x - 2 - handle.right);
      }, place.x);
      assert.ok(apart <= 1, `${apart} px apart`);
      assert.ok(await findColour(page, '.overview-canvas', (await placed('tick')).x + 2, ORANGE));
      await page.evaluate(() => {
        document.documentElement.dir = 'ltr';
      });
      assert.ok(Math.abs((await onBar(page, 'tick')).x - before.x) < 1);
    });

    test('thirty hostile texts are text in tip and legend', async () => {
      const { first } = recorded.listed();
      await mark('hostile', first + 90, 'harmless');
      for (const text of hostileTexts) {
        await fixture.change({ op: 'edit', id: 'hostile', changes: { text, class: text } });
        await page.waitForFunction(
          (kind) =>
            [...document.querySelectorAll('.chip-name')].some(({ textContent }) => textContent === kind),
          text,
        );
        const { x, y } = await onBar(page, 'hostile');
        await page.mouse.move(x, y);
        await page.waitForFunction(
          (said) => document.querySelector('.marks .tip-text')?.textContent === said,
          text,
        );
      }
      await fixture.change({ op: 'delete', id: 'hostile' });
      await page.waitForFunction(() => document.querySelectorAll('.chip').length === 2);
      assert.equal(await page.evaluate(() => document.body.dataset.hacked), undefined);
      assert.equal(
        await page.locator('.tip img, .tip script, .chip img, .chip script, iframe, base').count(),
        0,
      );
    });

    test('on a phone what is pressed is as large as a finger, and nothing sticks out', async () => {
      await resize(page, { width: 320, height: 640 });
      const small = await page.evaluate(
        () =>
          [...document.querySelectorAll('.chip, .overview-zoom button')]
            .map((element) => element.getBoundingClientRect())
            .filter(({ width, height }) => width < 44 || height < 44).length,
      );
      assert.equal(small, 0);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320);
    });
  });

  test('breaks no security policy and logs no error', () => {
    assert.deepEqual(complaints, []);
  });

  /** Where a marker's head is painted on the overview, while it shows everything. */
  async function placed(id: string): Promise<{ x: number; y: number; top: number }> {
    const { x, top } = await onOverview(page, dates.get(id) ?? 0);
    const y = await findColour(page, '.overview-canvas', x + 2, id === 'span' ? MINT : ORANGE);
    return { x, y: (y ?? top) + 1, top };
  }

  async function untilShown(id: string): Promise<void> {
    await page.waitForFunction(
      (date) => {
        const video = document.querySelector('video') as HTMLVideoElement;
        return !video.seeking && Math.abs((window.hlsstream.state().date ?? 0) - date) < 20_000;
      },
      dates.get(id) ?? 0,
      { timeout: hangBound(10) },
    );
  }

  async function tipSays(timeline: string, text: string): Promise<void> {
    const tip = page.locator(`${timeline} .tip`);
    await tip.locator('.tip-text', { hasText: text }).waitFor();
    assert.match((await tip.locator('.tip-time').textContent()) ?? '', /^\d\d:\d\d:\d\d\.\d\d\d$/);
    await tip.locator('.tip-picture').waitFor();
    const image = await tip
      .locator('.tip-picture')
      .evaluate((element) => (element as HTMLElement).style.backgroundImage);
    const [, url = ''] = /url\("(.*)"\)/.exec(image) ?? [];
    assert.match(url, /\/video\/fixture\/first\/thumbs-\d-\d+\.jpg$/);
    assert.equal((await fetch(url)).status, 200);
  }
});

function rangeEnd(page: Page): Promise<number> {
  return page.evaluate(() => window.hlsstream.state().range.end);
}

/** Reads until it is as wanted; the figure. */
async function settled<T>(read: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  let value = await read();
  await until('what is read is as wanted', 5, async () => {
    if (!wanted(value)) value = await read();
    assert.ok(wanted(value), `stayed at ${value}`);
    return true;
  });
  return value;
}
