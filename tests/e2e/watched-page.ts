import type { BrowserContext, Page } from 'playwright-core';

/** What a page noted of its video; times in seconds, since the navigation began where it says so. */
export interface Watched {
  /** When the first frame was presented, since the navigation began. */
  readonly firstFrame: number | undefined;
  /** Age of a presented frame by its clock strip, and when that was, since the navigation began. */
  readonly samples: readonly { readonly at: number; readonly age: number }[];
  /** Times at which playback ran dry after the first frame. */
  readonly stalls: readonly number[];
  readonly currentTime: number;
  /** Of the media element: how many stretches it has buffered. */
  readonly ranges: number;
  /** Of the media element: what it has and does, for a person to read. */
  readonly doing: string;
  /** Of the media element, and of the player where it tells. */
  readonly errors: readonly string[];
}

/**
 * Runs in the page before its own scripts: waits for a video, then notes presented frames, stalls and errors.
 * As text: it runs in the page. The clock strip: 48 cells along the top edge,
 * 8 pixels high, most significant bit first, milliseconds since the Unix epoch when the frame was drawn.
 */
const WATCH = `(() => {
  const seen = { firstFrame: undefined, samples: [], stalls: [], errors: [], count: 0 };
  window.watched = seen;
  const canvas = document.createElement('canvas');
  canvas.height = 8;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const readStrip = (video) => {
    const width = video.videoWidth;
    if (canvas.width !== width) canvas.width = width;
    context.drawImage(video, 0, 0, width, 8, 0, 0, width, 8);
    const { data } = context.getImageData(0, 4, width, 1);
    let value = 0;
    for (let cell = 0; cell < 48; cell += 1) {
      const middle = Math.floor(((cell + 0.5) * width) / 48);
      value = value * 2 + (data[middle * 4] > 127 ? 1 : 0);
    }
    return value;
  };
  const watch = (video) => {
    video.addEventListener('waiting', () => {
      if (seen.firstFrame !== undefined && !video.seeking) seen.stalls.push(performance.now() / 1000);
    });
    video.addEventListener('error', () => seen.errors.push('media error ' + video.error?.code + ' ' + video.error?.message));
    const onFrame = () => {
      const now = Date.now();
      const at = performance.now() / 1000;
      seen.firstFrame ??= at;
      if (seen.count++ % 6 === 0 && !video.paused) seen.samples.push({ at, age: (now - readStrip(video)) / 1000 });
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  };
  const known = new WeakSet();
  const look = () => {
    for (const video of document.querySelectorAll('video')) {
      if (known.has(video)) continue;
      known.add(video);
      watch(video);
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
})()`;

/** Opens a page that notes what its video shows. */
export async function openWatched(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.addInitScript({ content: WATCH });
  await page.goto(url);
  return page;
}

/** What the page has noted so far. */
export async function readWatched(page: Page): Promise<Watched> {
  return page.evaluate(`(() => {
    const { firstFrame, samples, stalls, errors } = window.watched;
    const video = document.querySelector('video');
    const fatal = (window.playerErrors ?? []).filter((error) => error.fatal || /append|decod|parsing/i.test(error.details));
    return {
      firstFrame, samples, stalls,
      currentTime: video?.currentTime ?? 0,
      ranges: video?.buffered.length ?? 0,
      doing: video === null ? 'no video' : 'ready state ' + video.readyState + (video.paused ? ', paused' : '') +
        (video.seeking ? ', seeking' : '') + ', rate ' + video.playbackRate + ', buffered ' +
        Array.from({ length: video.buffered.length }, (_, index) => video.buffered.start(index).toFixed(2) + ' to ' + video.buffered.end(index).toFixed(2)).join(', '),
      errors: [...errors, ...fatal.map((error) => JSON.stringify(error))],
    };
  })()`);
}
