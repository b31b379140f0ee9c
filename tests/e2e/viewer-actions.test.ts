import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { MarkerJson } from '../../src/hls/marker-query.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { shown, untilAdvanced, untilState, watchFrames } from './frames.ts';
import { recordStream, SMOOTH } from './recorded-stream.ts';
import { rowOf } from './rows.ts';
import { type ServedStream, serveStream } from './served-stream.ts';

describe('what one can do with the moment on screen', () => {
  let fixture: ServedStream;
  let browser: TestBrowser;
  let page: Page;
  let complaints: string[];
  /** Date of the stream's first frame, in milliseconds since the Unix epoch, and its player time. */
  let begin: { date: number; time: number };

  before(async () => {
    const recorded = await recordStream({ window: 300, listedAtStart: 20, ...SMOOTH });
    fixture = await serveStream(recorded, { api: { clipLimit: 30 } });
    browser = await startBrowser();
    await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    ({ page, complaints } = await browser.open(fixture.url));
    await untilState(page, 'live');
    await watchFrames(page);
    await untilAdvanced(page, 4);
    begin = await page.evaluate(() => {
      const [span] = (window as unknown as Hooks).hlsstream.state().clock;
      return { date: (span?.date ?? 0) / 1000, time: span?.time ?? 0 };
    });
    for (const frame of [20, 50, 80]) await fixture.mark({ id: `f-${frame}`, date: dateOf(frame) });
    await page.keyboard.press(' ');
    await (await rowOf(page, 'f-50')).click();
    await untilFrame(50);
  });
  after(async () => {
    await browser?.close();
    await fixture?.close();
  });

  const dateOf = (frame: number) => begin.date + (frame * 1000) / 30;

  const untilFrame = (frame: number) =>
    page.waitForFunction(
      (goal) => Math.abs(Number(document.querySelector('video')?.dataset.mediaTime) - goal) < 1e-3,
      begin.time + frame / 30,
    );

  test('steps by frames, goes to neighbouring events and by five seconds, by keys alone', async () => {
    await page.keyboard.press('.');
    await untilFrame(51);
    await page.keyboard.press(',');
    await untilFrame(50);
    await page.keyboard.press('n');
    await untilFrame(80);
    for (const frame of [50, 20]) {
      await page.keyboard.press('p');
      await untilFrame(frame);
    }
    const { currentTime } = await shown(page);
    // No browser seeks beyond what is live by then.
    await page.waitForFunction((goal) => {
      const { seekable } = document.querySelector('video') as HTMLVideoElement;
      return seekable.end(seekable.length - 1) > goal;
    }, currentTime + 5);
    await page.keyboard.press('ArrowRight');
    const isLater = (goal: number) =>
      Math.abs((document.querySelector('video')?.currentTime ?? 0) - goal) < 0.1;
    await page.waitForFunction(isLater, currentTime + 5);
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction(isLater, currentTime);
  });

  test('lists the keys, and hears none while one types, holds a modifier, or looks at the list', async () => {
    const { currentTime } = await shown(page);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    assert.ok((await page.locator('#keys-list div').count()) >= 14);
    await page.keyboard.press('.');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'hidden' });
    // The key that opens it closes it, too.
    for (const state of ['visible', 'hidden'] as const) {
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state });
    }
    await page.locator('#search').focus();
    await page.keyboard.type('. n?');
    await page.keyboard.press('Escape');
    for (const key of ['Control+.', 'Alt+n', 'Meta+l']) await page.keyboard.press(key);
    assert.equal((await shown(page)).currentTime, currentTime);
    assert.equal((await shown(page)).paused, true);
  });

  test('copies a link to the frame, and to an event, that opens at that very frame', async () => {
    await (await rowOf(page, 'f-50')).click();
    await untilFrame(50);
    await page.keyboard.press('c');
    await page.getByText('Link copied').waitFor();
    const frame = await page.evaluate(() => navigator.clipboard.readText());
    const date = new Date(begin.date + (50 * 1000) / 30).toISOString();
    assert.equal(new URL(frame).searchParams.get('stream'), 'fixture');
    assert.ok(
      Math.abs(Date.parse(new URL(frame).searchParams.get('t') ?? '') - Date.parse(date)) <= 1,
      frame,
    );
    await page.locator('#chosen-link').click();
    await page.waitForFunction(async () => (await navigator.clipboard.readText()).includes('#marker=f-50'));
  });

  test('copies where there is no clipboard API, and says the link where nothing helps', async () => {
    await page.evaluate(() => {
      Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true });
      document.addEventListener(
        'copy',
        () => document.body.setAttribute('data-copied', String(getSelection())),
        {
          once: true,
        },
      );
    });
    await page.locator('#copy-link').click();
    await page.waitForFunction(() => document.body.dataset.copied?.includes('?stream=fixture&t='));
    await page.evaluate(() => {
      document.execCommand = () => false;
    });
    await page.locator('#copy-link').click();
    await page.locator('#said').getByText('?stream=fixture&t=').waitFor();
    await page.evaluate(() => {
      Reflect.deleteProperty(navigator, 'clipboard');
      Reflect.deleteProperty(document, 'execCommand');
    });
  });

  test('keeps the frame as PNG and as JPEG, named after stream and date', async () => {
    const name = `fixture-${new Date(begin.date + 50_000 / 30).toISOString().slice(0, 19).replaceAll(':', '-')}`;
    const [png] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('s')]);
    assert.ok(png.suggestedFilename().startsWith(name) && png.suggestedFilename().endsWith('Z.png'));
    const bytes = await readFile(await png.path());
    assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [640, 360]);
    await page.locator('#snapshot summary').click();
    const click = page.getByRole('button', { name: 'JPEG' }).click();
    const [jpeg] = await Promise.all([page.waitForEvent('download'), click]);
    assert.match(jpeg.suggestedFilename(), /Z\.jpg$/);
    assert.equal((await readFile(await jpeg.path())).readUInt16BE(0), 0xffd8);
  });

  test('marks the frame on screen, says why not when refused, and gives the focus back', async () => {
    await page.keyboard.press('m');
    // More than anybody can type there.
    await page.locator('#mark-text').evaluate((input: HTMLInputElement) => {
      input.value = 'long '.repeat(300);
    });
    await page.keyboard.press('Enter');
    await page.getByText('Text: is longer than 1000 characters.').waitFor();
    await page.locator('#mark-text').fill('A goal!');
    // Whoever is impatient saves one event all the same.
    await page.locator('#mark-panel').evaluate((form: HTMLFormElement) => {
      for (let times = 0; times < 3; times += 1) form.requestSubmit();
    });
    await page.locator('#mark-panel').waitFor({ state: 'hidden' });
    const { markers } = (await (await fetch(`${fixture.url}markers?class=note`)).json()) as MarkersJson;
    const [{ text, date } = { text: 'nothing', date: '' }, ...more] = markers;
    assert.deepEqual([text, more], ['A goal!', []]);
    assert.ok(Math.abs(Date.parse(date) - dateOf(50)) <= 1, `${date}`);
    await page.keyboard.press('m');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('#mark-panel').isHidden(), true);
  });

  test('downloads a clip from a range or an event, with progress, and says what the server says', async () => {
    await page.keyboard.press('i');
    await page.keyboard.press('n');
    await untilFrame(80);
    await page.keyboard.press('o');
    assert.equal(await page.locator('#clip-length').textContent(), '1.00 s');
    // Long enough to be seen on its way by a page that repaints rarely.
    fixture.trickle(2.5, isClip);
    const progress = page.waitForFunction(() => {
      const { value, hidden } = document.querySelector('#clip-progress') as HTMLProgressElement;
      return !hidden && value > 0.2 && value < 1;
    });
    const [clip] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('#clip-download').click(),
      progress,
    ]);
    fixture.mend();
    const asked = new URL(fixture.requests.find(isClip) ?? '', fixture.url);
    const { searchParams: range } = asked;
    assert.equal(Date.parse(range.get('to') ?? '') - Date.parse(range.get('from') ?? ''), 1000);
    const whole = Buffer.from(await (await fetch(asked)).arrayBuffer());
    assert.ok(whole.length > 10_000 && whole.equals(await readFile(await clip.path())));
    fixture.trickle(30, isClip);
    await page.locator('#clip-download').click();
    await page.getByText('MB received').waitFor();
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByText('Cancelled.').waitFor();
    fixture.mend();
    // It would begin before the stream does.
    await (await rowOf(page, 'f-20')).click();
    await page.locator('#chosen-clip').click();
    assert.equal(await page.locator('#clip-length').textContent(), '5.00 s');
    await page.locator('#clip-download').click();
    await page.getByText(/ s is outside the stream, which reaches from 1000 to /).waitFor();
  });

  test('goes through the themes and remembers the one chosen', async () => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.getByRole('button', { name: 'Colours: system' }).click();
    assert.equal(await ground(), light);
    await page.getByRole('button', { name: 'Colours: light' }).click();
    const dark = await ground();
    assert.notEqual(dark, light);
    await page.reload();
    assert.equal(await ground(), dark);
    await page.getByRole('button', { name: 'Colours: dark' }).click();
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.equal(await ground(), dark);
  });

  test('fills the screen and leaves it', async () => {
    await untilState(page, 'live');
    await page.keyboard.press('f');
    await page.waitForFunction(() => document.fullscreenElement !== null);
    await page.keyboard.press('f');
    await page.waitForFunction(() => document.fullscreenElement === null);
  });

  test('broke no policy and logged no error but what was made to fail', () => {
    assert.deepEqual(
      complaints.filter((text) => !/422/.test(text)),
      [],
    );
  });
});

const isClip = (path: string) => path.startsWith('/clips/');

interface MarkersJson {
  readonly markers: readonly MarkerJson[];
}

interface Hooks {
  hlsstream: { state(): { clock: { date: number; time: number }[] } };
}
