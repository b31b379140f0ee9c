import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from './browser.ts';
import { resize, untilState, untilStill } from './frames.ts';
import { recordStream } from './recorded-stream.ts';
import { type SeenEvent, type ServedStream, serveStream } from './served-stream.ts';

const desktop = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };

describe('the page for everybody', () => {
  let fixture: ServedStream;
  let browser: TestBrowser;
  let page: Page;
  let axe: string;

  before(async () => {
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    fixture = await serveStream(await recordStream({ window: 60 }), { api: { clipLimit: 60 } });
    browser = await startBrowser();
    ({ page } = await browser.open(fixture.url));
    await untilState(page, 'live');
    const now = Date.now();
    for (let index = 0; index < 40; index += 1) {
      await fixture.mark(seen(`a-${index}`, ['door', 'motion', 'note'][index % 3] ?? '', now - index * 500));
    }
    await fixture.mark(seen('long-gone', 'note', now - 70_000));
    await page.locator('tr[data-id="a-0"]').waitFor();
  });
  after(async () => {
    await browser?.close();
    await fixture?.close();
  });

  for (const [name, size] of Object.entries({ desktop, phone })) {
    for (const colorScheme of ['light', 'dark'] as const) {
      test(`has no serious fault in the eyes of axe-core: ${name}, ${colorScheme}`, async () => {
        await resize(page, size);
        await page.emulateMedia({ colorScheme });
        // With everything open that can be.
        await page.evaluate(() => document.querySelector<HTMLElement>('tr[data-id="a-3"]')?.focus());
        if (await page.locator('#clip-panel').isHidden()) await page.locator('#clip').click();
        if (await page.locator('#mark-panel').isHidden()) await page.locator('#mark').click();
        assert.deepEqual(await faults(page, axe), []);
        await page.locator('#help').click();
        assert.deepEqual(await faults(page, axe), []);
        await page.keyboard.press('Escape');
      });
    }
  }

  test('reaches every control by the Tab key, and shows where the focus is', async () => {
    await resize(page, desktop);
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    const reached = new Set<string>();
    for (let step = 0; step < 60; step += 1) {
      await page.keyboard.press('Tab');
      const { name, outline } = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        const name = element.id || element.dataset.id || element.className;
        return { name, outline: outlineStyle === 'none' ? 0 : Number.parseFloat(outlineWidth) };
      });
      reached.add(name);
      if (name !== '') assert.ok(outline >= 1, `${name} has the focus and does not show it`);
    }
    for (const id of ['theme', 'help', 'mark', 'copy-link', 'clip', 'search', 'time-style', 'chosen-link']) {
      assert.ok(reached.has(id), `${id} is not among ${[...reached]}`);
    }
  });

  test('never scrolls sideways from 320 pixels up, in either direction of writing', async () => {
    for (const dir of ['ltr', 'rtl']) {
      await page.evaluate((value) => {
        document.documentElement.dir = value;
      }, dir);
      for (const width of [320, 360, 460, 461, 600, 844, 920, 921, 1024, 1280, 1920]) {
        await resize(page, { width, height: 800 });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${wide} pixels on a page of ${width}, ${dir}`);
      }
    }
    await page.evaluate(() => document.documentElement.removeAttribute('dir'));
  });

  test('gives fingers 44 pixels on a phone, in one column', async () => {
    await resize(page, phone);
    const small = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('button, summary, input, select, tbody tr, a')]
        .filter((element) => element.checkVisibility({ visibilityProperty: true }))
        .map((element) => ({ name: element.id || element.className, box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0 && (box.height < 43.9 || box.width < 37.9))
        .map(({ name, box }) => `${name} ${Math.round(box.width)}x${Math.round(box.height)}`),
    );
    assert.deepEqual(small, []);
    const [screen, events] = await Promise.all([
      page.locator('.screen').boundingBox(),
      page.locator('.events').boundingBox(),
    ]);
    assert.ok(screen && events && events.y >= screen.y + screen.height);
  });

  test('stands still for those who asked for less motion', async () => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await fixture.mark(seen('calm', 'note', Date.now() + 1000));
    const row = page.locator('tr[data-id="calm"]');
    await row.waitFor();
    assert.equal(await row.evaluate((element) => getComputedStyle(element).animationName), 'none');
  });

  test('tells a screen reader of new events, of many together', async () => {
    const told: string[] = [];
    await page.exposeFunction('told', (text: string) => told.push(text));
    await page.evaluate(`new MutationObserver(([{ target }]) => window.told(target.textContent)).observe(
      document.querySelector('#announcer'), { childList: true, subtree: true })`);
    for (let index = 0; index < 12; index += 1) {
      await fixture.mark(seen(`told-${index}`, 'note', Date.now() + 2000 + index));
    }
    await page.getByText('new events, the newest: Event told-11').waitFor({ state: 'attached' });
    assert.ok(told.length <= 2, `${told}`);
  });
});

/** What axe-core finds that is serious or critical, in words. */
async function faults(page: Page, axe: string): Promise<string[]> {
  // A row that came just now fades, and in the old colours where they have been changed meanwhile.
  await untilStill(page);
  // Through the protocol, not as a <script>: the page's policy forbids that.
  await page.evaluate(axe);
  return page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target + ' ' + failureSummary)))`);
}

function seen(id: string, kind: string, date: number): SeenEvent {
  return { id, date, text: `Event ${id}`, class: kind };
}
