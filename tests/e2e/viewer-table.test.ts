import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from './browser.ts';
import { shown, untilAdvanced, untilState, watchFrames } from './frames.ts';
import { hostileTexts } from './hostile-texts.ts';
import { recordStream, SMOOTH } from './recorded-stream.ts';
import { rowOf } from './rows.ts';
import { type SeenEvent, type ServedStream, serveStream } from './served-stream.ts';

const MANY = 10_000;
const ROWS = 'tbody tr';

describe('the table of events', () => {
  let fixture: ServedStream;
  let browser: TestBrowser;
  let page: Page;
  let complaints: string[];
  /** Date of the first of many events, in milliseconds since the Unix epoch. */
  let begin: number;
  const dateOf = (index: number) => begin + index / 10;

  before(async () => {
    fixture = await serveStream(await recordStream({ window: 300, listedAtStart: 20, ...SMOOTH }));
    browser = await startBrowser();
    // All in one second, so that all of them stay in the window: what counts here is how many there are.
    begin = Date.now() + 2000;
    await fixture.mark(
      ...Array.from({ length: MANY }, (_, index) =>
        seen(`m-${index}`, `Event number ${index}`, dateOf(index)),
      ),
    );
    ({ page, complaints } = await browser.open('about:blank'));
    await page.addInitScript({ content: WATCH_SHIFTS });
    await page.goto(fixture.url);
    await untilState(page, 'live');
  });
  after(async () => {
    await browser?.close();
    await fixture?.close();
  });

  test('holds ten thousand events in a few rows, from the newest to the oldest', async () => {
    await page.locator(`tr[data-id="m-${MANY - 1}"]`).waitFor();
    const atTop = await page.locator(ROWS).count();
    assert.ok(atTop < 40, `${atTop} rows`);
    assert.equal(await page.locator('#grid').getAttribute('aria-rowcount'), String(MANY + 1));
    const first = page.locator(ROWS).first();
    assert.equal(await first.getAttribute('data-id'), `m-${MANY - 1}`);
    assert.equal(await first.getAttribute('aria-rowindex'), '2');
    // Over the whole list in a second and a half, as a finger flings it.
    const { most, changed } = await page.evaluate<{ most: number; changed: number }>(FLING);
    assert.ok(most < 45, `${most} rows on the way`);
    // What a repaint costs is what it puts in place: no more than is seen, however many there are.
    assert.ok(changed > 0 && changed < 45, `${changed} rows put in place for one repaint`);
    const last = page.locator(ROWS).last();
    assert.equal(await last.getAttribute('data-id'), 'm-0');
    assert.equal(await last.getAttribute('aria-rowindex'), String(MANY + 1));
    assert.equal(await last.locator('.text').textContent(), 'Event number 0');
  });

  test('keeps what is read in its place, says how many came in, and goes up at a click', async () => {
    const row = await rowOf(page, 'm-5000');
    const before = await row.boundingBox();
    await fixture.mark(seen('new-1', 'New one', Date.now() + 4000));
    await fixture.mark(seen('new-2', 'New two', Date.now() + 4001));
    // Posted with an earlier date: it belongs above the rows that are read.
    await fixture.mark(seen('between', 'In between', dateOf(9000)));
    await page.getByText('2 new events').waitFor();
    await page.waitForFunction(() => document.querySelector('#count')?.textContent === '10003');
    assert.deepEqual(await row.boundingBox(), before);
    await page.locator('#news').click();
    await page.locator('tr[data-id="new-2"]').waitFor();
    assert.equal(await page.locator(ROWS).first().getAttribute('data-id'), 'new-2');
    assert.equal(await page.locator('#news').isHidden(), true);
  });

  test('moved nothing on the page by itself, from the first paint on', async () => {
    const shifts = await page.evaluate<{ value: number; what: string }[]>('window.layoutShifts');
    const sum = shifts.reduce((total, { value }) => total + value, 0);
    assert.ok(sum < 0.005, `${sum}: ${JSON.stringify(shifts)}`);
  });

  test('moves between rows by arrow keys with one tab stop; Enter lands on the event, space pauses', async () => {
    await watchFrames(page);
    const first = page.locator(ROWS).first();
    await first.focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp', 'End']) await page.keyboard.press(key);
    assert.equal(await focusedId(page), 'm-0');
    assert.equal(await page.locator(`${ROWS}[tabindex="0"]`).count(), 1);
    await page.keyboard.press('Home');
    assert.equal(await focusedId(page), 'new-2');
    const at = await stepDownTo(page, fixture, 'landing');
    await page.keyboard.press('Enter');
    await page.waitForFunction(
      (goal) => Math.abs((document.querySelector('video')?.currentTime ?? 0) - goal) < 3,
      at,
    );
    await page.waitForFunction(() => document.querySelector('video')?.paused === false);
    await page.keyboard.press(' ');
    await page.waitForFunction(() => document.querySelector('video')?.paused);
    await page.locator('tr[data-id="landing"]').click();
    await page.waitForFunction(
      (goal) => Math.abs(Number(document.querySelector('video')?.dataset.mediaTime) - goal) < 1e-3,
      at,
    );
    await page.locator('tr[data-id="landing"].here').waitFor();
    assert.equal((await shown(page)).paused, true);
    await page.keyboard.press(' ');
    await untilAdvanced(page, 0.5);
    await page.keyboard.press('l');
    await untilState(page, 'live');
  });

  test('says of an event before the window that it is gone, and does not seek', async () => {
    const start = await page.evaluate(
      () => (window as unknown as Hooks).hlsstream.state().clock[0]?.date ?? 0,
    );
    await fixture.mark(seen('gone', 'Too long ago', start / 1000 - 20_000));
    const row = await rowOf(page, 'gone');
    await row.getByText('No longer in the window').waitFor();
    assert.equal(await row.getAttribute('aria-disabled'), 'true');
    const { currentTime } = await shown(page);
    await row.click({ force: true });
    await page.getByText('has left the window').waitFor();
    assert.ok((await shown(page)).currentTime >= currentTime);
  });

  test('finds by words and by class', async () => {
    const lone = seen('lone', 'Wild geese over the harbour', Date.now() + 5000);
    await fixture.mark({ ...lone, class: 'bird' });
    await page.keyboard.press('/');
    await page.keyboard.type('harbour GEESE');
    await page.waitForFunction(() => document.querySelector('#count')?.textContent === '1 of 10006');
    assert.deepEqual(await idsOf(page), ['lone']);
    await page.locator('#search').fill('nothing like it');
    assert.equal(await page.locator('#empty').textContent(), 'No event fits the search.');
    await page.keyboard.press('Escape');
    await page.locator('#classes-label').click();
    await page.getByRole('checkbox', { name: 'test' }).uncheck();
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
    assert.equal(await page.locator('#classes-label').textContent(), '1 of 2 classes');
    await page.getByRole('checkbox', { name: 'test' }).check();
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('#classes').evaluate((menu: HTMLDetailsElement) => menu.open), false);
  });

  test('shows the time as clock, time ago or timecode, and remembers which', async () => {
    await page.locator('#time-style').selectOption('timecode');
    const time = page.locator('tr[data-id="lone"] .main');
    assert.match((await time.textContent()) ?? '', /^\d{2,}:\d\d:\d\d:[0-2]\d$/);
    await page.locator('#time-style').selectOption('relative');
    assert.match((await time.textContent()) ?? '', /ago|now/);
    await page.reload();
    await time.waitFor();
    assert.match((await time.textContent()) ?? '', /ago|now/);
    await page.locator('#time-style').selectOption('clock');
    assert.match((await time.textContent()) ?? '', /^\d\d:\d\d:\d\d\.\d{3}$/);
  });

  test('says of the chosen event what is known of it now, and nothing of one that is gone', async () => {
    await fixture.mark(seen('chosen', 'A visitor', Date.now() + 5000));
    await (await rowOf(page, 'chosen')).click();
    await page.locator('#chosen-text', { hasText: 'A visitor' }).waitFor();
    await fixture.change({ op: 'edit', id: 'chosen', changes: { text: 'A friend' } });
    await page.locator('#chosen-text', { hasText: 'A friend' }).waitFor();
    await fixture.change({ op: 'delete', id: 'chosen' });
    await page.locator('#chosen').waitFor({ state: 'hidden' });
  });

  test('shows hostile text as text, in rows and in what is said of the chosen one', async () => {
    for (const [index, text] of hostileTexts.entries())
      await fixture.mark(seen(`h-${index}`, text, Date.now() + 6000 + index));
    // Those that still come in above a row push it out of the rows that the page has.
    await rowOf(page, `h-${hostileTexts.length - 1}`);
    for (const [index, text] of hostileTexts.entries()) {
      const row = await rowOf(page, `h-${index}`);
      assert.equal(await row.locator('.text').textContent(), text);
      await row.focus();
      assert.equal(await page.locator('#chosen-text').textContent(), text);
    }
    assert.equal(await page.locator('.events :is(img, script, iframe, svg, form, style)').count(), 0);
    assert.equal(await page.evaluate(() => document.body.dataset.hacked), undefined);
    assert.equal(new URL(page.url()).pathname, '/');
  });

  test('broke no policy and logged no error', () => {
    assert.deepEqual(complaints, []);
  });
});

interface Hooks {
  hlsstream: { state(): { clock: { date: number; time: number }[] } };
}

/**
 * Notes what moved though no input of the viewer explains it, each with its share of the screen times how far it went, as
 * the Layout Instability API has it. The handle of the seek bar moves with playback: that is no shift, though the API
 * counts its way for all that moves in the same repaint.
 */
const WATCH_SHIFTS = `window.layoutShifts = [];
new PerformanceObserver((list) => {
  const line = document.querySelector('.vjs-progress-holder')?.getBoundingClientRect();
  const middle = ({ y, height }) => y + height / 2;
  for (const { hadRecentInput, sources } of list.getEntries()) {
    if (hadRecentInput) continue;
    for (const { node, previousRect: from, currentRect: to } of sources) {
      if (node === null && line && Math.abs(middle(to) - middle(line)) < 3) continue;
      const share = (from.width * from.height + to.width * to.height) / (innerWidth * innerHeight);
      const way = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y)) / Math.max(innerWidth, innerHeight);
      const places = [from, to].map(({ x, y, width, height }) => [x, y, width, height].join(' '));
      window.layoutShifts.push({ value: share * way, what: node?.id || node?.className || String(node), places });
    }
  }
}).observe({ type: 'layout-shift', buffered: true });`;

const FLING = `new Promise((resolve) => {
  const rows = document.querySelector('#rows');
  const body = rows.querySelector('tbody');
  const begin = performance.now();
  let most = 0, changed = 0;
  const watcher = new MutationObserver((records) => {
    const touched = records.flatMap(({ target, addedNodes }) => [target, ...addedNodes])
      .map((node) => (node.nodeType === 1 ? node : node.parentElement)?.closest('tr'));
    changed = Math.max(changed, new Set(touched.filter(Boolean)).size);
  });
  watcher.observe(body, { childList: true, subtree: true, attributes: true, characterData: true });
  const step = (now) => {
    most = Math.max(most, document.querySelectorAll('tbody tr').length);
    rows.scrollTop = Math.min(1, (now - begin) / 1500) * rows.scrollHeight;
    if (now - begin < 1700) requestAnimationFrame(step);
    else resolve({ most, changed });
  };
  requestAnimationFrame(step);
})`;

function seen(id: string, text: string, date: number): SeenEvent {
  return { id, text, date };
}

/** Opens a marker on a frame that is listed, moves down to its row by keys, and gives the frame's player time. */
async function stepDownTo(page: Page, fixture: ServedStream, id: string): Promise<number> {
  const first = await page.evaluate(() => (window as unknown as Hooks).hlsstream.state().clock[0]);
  assert.ok(first !== undefined);
  const frame = 20;
  await fixture.mark(seen(id, 'Land here', first.date / 1000 + (frame * 1000) / 30));
  await page.waitForFunction(() => document.querySelector('#count')?.textContent === '10004');
  for (let step = 0; step < 20 && (await focusedId(page)) !== id; step += 1) await page.keyboard.press('End');
  assert.equal(await focusedId(page), id);
  return first.time + frame / 30;
}

function focusedId(page: Page): Promise<string | undefined> {
  return page.evaluate(() => (document.activeElement as HTMLElement).dataset.id);
}

function idsOf(page: Page): Promise<(string | undefined)[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('tbody tr')].map((row) => row.dataset.id),
  );
}
