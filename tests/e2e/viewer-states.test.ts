import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { fromEpochMilliseconds } from '../../src/clock.ts';
import { clockText } from '../../web/dom/clock-text.ts';
import type { EncoderState } from './encoder-reports.ts';
import { type OpenServed, openServed } from './open-served.ts';
import { says, untilSays } from './page-words.ts';
import type { RecordedStream } from './recorded-stream.ts';
import type { ServedStream } from './served-stream.ts';

/** How it stands with what media comes from. */
interface Circumstances {
  /** How the encoder does, if that is known. @default not known */
  readonly encoder?: EncoderState;
  /** Why it does not work. */
  readonly problem?: string;
  /** The store is out of reach. */
  readonly isStoreAway?: boolean;
}

describe('the state of the page, as badge, live button and notice say it', () => {
  let opened: OpenServed;
  let recorded: RecordedStream;
  let fixture: ServedStream;
  let page: Page;

  before(async () => {
    opened = await openServed({
      ...{ recording: { window: 200 }, waits: true },
      prepare: async ({ store }) => {
        store.keepsEncoders = true;
      },
    });
    ({ fixture, recorded, page } = opened);
    // What is to be held back is asked for, also where the browser has had it before.
    const protocol = await page.context().newCDPSession(page);
    await protocol.send('Network.enable');
    await protocol.send('Network.setCacheDisabled', { cacheDisabled: true });
  });
  after(() => opened?.close());
  afterEach(() => fixture.mend());

  /** It stands so, and no media comes. */
  async function stand({ encoder, problem, isStoreAway = false }: Circumstances): Promise<void> {
    fixture.store.keepsEncoders = encoder === undefined;
    await fixture.encoder(encoder ?? 'gone');
    await fixture.problem(problem);
    fixture.store.depart(isStoreAway);
  }

  /** No media comes any more, for it stands so. */
  async function fail(circumstances: Circumstances): Promise<void> {
    if (!circumstances.isStoreAway) recorded.stop();
    await stand(circumstances);
    await fixture.outlast();
  }

  /** All is well again. */
  async function work(): Promise<void> {
    await stand({ encoder: 'works' });
    recorded.goOn();
    recorded.find();
  }

  const grey = 'LIVE, grey';
  const beginnings: [Circumstances, string, string][] = [
    [{}, 'Waiting for the first segment', 'The stream is about to begin.'],
    [{ encoder: 'silent' }, 'Waiting for the first segment', 'The source has sent no picture yet.'],
    [{ encoder: 'gone' }, 'Waiting for the first segment', 'The encoder is not running.'],
  ];
  for (const [circumstances, ...notice] of beginnings) {
    test(`Starting: ${notice[1]}`, async () => {
      await stand(circumstances);
      await untilSays(page, { badge: 'Starting', pill: grey, notice });
    });
  }

  const problem = 'cannot open rtsp://***@camera/: connection refused';
  const why = 'Cannot open rtsp://***@camera/: connection refused.';

  test('Failing: why the stream cannot begin', async () => {
    await stand({ problem });
    const notice = ['The stream cannot begin', `${why} It is tried again and again.`];
    await untilSays(page, { badge: 'Failing', pill: grey, notice });
  });

  test('Interrupted, when the server has no store from the beginning', async () => {
    await stand({ isStoreAway: true });
    const notice = ['The server cannot reach its store', 'Playback begins when it can.'];
    await untilSays(page, { badge: 'Interrupted', pill: grey, notice });
  });

  describe('once there is media', () => {
    beforeEach(async () => {
      await work();
      await fixture.begin();
      await page.keyboard.press('l');
    });

    test('Live, and lit', async () => {
      await untilSays(page, { badge: 'Live', pill: 'LIVE, red', notice: [] });
    });

    test('Paused, and live again at a click on the live button', async () => {
      await page.locator('.vjs-play-control').click();
      await untilSays(page, { badge: 'Paused', pill: grey, notice: [] });
      await page.locator('.vjs-seek-to-live-control').click();
      await untilSays(page, { badge: 'Live', pill: 'LIVE, red', notice: [] });
    });

    test('Behind live', async () => {
      await page.keyboard.press('ArrowLeft');
      await untilSays(page, { badge: 'Behind live', pill: grey, notice: [] });
      await page.locator('.vjs-seek-to-live-control').click();
      await untilSays(page, { badge: 'Live', pill: 'LIVE, red', notice: [] });
    });

    const troubles: [string, Circumstances, string, string][] = [
      ['Stalled', { encoder: 'silent' }, 'The source is silent', 'Playback goes on when pictures return.'],
      ['Stalled', {}, 'No new pictures', 'Playback goes on when pictures return.'],
      [
        'Failing',
        { encoder: 'gone', problem },
        'The stream has failed',
        `${why} It is tried again and again.`,
      ],
      ['Stopped', { encoder: 'gone' }, 'The encoder has stopped', 'Playback goes on when it runs again.'],
      [
        'Interrupted',
        { isStoreAway: true },
        'The server cannot reach its store',
        'Playback goes on when it can.',
      ],
    ];
    for (const [badge, circumstances, ...notice] of troubles) {
      test(`${badge}: ${notice[0]}`, async () => {
        await untilSays(page, { badge: 'Live', pill: 'LIVE, red', notice: [] });
        await fail(circumstances);
        await untilSays(page, { badge, pill: grey, notice });
        // Who looks back sees pictures: nothing stands in their way.
        await page.keyboard.press('ArrowLeft');
        await untilSays(page, { badge, pill: grey, notice: [] });
        await page.locator('.vjs-seek-to-live-control').click();
        await untilSays(page, { badge, pill: grey, notice });
        await work();
        await untilSays(page, { badge: 'Live', pill: 'LIVE, red', notice: [] });
      });
    }

    test('Signal lost, while filler stands for pictures; the timeline knows where', async () => {
      const clock = clockText(fromEpochMilliseconds(recorded.lose()));
      const notice = [`Signal lost since ${clock}`, 'Playback goes on when pictures return.'];
      await untilSays(page, { badge: 'Signal lost', pill: grey, notice });
      await page.keyboard.press('Space');
      await page.locator('#overview .overview-track').hover({ position: { x: 10, y: 40 } });
      assert.doesNotMatch(await page.locator('#overview .tip').innerText(), /No signal/);
      const track = await page.locator('#overview .overview-track').boundingBox();
      assert.ok(track !== null);
      await page.locator('#overview .overview-track').hover({ position: { x: track.width - 3, y: 40 } });
      await page.locator('#overview .tip', { hasText: `No signal since ${clock}` }).waitFor();
      await page.locator('.vjs-seek-to-live-control').click();
      await work();
      await untilSays(page, { badge: 'Live', pill: 'LIVE, red', notice: [] });
    });

    test('Buffering, when nothing is wrong but that no media comes', async () => {
      fixture.hold(true);
      const notice = ['Waiting for pictures', 'They come too slowly, or not at all.'];
      await untilSays(page, { badge: 'Buffering', pill: grey, notice });
      fixture.hold(false);
      await untilSays(page, { badge: 'Live', pill: 'LIVE, red', notice: [] });
    });

    test('Reconnecting, while the server is away', async () => {
      fixture.refuse(true);
      const notice = ['Connection lost', 'Trying again by itself.'];
      await untilSays(page, { badge: 'Reconnecting', pill: grey, notice });
      fixture.refuse(false);
      await untilSays(page, { badge: 'Live', pill: 'LIVE, red', notice: [] });
    });

    describe('while the frame of an event is looked for', () => {
      let [first, second] = [0, 0];
      let rounds = 0;
      const idOf = (at: number) => `far-${rounds}-${at}`;
      let holdBack = () => {};

      // Where nothing was loaded yet, and the media of that place is held back: it takes as long as the test wants.
      beforeEach(async () => {
        await untilSays(page, { badge: 'Live', pill: 'LIVE, red', notice: [] });
        const far = await untouched();
        holdBack = () =>
          fixture.hold(true, (path) => far.some((segment) => path.includes(`/main/${segment}.`)));
        [first, second] = [recorded.dateOf(far[2] ?? 0, 3), recorded.dateOf(far[7] ?? 0, 3)];
        rounds += 1;
        for (const [at, date] of [first, second].entries())
          await fixture.mark({ id: idOf(at), date, text: `Far ${at}`, class: 'far' });
        await page.locator(`tr[data-id="${idOf(1)}"]`).waitFor();
        holdBack();
        await pick(0);
        await page.waitForFunction(() => document.querySelector('video')?.paused);
        await untilSays(page, { badge: 'Behind live', pill: grey, notice: [] });
      });
      afterEach(() => fixture.change(...[0, 1].map((at) => ({ op: 'delete' as const, id: idOf(at) }))));

      /** Segments in a row of which the page has loaded none, old enough not to be played by who is live. */
      async function untouched(): Promise<number[]> {
        // Of each segment, whether some of it is loaded.
        const loaded = await page.evaluate(() => {
          const { buffered } = document.querySelector('video') as HTMLVideoElement;
          const ranges = Array.from({ length: buffered.length }, (_, at) => at);
          return window.hlsstream
            .state()
            .clock.filter(({ time, duration }) =>
              ranges.some((at) => buffered.start(at) < time + duration / 1e6 && buffered.end(at) > time),
            )
            .map(({ date }) => date / 1000);
        });
        const { first: oldest, next } = recorded.listed();
        const isLoaded = (segment: number) =>
          loaded.some((date) => Math.abs(recorded.dateOf(segment) - date) < 500);
        // The first ones are about to leave.
        for (let segment = oldest + 30; segment < next - 20; segment += 1) {
          const row = Array.from({ length: 15 }, (_, at) => segment + at);
          const isOneRun = recorded.runOf(segment) === recorded.runOf(segment + row.length);
          if (isOneRun && !row.some(isLoaded)) return row;
        }
        return assert.fail(`all is loaded: ${JSON.stringify(loaded)}`);
      }

      async function pick(at: number): Promise<void> {
        await page.locator(`tr[data-id="${idOf(at)}"]`).click();
      }

      /** Plays, from this date on. */
      async function untilPlaysFrom(date: number): Promise<void> {
        fixture.hold(false);
        await page.waitForFunction((from) => {
          const now = window.hlsstream.state();
          const past = (now.date ?? 0) / 1000 - from;
          return past > 200 && past < 5000 && !document.querySelector('video')?.paused && !now.paused;
        }, date);
      }

      test('a click on another event leads there, and on', async () => {
        await pick(1);
        await page.getByRole('button', { name: 'Pause' }).waitFor();
        await untilPlaysFrom(second);
      });

      test('the key for the next event goes on from there', async () => {
        await page.keyboard.press('n');
        await untilPlaysFrom(second);
      });

      test('who pauses stands on that frame', async () => {
        await page.getByRole('button', { name: 'Pause' }).click();
        await untilSays(page, { badge: 'Paused', pill: grey, notice: [] });
        fixture.hold(false);
        await page.waitForFunction((date) => {
          const video = document.querySelector('video');
          const away = (window.hlsstream.state().date ?? 0) / 1000 - date;
          return video && !video.seeking && video.readyState > 1 && away >= 0 && away < 100;
        }, first);
        await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
        assert.equal(await page.evaluate(() => document.querySelector('video')?.paused), true);
        await pick(1);
        await page.waitForFunction(
          (date) => Math.abs((window.hlsstream.state().date ?? 0) / 1000 - date) < 100,
          second,
        );
        assert.equal(await page.evaluate(() => window.hlsstream.state().paused), true);
      });

      test('who pauses and plays again, plays on from it', async () => {
        await page.keyboard.press('Space');
        await untilSays(page, { badge: 'Paused', pill: grey, notice: [] });
        await page.locator('video').click();
        await untilSays(page, { badge: 'Behind live', pill: grey, notice: [] });
        await untilPlaysFrom(first);
      });

      test('who seeks by a key, or by the handle, plays on from there', async () => {
        await page.keyboard.press('ArrowRight');
        await untilPlaysFrom(first + 5000);
        holdBack();
        await pick(0);
        const bar = await page.locator('.vjs-progress-holder').boundingBox();
        assert.ok(bar !== null);
        await page.mouse.move(bar.x + bar.width * 0.3, bar.y + 3);
        await page.mouse.down();
        await page.mouse.move(bar.x + bar.width * 0.6, bar.y + 3, { steps: 3 });
        await untilSays(page, { badge: 'Behind live', pill: grey, notice: [] });
        await page.mouse.up();
        const date = await page.evaluate(() => (window.hlsstream.state().date ?? 0) / 1000);
        await untilPlaysFrom(date);
      });

      test('who goes live is live', async () => {
        await page.keyboard.press('l');
        fixture.hold(false);
        await untilSays(page, { badge: 'Live', pill: 'LIVE, red', notice: [] });
      });
    });

    test('Not found', async () => {
      const { page: other } = await opened.browser.open(`${fixture.url}?stream=nobody`);
      const notice = ['No such stream', 'The server knows no stream of this name.'];
      await untilSays(other, { badge: 'Not found', pill: 'none', notice });
      await other.close();
    });

    test('the player for other pages says the same', async () => {
      const { page: embed } = await opened.browser.open(`${fixture.url}embed`);
      await untilSays(embed, { badge: undefined, pill: 'LIVE, red', notice: [] });
      await fail({ encoder: 'gone' });
      const notice = ['The encoder has stopped', 'Playback goes on when it runs again.'];
      await untilSays(embed, { badge: undefined, pill: grey, notice });
      await embed.close();
    });

    test('so do the cards of the start page', async () => {
      await fixture.also({ name: 'yard' }, 'silent');
      await fixture.also({ name: 'gate' }, 'gone');
      await fixture.also({ name: 'film' }, 'ended');
      const { page: start } = await opened.browser.open(fixture.url);
      const cards = (expected: readonly string[]) =>
        start.waitForFunction(
          (wanted) =>
            JSON.stringify(
              [...document.querySelectorAll('.card .status')].map((card) => card.textContent),
            ) === wanted,
          JSON.stringify(expected),
        );
      await cards(['Live', 'Stalled', 'Stopped', 'Ended']);
      fixture.refuse(true);
      await cards(['Reconnecting', 'Reconnecting', 'Reconnecting', 'Reconnecting']);
      fixture.refuse(false);
      await cards(['Live', 'Stalled', 'Stopped', 'Ended']);
      await start.close();
    });

    test('Ended: there is no live to go to', async () => {
      await fixture.end();
      await untilSays(page, { badge: 'Ended', pill: 'none', notice: [] });
      assert.equal((await says(page)).state, 'ended');
    });
  });
});
