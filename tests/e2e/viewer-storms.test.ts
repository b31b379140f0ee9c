import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { until } from '../system/system.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { type Fixture, startFixture } from './fixture-server.ts';
import { untilAdvanced, untilState } from './frames.ts';

/** What one page may ask in 20 s of a server that is away: it waits up to 0.5, 1, 2, 4, 8 and 10 s, each half by chance. */
const MOST = 20;

describe('a page whose server is away', { timeout: 170_000 }, () => {
  let fixture: Fixture;
  let browser: TestBrowser;
  let page: Page;

  before(async () => {
    fixture = await startFixture();
    browser = await startBrowser();
    await fixture.ready();
    ({ page } = await browser.open(fixture.url));
    await untilState(page, 'live');
  });
  after(async () => {
    await browser?.close();
    await fixture?.close();
  });

  /** Requests of the next so many seconds. */
  async function asked(seconds: number): Promise<string[]> {
    const before = fixture.requests.length;
    await setTimeout(seconds * 1000);
    return fixture.requests.slice(before);
  }

  test(`asks at most ${MOST} times in 20 s, and goes on by itself when it is back`, async () => {
    fixture.cut(true);
    const requests = await asked(20);
    assert.ok(requests.length >= 3 && requests.length <= MOST, `${requests.length}: ${requests}`);
    await untilState(page, 'reconnecting');
    fixture.cut(false);
    // No wait is longer than 10 s.
    await untilState(page, 'live', 15_000);
    await untilAdvanced(page, 1);
    await until('its event stream', 15, () => fixture.listening === 1);
  });

  test('asks at once when the browser is online again', async () => {
    fixture.cut(true);
    await untilState(page, 'reconnecting');
    await until('a long wait', 60, async () => (await asked(2)).length === 0);
    fixture.cut(false);
    const before = fixture.requests.length;
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    await until('a request', 2, () => fixture.requests.length > before);
    await untilState(page, 'live');
    await untilAdvanced(page, 1);
  });

  test('asks rarely for a playlist alone that fails, and plays when it is there again', async () => {
    fixture.lack(true);
    await untilState(page, 'buffering');
    // Longer than the longest wait between two attempts, which is ten seconds.
    const requests = await asked(15);
    fixture.lack(false);
    const media = requests.filter((path) => path.startsWith('/video/'));
    assert.ok(media.length >= 1 && media.length <= MOST / 2, `${media.length}: ${media}`);
    await untilState(page, 'live');
    await untilAdvanced(page, 1);
  });

  test('asks for nothing while nobody looks at it, and is live again when somebody does', async () => {
    await look(page, false);
    await until('no event stream', 5, () => fixture.listening === 0);
    // A request under way may still end, and media that was listed be fetched.
    await setTimeout(1000);
    assert.deepEqual(await asked(4), []);
    await look(page, true);
    await untilState(page, 'live');
    await until('its event stream', 5, () => fixture.listening === 1);
    await untilAdvanced(page, 1);
    await page.waitForFunction(() => (window as unknown as Hooks).hlsstream.state().latency < 6);
  });
});

interface Hooks {
  hlsstream: { state(): { latency: number } };
}

/** The page comes into sight or goes out of it, for all that its scripts can tell. */
async function look(page: Page, visible: boolean): Promise<void> {
  await page.evaluate(
    (state) => {
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
      Object.defineProperty(document, 'hidden', { value: state === 'hidden', configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    },
    visible ? 'visible' : 'hidden',
  );
}
