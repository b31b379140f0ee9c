import { setTimeout as pause } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright-core';
import { startBrowser } from '../e2e/browser.ts';
import { untilAdvanced } from '../e2e/frames.ts';
import { serveStream } from '../e2e/served-stream.ts';
import { playSquare, recordSquare } from '../e2e/square-stream.ts';
import { median, quantile } from './median.ts';

const [FRAME_RATE, BOXES] = [60, 50];

/** How long each is watched, in seconds, and how often in turn. */
const [SECONDS, ROUNDS] = [8, 3];

const SIZE = { width: 1280, height: 720 };

/** What a page has done while it was watched. */
interface Watched {
  /** What was done at each frame that was presented, in milliseconds. */
  readonly costs: readonly number[];
  /** Time that the page's main thread ran, in seconds. */
  readonly busy: number;
  readonly presented: number;
  readonly dropped: number;
  readonly seconds: number;
}

/**
 * What drawing boxes costs the page: fifty with labels on each of 60 frames a second, in headless Chromium with software
 * drawing, beside the same page that shows none.
 */
export async function benchBoxes(print: (line: string) => void): Promise<void> {
  print(
    `Boxes: ${BOXES} with labels a frame, ${FRAME_RATE} frames/s on ${SIZE.width}x${SIZE.height} pixels of a page; Chromium draws without a GPU`,
  );
  const files = await recordSquare(FRAME_RATE);
  const stream = playSquare(files, { every: 1, boxes: BOXES });
  const fixture = await serveStream(stream);
  await fixture.look(stream.sights);
  const browser = await startBrowser(SIZE);
  try {
    const { page } = await browser.open('about:blank');
    await page.addInitScript({ content: TIME_FRAMES });
    await page.goto(`${fixture.url}embed`);
    await page.getByLabel('Boxes', { exact: true }).waitFor();
    await page.locator('.overlay canvas').last().waitFor();
    const engine = await page.context().newCDPSession(page);
    // Not how long it took on a clock: other programs run, too.
    await engine.send('Performance.enable', { timeDomain: 'threadTicks' });
    const rows: Record<'without' | 'with boxes', Watched[]> = { without: [], 'with boxes': [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const list of [rows['with boxes'], rows.without]) {
        await untilAdvanced(page, 1);
        list.push(await watch(page, engine));
        await page.keyboard.press('b');
      }
    }
    for (const [name, list] of Object.entries(rows)) {
      const costs = list.flatMap((one) => one.costs);
      const sum = (of: 'presented' | 'dropped' | 'seconds' | 'busy') =>
        list.reduce((all, one) => all + one[of], 0);
      print(
        `  ${name.padEnd(10)} ${(sum('presented') / sum('seconds')).toFixed(1)} frames/s presented, ${sum('dropped')} of ${sum('presented') + sum('dropped')} dropped; ${((1000 * sum('busy')) / sum('presented')).toFixed(2)} ms of the main thread a frame` +
          (costs.length === 0
            ? ''
            : `, painting ${median(costs).toFixed(2)} ms, of 99 % at most ${quantile(costs, 0.99).toFixed(2)} ms`),
      );
    }
  } finally {
    await browser.close();
    await fixture.close();
  }
}

async function watch(page: Page, engine: CDPSession): Promise<Watched> {
  const busy = async () => {
    const { metrics } = await engine.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  };
  const before = await busy();
  await page.evaluate('timedFrames.begin()');
  await pause(SECONDS * 1000);
  const watched = await page.evaluate<Omit<Watched, 'busy'>>('timedFrames.end()');
  return { ...watched, busy: (await busy()) - before };
}

/** As text: it runs in the page before its own scripts do. Times what these do at each frame. */
const TIME_FRAMES = `(() => {
  // By the number of the frame: several may listen.
  let costs = new Map();
  let from;
  const { prototype } = HTMLVideoElement;
  const plain = prototype.requestVideoFrameCallback;
  prototype.requestVideoFrameCallback = function (callback) {
    return plain.call(this, (now, frame) => {
      const began = performance.now();
      callback(now, frame);
      const { presentedFrames } = frame;
      if (document.querySelector('.overlay canvas'))
        costs.set(presentedFrames, (costs.get(presentedFrames) ?? 0) + performance.now() - began);
    });
  };
  const look = () => {
    const { totalVideoFrames, droppedVideoFrames } = document.querySelector('video').getVideoPlaybackQuality();
    return { totalVideoFrames, droppedVideoFrames, at: performance.now() };
  };
  window.timedFrames = {
    begin() {
      costs = new Map();
      from = look();
    },
    end() {
      const { totalVideoFrames, droppedVideoFrames, at } = look();
      const dropped = droppedVideoFrames - from.droppedVideoFrames;
      const presented = totalVideoFrames - from.totalVideoFrames - dropped;
      return { costs: [...costs.values()], presented, dropped, seconds: (at - from.at) / 1000 };
    },
  };
})();`;
