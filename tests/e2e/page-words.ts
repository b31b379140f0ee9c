import type { Page } from 'playwright-core';
import { hangBound } from '../hang-bound.ts';

/** What a person reads on the page about its state. */
export interface Says {
  /** Text of the badge; undefined on a page without one. */
  readonly badge: string | undefined;
  /** The live button as it is seen: its text and colour, or `none`. */
  readonly pill: string;
  /** Title and sentence of the notice; empty when none is there. */
  readonly notice: readonly string[];
}

/** Reads it from what is painted: text that is on the screen, and the colour of the button's dot. */
const READ = `(() => {
  const seen = (element) => element !== null && element.checkVisibility() && element.getBoundingClientRect().width > 0;
  const badge = document.querySelector('#status');
  const pill = document.querySelector('.vjs-seek-to-live-control');
  const notice = document.querySelector('#notice');
  const dot = pill?.querySelector('.vjs-icon-placeholder');
  const [red, green, blue] = dot ? getComputedStyle(dot).backgroundColor.match(/\\d+/g).map(Number) : [0, 0, 0];
  return {
    state: badge?.dataset.state,
    badge: seen(badge) ? badge.innerText : undefined,
    pill: seen(pill) ? pill.innerText + (red > 2 * green && red > 2 * blue ? ', red' : ', grey') : 'none',
    notice: seen(notice) ? [...notice.querySelectorAll('p')].map((line) => line.innerText) : [],
  };
})()`;

/** What the page says now, and the name that its own code gives the state. */
export async function says(page: Page): Promise<Says & { readonly state: string | undefined }> {
  return page.evaluate(READ);
}

/** Waits until the page says exactly this, all at the same time; tells what it says instead. */
export async function untilSays(page: Page, wanted: Says, seconds = 20): Promise<void> {
  const end = performance.now() + hangBound(seconds);
  for (;;) {
    const { badge, pill, notice } = await says(page);
    const now = JSON.stringify([badge, pill, notice]);
    if (now === JSON.stringify([wanted.badge, wanted.pill, wanted.notice])) return;
    if (performance.now() > end) throw new Error(`wanted ${JSON.stringify(wanted)}, the page says ${now}`);
    await page.waitForTimeout(100);
  }
}
