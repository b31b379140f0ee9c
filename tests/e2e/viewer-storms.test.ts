import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { tried } from '../long.ts';
import { until } from '../until.ts';
import type { Faults } from './faulty-server.ts';
import { untilAdvanced, untilPage, untilState } from './frames.ts';
import { type OpenServed, openServed } from './open-served.ts';

/** What one page may ask in 20 s of a server that is away: it waits up to 0.5, 1, 2, 4, 8 and 10 s, each half by chance. */
const MOST = 20;
/** No wait is longer, in seconds. */
const LONGEST_WAIT = 10;
/** Seconds of the page that go by at once. */
const STEP = 0.2;

describe('a page whose server is away', () => {
  let opened: OpenServed;
  let fixture: OpenServed['fixture'];
  let page: Page;

  before(async () => {
    opened = await openServed({ recording: { window: 30 }, clock: true });
    ({ fixture, page } = opened);
    await untilState(page, 'live');
    await page.evaluate(() => {
      const video = document.querySelector('video') as HTMLVideoElement;
      video.addEventListener('loadstart', () => {
        video.dataset.loads = String(Number(video.dataset.loads ?? 0) + 1);
      });
    });
  });
  after(() => opened?.close());

  /** Lets seconds go by, for page and server, in steps in which what was asked for can fail. */
  async function pass(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds; passed += STEP) {
      opened.recorded.pass(STEP);
      await page.clock.runFor(STEP * 1000);
    }
  }

  /** Requests of the next so many seconds of the page. */
  async function asked(seconds: number): Promise<string[]> {
    const before = fixture.requests.length;
    await pass(seconds);
    return fixture.requests.slice(before);
  }

  /** Lets seconds go by until there is a request, at most so many. */
  async function untilAsked(seconds: number): Promise<void> {
    const before = fixture.requests.length;
    for (let passed = 0; fixture.requests.length === before; passed += STEP) {
      assert.ok(passed <= seconds, `no request in ${seconds} s`);
      await pass(STEP);
    }
  }

  // What was asked for in vain is asked for again when the server is back: that is no reason to begin anew.
  afterEach(async () => {
    fixture.mend();
    const loads = await page.evaluate(() => document.querySelector('video')?.dataset.loads);
    assert.equal(loads, undefined, 'times that the player was loaded anew');
  });

  const isPlaylist = (path: string) => path.endsWith('.m3u8');
  const isSegment = (path: string) => path.endsWith('.m4s');
  const moments: [string, (faults: Faults) => void, RegExp][] = [
    ['refuses requests', ({ refuse }) => refuse(true), /^.streams/],
    ['has no answer to a playlist', ({ lack }) => lack(true, isPlaylist, 503), /m3u8/],
    ['has no answer to a segment', ({ lack }) => lack(true, isSegment, 503), /m4s/],
    ['cuts connections', ({ cut }) => cut(true), /^cut/],
    ['breaks off in the middle of a segment', ({ halve }) => halve(true), /m4s/],
    ['fails at a playlist', ({ lack }) => lack(true, isPlaylist), /m3u8/],
    ['fails at a segment', ({ lack }) => lack(true, isSegment), /m4s/],
  ];
  const everyOther = moments.filter((_, place) => place % 2 === 0);
  for (const [at, [what, fail, asked]] of tried(everyOther, moments).entries()) {
    test(`plays on when the server ${what} for a moment, and goes where it is sent`, async () => {
      const before = fixture.requests.length;
      fail(fixture);
      await until('a request', 10, () => fixture.requests.slice(before).some((path) => asked.test(path)));
      fixture.mend();
      await untilPast(opened.recorded.dateOf(opened.recorded.listed().next));
      await untilState(page, 'live');
      const date = opened.recorded.dateOf(opened.recorded.listed().next - 12, 3);
      const id = `moment-${at}`;
      await fixture.mark({ id, date, text: what });
      await page.locator(`tr[data-id="${id}"]`).click();
      await untilState(page, 'behind');
      await untilPast(date);
      await page.keyboard.press('l');
      await untilState(page, 'live');
    });
  }

  /** Plays, a little after this date. */
  async function untilPast(date: number): Promise<void> {
    const isPast = (from: number) => {
      const now = window.hlsstream.state();
      const past = (now.date ?? 0) / 1000 - from;
      return past > 200 && past < 5000 && !document.querySelector('video')?.paused && !now.paused;
    };
    await untilPage(page, 'playing on', page.waitForFunction(isPast, date));
  }

  test(`asks at most ${MOST} times in 20 s, and goes on by itself when it is back`, async () => {
    fixture.cut(true);
    const requests = await asked(20);
    assert.ok(requests.length >= 3 && requests.length <= MOST, `${requests.length}: ${requests}`);
    await untilState(page, 'reconnecting');
    fixture.cut(false);
    await untilAsked(LONGEST_WAIT);
    await untilState(page, 'live', 15_000);
    await untilAdvanced(page, 1);
    await until('its event stream', 15, () => fixture.listening === 1);
  });

  test('asks at once when the browser is online again', async () => {
    fixture.cut(true);
    for (let tries = 0; (await asked(2)).length > 0; tries += 1) assert.ok(tries < 30, 'no long wait');
    await untilState(page, 'reconnecting');
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
    // Longer than the longest wait between two attempts.
    const requests = await asked(15);
    fixture.lack(false);
    const media = requests.filter((path) => path.startsWith('/video/'));
    assert.ok(media.length >= 1 && media.length <= MOST / 2, `${media.length}: ${media}`);
    await pass(LONGEST_WAIT);
    await untilState(page, 'live');
    await untilAdvanced(page, 1);
  });

  test('asks for nothing while nobody looks at it, and is live again when somebody does', async () => {
    await look(page, false);
    await until('no event stream', 5, () => fixture.listening === 0);
    // A request under way may still end, and media that was listed be fetched.
    await pass(1);
    assert.deepEqual(await asked(4), []);
    await look(page, true);
    await untilState(page, 'live');
    await until('its event stream', 5, () => fixture.listening === 1);
    await untilAdvanced(page, 1);
    const isNear = () => (window as unknown as Hooks).hlsstream.state().latency < 6;
    await untilPage(page, 'near live', page.waitForFunction(isNear));
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
