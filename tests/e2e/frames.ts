import type { Page } from 'playwright-core';
import { hangBound } from '../hang-bound.ts';

/** What a page's video shows, read from the outside. Times in seconds of player time. */
export interface Shown {
  /** Media time of the last frame the browser presented. */
  readonly mediaTime: number;
  readonly currentTime: number;
  readonly paused: boolean;
  readonly seeking: boolean;
}

/**
 * Begins to note presented frames; call once per page. A seek begins when it is asked for: the browser's own word for
 * it may come after the frame, on a busy machine.
 */
export async function watchFrames(page: Page): Promise<void> {
  // As text: it runs in the page.
  await page.evaluate(`{
    const video = document.querySelector('video');
    const time = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'currentTime');
    let begun = 0;
    window.presentedFrames = [];
    Object.defineProperty(video, 'currentTime', {
      configurable: true,
      get: () => time.get.call(video),
      set: (value) => {
        begun = performance.now();
        window.presentedFrames = [];
        time.set.call(video, value);
      },
    });
    const note = (now, { mediaTime, presentationTime }) => {
      if (presentationTime >= begun) window.presentedFrames.push(mediaTime);
      video.dataset.mediaTime = String(mediaTime);
      video.requestVideoFrameCallback(note);
    };
    video.requestVideoFrameCallback(note);
  }`);
}

/** Media times of the frames presented since the last seek began. */
export async function framesSinceSeek(page: Page): Promise<number[]> {
  return page.evaluate('window.presentedFrames');
}

/** What is on screen now. */
export async function shown(page: Page): Promise<Shown> {
  return page.evaluate(() => {
    const video = document.querySelector('video') as HTMLVideoElement;
    return {
      mediaTime: Number(video.dataset.mediaTime),
      currentTime: video.currentTime,
      paused: video.paused,
      seeking: video.seeking,
    };
  });
}

/** The page's word for its own state: live, stalled, reconnecting, … */
export function untilState(page: Page, state: string, timeout = 20_000): Promise<void> {
  return untilPage(
    page,
    state,
    page.waitForFunction(
      (wanted) => document.querySelector<HTMLElement>('#status')?.dataset.state === wanted,
      state,
      { timeout: hangBound(timeout / 1000) },
    ),
  );
}

/** Waits for what is waited for; when it does not come the error says what the page had instead. */
export async function untilPage(page: Page, what: string, waited: Promise<unknown>): Promise<void> {
  await waited.catch(async (error: unknown) => {
    throw new Error(`not ${what}: ${await page.evaluate(DESCRIBE)}`, { cause: error });
  });
}

/** As text: it runs in the page. What it and its video say of themselves. */
const DESCRIBE = `(() => {
  const video = document.querySelector('video');
  const { clock, ...state } = window.hlsstream?.state() ?? {};
  const ranges = Array.from({ length: video?.buffered.length ?? 0 }, (_, at) => [video.buffered.start(at), video.buffered.end(at)]);
  return JSON.stringify({
    status: document.querySelector('#status')?.dataset.state,
    state, runs: clock?.length, last: clock?.at(-1), ranges,
    video: video && [video.currentTime, video.readyState, video.paused, video.seeking, video.playbackRate],
  });
})()`;

/** Waits until playback has advanced by `seconds` from where it is now. */
export async function untilAdvanced(page: Page, seconds: number, timeout = 20_000): Promise<void> {
  const from = (await shown(page)).currentTime;
  await page.waitForFunction(
    (goal) => (document.querySelector('video')?.currentTime ?? 0) > goal,
    from + seconds,
    {
      timeout: hangBound(timeout / 1000),
    },
  );
}

/** Makes the page as large as that, and waits until it is laid out so: what asks for a size first may be told the old one. */
export async function resize(page: Page, size: { width: number; height: number }): Promise<void> {
  await page.setViewportSize(size);
  await page.waitForFunction(
    ({ width, height }) => matchMedia(`(width: ${width}px) and (height: ${height}px)`).matches,
    size,
  );
  // What is drawn by script follows at the next repaint.
  await page.evaluate(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`);
}

/** Waits until no colour, size or place is on its way any more; what turns for ever is let turn. */
export async function untilStill(page: Page): Promise<void> {
  await page.evaluate(`(async () => {
    const repaint = () => new Promise((done) => requestAnimationFrame(done));
    const moving = () => document.getAnimations().filter((one) =>
      one.playState === 'running' && one.effect.getComputedTiming().endTime !== Infinity);
    await repaint();
    for (let now = moving(); now.length > 0; now = moving()) {
      await Promise.allSettled(now.map(({ finished }) => finished));
      await repaint();
    }
  })()`);
}
