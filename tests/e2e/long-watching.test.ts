import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { hangBound } from '../hang-bound.ts';
import { shown, untilAdvanced, untilPage, untilState, watchFrames } from './frames.ts';
import { type OpenServed, openServed } from './open-served.ts';
import type { RecordedStream } from './recorded-stream.ts';
import { rowOf } from './rows.ts';
import type { ServedStream } from './served-stream.ts';

/** The window, in seconds, and how long a page sleeps: longer, so that all it knew has gone. */
const [WINDOW, SLEEP] = [60, 90];

describe('a page that is watched for long', () => {
  let opened: OpenServed;
  let recorded: RecordedStream;
  let fixture: ServedStream;
  let page: Page;

  before(async () => {
    opened = await openServed({ recording: { window: WINDOW }, clock: true });
    ({ recorded, fixture, page } = opened);
    await untilState(page, 'live');
    await untilAdvanced(page, 0.5);
  });
  after(() => opened?.close());

  test('is live again after it slept for longer than the window', async () => {
    await sleep(page, recorded);
    await untilState(page, 'live');
    await page.waitForFunction(() => {
      const { range, time } = window.hlsstream.state();
      return range.end - time < 3;
    });
    await untilAdvanced(page, 1);
  });

  test('has no hole after seeking back, playing on and going live: what lies between plays through', async () => {
    for (let times = 0; times < 4; times += 1) await page.keyboard.press('ArrowLeft');
    await untilAdvanced(page, 1);
    await page.keyboard.press('l');
    await untilState(page, 'live');
    await untilAdvanced(page, 1);
    assert.equal((await page.evaluate(bufferedRanges)).length, 1, 'a hole in what is buffered');
    // Back to before what was skipped by going live, and over it.
    for (let times = 0; times < 2; times += 1) await page.keyboard.press('ArrowLeft');
    await page.waitForFunction(() => {
      const { seeking, readyState } = document.querySelector('video') as HTMLVideoElement;
      return !seeking && readyState >= 2;
    });
    // Whoever skips something seeks.
    await page.evaluate(`window.skips = 0;
      document.querySelector('video').addEventListener('seeking', () => { window.skips += 1; })`);
    await untilAdvanced(page, 6, 40_000);
    assert.equal(await page.evaluate('window.skips'), 0);
    assert.equal((await page.evaluate(bufferedRanges)).length, 1, 'a hole in what is buffered');
    assert.equal(
      await page.evaluate(() => window.hlsstream.state().clock.filter((of) => of.discontinuity).length),
      0,
    );
  });

  test('plays on a machine a sixth as fast, and heeds its keys', async () => {
    const protocol = await page.context().newCDPSession(page);
    await protocol.send('Emulation.setCPUThrottlingRate', { rate: 6 });
    try {
      await untilAdvanced(page, 3, 40_000);
      const before = (await shown(page)).currentTime;
      await page.keyboard.press('ArrowLeft');
      await page.waitForFunction((time) => window.hlsstream.state().time < time - 1, before);
      await untilAdvanced(page, 1, 40_000);
      await page.keyboard.press('l');
      await untilState(page, 'live', 40_000);
    } finally {
      await protocol.send('Emulation.setCPUThrottlingRate', { rate: 1 });
    }
    await untilState(page, 'live');
    await untilAdvanced(page, 1);
  });

  test('finds its frames again when the stream began anew while it slept', async () => {
    const { clock } = await page.evaluate(() => window.hlsstream.state());
    recorded.pass(SLEEP / 2);
    recorded.restart(3);
    await sleep(page, recorded, SLEEP / 2);
    await untilState(page, 'live');
    await untilAdvanced(page, 1);
    const { first, next } = recorded.listed();
    assert.ok(recorded.dateOf(first) * 1000 > (clock.at(-1)?.date ?? 0), 'nothing it knew is listed');
    // To the run that it saw before, to the one that it saw after, and once more, as the segments come that way.
    for (const segment of [first + 9, next - 25, first + 11, next - 15]) await show(segment);
    // What VHS knows of its segments agrees with the page's clock.
    assert.deepEqual(await page.evaluate(MISPLACED), []);
    await page.keyboard.press('l');
    await untilState(page, 'live');
    await untilAdvanced(page, 1);
  });

  /** Goes to a frame of a segment by the event there, and waits until it is on screen. */
  async function show(segment: number): Promise<void> {
    const id = `event-${segment}`;
    const date = recorded.dateOf(segment, 4);
    await fixture.mark({ id, date });
    await (await rowOf(page, id)).click();
    await page.waitForFunction((wanted) => {
      const { date = 0 } = window.hlsstream.state();
      const { seeking, readyState } = document.querySelector('video') as HTMLVideoElement;
      return !seeking && readyState >= 2 && date >= wanted - 2000 && date < wanted + 1e6;
    }, date * 1000);
  }

  test('steps frame by frame, also from one segment into the one before, which has to be fetched first', async () => {
    await watchFrames(page);
    await page.keyboard.press(' ');
    await show(recorded.listed().first + 20);
    await page.waitForFunction(() => {
      const { currentTime, dataset, seeking } = document.querySelector('video') as HTMLVideoElement;
      return !seeking && Math.abs(currentTime - Number(dataset.mediaTime)) < 0.01;
    });
    let from = (await shown(page)).mediaTime;
    // Frames of 0.1 s, four tenths into a segment: two segments are gone back through.
    for (let steps = 0; steps < 16; steps += 1) from = await stepped('.step-back', from - 0.1);
    for (let steps = 0; steps < 3; steps += 1) from = await stepped('.step-on', from + 0.1);
    await page.keyboard.press('l');
    await untilState(page, 'live');
    await untilAdvanced(page, 1);
  });

  /** Presses the button, and waits for the frame of that time, and for playback to stand in it. */
  async function stepped(button: string, time: number): Promise<number> {
    await page.locator(button).click();
    await untilPage(
      page,
      `on the frame at ${time} by ${button}`,
      page.waitForFunction(
        (wanted) => {
          const video = document.querySelector('video') as HTMLVideoElement;
          const shown = Number(video.dataset.mediaTime);
          return (
            Math.abs(shown - wanted) < 2e-3 && video.paused && Math.abs(video.currentTime - shown) < 0.01
          );
        },
        time,
        { timeout: hangBound(15) },
      ),
    );
    return time;
  }

  test('plays on after a dozen stalls', async () => {
    for (let stall = 0; stall < 12; stall += 1) {
      await page.evaluate(`new Promise((done) => {
        const video = document.querySelector('video');
        video.addEventListener('waiting', () => video.addEventListener('playing', done, { once: true }), { once: true });
        const { buffered } = video;
        video.currentTime = buffered.end(buffered.length - 1) - 0.05;
      })`);
    }
    await untilAdvanced(page, 1);
    await page.keyboard.press('l');
    await untilState(page, 'live');
  });

  test('does not give its only playlist up when what comes is there already', async () => {
    await page.evaluate(`{
      const { vhs } = document.querySelector('.video-js').player.tech(true);
      for (let times = 0; times < 12; times += 1) vhs.playbackWatcher_.checkSegmentDownloads_('main');
    }`);
    await untilAdvanced(page, 6);
    await untilState(page, 'live');
  });

  test('logs no error', () => assert.deepEqual(opened.complaints, []));
});

/** The computer sleeps for a while: nothing runs, and no event says so. */
async function sleep(page: Page, recorded: RecordedStream, seconds = SLEEP): Promise<void> {
  const { end } = await page.evaluate(() => window.hlsstream.state().range);
  recorded.pass(seconds);
  await page.clock.fastForward(seconds * 1000);
  await page.waitForFunction((goal) => window.hlsstream.state().range.end > goal, end + seconds - 8);
}

/** Segments that VHS has put elsewhere than the page's clock says, by more than 2 ms. As text: tsx would put helpers in. */
const MISPLACED = `(() => {
  const { clock } = window.hlsstream.state();
  const { segments } = document.querySelector('.video-js').player.tech(true).vhs.playlists.media();
  return segments.flatMap(({ start, end, duration, dateTimeObject }) => {
    if (start === undefined || Math.abs(end - start - duration) > 0.01) return [];
    const span = clock.find(({ date }) => date === dateTimeObject.getTime() * 1000);
    return span === undefined || Math.abs(span.time - start) < 0.002 ? [] : [[span, start]];
  });
})()`;

/** Start and end of each stretch that is buffered, in seconds. */
function bufferedRanges(): [number, number][] {
  const { buffered } = document.querySelector('video') as HTMLVideoElement;
  return Array.from({ length: buffered.length }, (_, at) => [buffered.start(at), buffered.end(at)]);
}
