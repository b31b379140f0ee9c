import { startBrowser } from '../e2e/browser.ts';
import { untilAdvanced, untilState } from '../e2e/frames.ts';
import { recordStream } from '../e2e/recorded-stream.ts';
import { serveStream } from '../e2e/served-stream.ts';
import { median, quantile } from './median.ts';

const CLASSES = ['mint-square', 'motion', 'person', 'car', 'door', 'note'];

/**
 * Times from repaint to repaint, in headless Chromium with software drawing, while the overview is zoomed and
 * panned at every one: without markers and with 10,000 in the window. The video plays meanwhile.
 */
export async function benchTimeline(print: (line: string) => void): Promise<void> {
  print('Timeline: milliseconds from repaint to repaint while zooming and panning, video playing');
  const recorded = await recordStream();
  for (const count of [0, 10_000]) {
    const fixture = await serveStream(recorded);
    const { first, next } = recorded.listed();
    await fixture.mark(
      ...Array.from({ length: count }, (_, at) => ({
        ...{ id: `m${at}`, text: `Event ${at}`, class: CLASSES[at % CLASSES.length] as string },
        date: Math.round(recorded.dateOf(0) + (first + ((next - first) * at) / count) * 1000),
        duration: at % 3 === 0 ? 0 : (at % 40) / 10,
      })),
    );
    const browser = await startBrowser();
    try {
      const { page } = await browser.open(fixture.url);
      await untilState(page, 'live');
      await untilAdvanced(page, 2);
      const intervals = await page.evaluate<number[]>(ZOOM_AND_PAN);
      const late = intervals.filter((interval) => interval > 25).length;
      print(
        `  ${String(count).padStart(6)} markers: median ${median(intervals).toFixed(1)}  p95 ${quantile(intervals, 0.95).toFixed(1)}` +
          `  p99 ${quantile(intervals, 0.99).toFixed(1)}  most ${Math.max(...intervals).toFixed(1)}` +
          `  repaints missed ${late} of ${intervals.length}  ${(1000 / mean(intervals)).toFixed(1)} frames/s`,
      );
    } finally {
      await browser.close();
      await fixture.close();
    }
  }
}

/** As text: it runs in the page. Eight seconds of zooming in and out and panning. */
const ZOOM_AND_PAN = `new Promise((resolve) => {
  const track = document.querySelector('.overview-track');
  const box = track.getBoundingClientRect();
  const intervals = [];
  let last;
  const step = (now) => {
    if (last !== undefined) intervals.push(now - last);
    last = now;
    const at = intervals.length;
    if (at === 480) return resolve(intervals);
    const wheel = { bubbles: true, cancelable: true, clientX: box.left + box.width / 2, clientY: box.top + 50 };
    const zooming = at % 120 < 60;
    const away = Math.floor(at / 60) % 4 < 2 ? -1 : 1;
    track.dispatchEvent(new WheelEvent('wheel', zooming
      ? { ...wheel, deltaY: 18 * away }
      : { ...wheel, deltaX: 6 * (at % 40 < 20 ? 1 : -1), shiftKey: true }));
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})`;

function mean(figures: readonly number[]): number {
  return figures.reduce((sum, figure) => sum + figure, 0) / figures.length;
}
