import type { Page } from 'playwright-core';

/** What a page's video shows, read from the outside. Times in seconds of player time. */
export interface Shown {
  /** Media time of the last frame the browser presented. */
  readonly mediaTime: number;
  readonly currentTime: number;
  readonly paused: boolean;
  readonly seeking: boolean;
}

/** Begins to note presented frames; call once per page. */
export async function watchFrames(page: Page): Promise<void> {
  // As text: tsx would put a helper of its own into a nested function, which the page lacks.
  await page.evaluate(`{
    const video = document.querySelector('video');
    window.presentedFrames = [];
    const note = (now, { mediaTime }) => {
      window.presentedFrames.push(mediaTime);
      video.dataset.mediaTime = String(mediaTime);
      video.requestVideoFrameCallback(note);
    };
    video.requestVideoFrameCallback(note);
    video.addEventListener('seeking', () => {
      window.presentedFrames = [];
    });
  }`);
}

/** Media times of the frames presented since the last seek began; the first may be from just before it. */
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
export async function untilState(page: Page, state: string, timeout = 20_000): Promise<void> {
  await page.waitForFunction(
    (wanted) => document.querySelector<HTMLElement>('#status')?.dataset.state === wanted,
    state,
    { timeout },
  );
}

/** Waits until playback has advanced by `seconds` from where it is now. */
export async function untilAdvanced(page: Page, seconds: number, timeout = 20_000): Promise<void> {
  const from = (await shown(page)).currentTime;
  await page.waitForFunction(
    (goal) => (document.querySelector('video')?.currentTime ?? 0) > goal,
    from + seconds,
    {
      timeout,
    },
  );
}
