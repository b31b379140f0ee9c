import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';

/** The screens everything is asserted on, in CSS pixels: two desks, a phone on its side and upright. */
export const screens = {
  '1920×1080': { width: 1920, height: 1080 },
  '1280×800': { width: 1280, height: 800 },
  '844×390': { width: 844, height: 390 },
  '390×844': { width: 390, height: 844 },
} as const;

/** What of the page is looked at, and how strictly. */
export interface Reach {
  /** Looks only inside this element, which must lie in the window as a whole: a menu, a panel, a dialog. */
  readonly within?: string;
  /** The page must not have to be scrolled: what opened just now, a full screen, a frame of somebody else's. */
  readonly still?: boolean;
}

/**
 * What of the operable elements nobody could reach, in words; empty when all is well. Each must lie in the window
 * (scrolled there as the Tab key would, unless `still`; boxes that scroll by themselves always are), must be what a
 * press on its middle meets, and must not lie under a message, a notice or a tip, which let presses through.
 */
export function outOfReach(page: Page, { within = 'body', still = false }: Reach = {}): Promise<string[]> {
  return page.evaluate<string[]>(`(${LOOK})(${JSON.stringify({ within, still })})`);
}

/** Throws an AssertionError that names what cannot be reached. */
export async function assertInReach(page: Page, reach?: Reach): Promise<void> {
  assert.deepEqual(await outOfReach(page, reach), []);
}

/** Throws an AssertionError unless all of the element lies in the window and is painted. */
export async function assertInWindow(page: Page, selector: string): Promise<void> {
  const outside = await page.evaluate<string>(`(${INSIDE})(${JSON.stringify(selector)})`);
  assert.equal(outside, '');
}

/** Throws an AssertionError unless what a button sets stands right behind it or right below it, and so belongs to it. */
export async function assertBeside(page: Page, button: string, text: string): Promise<void> {
  const [one, other] = await Promise.all([button, text].map((name) => page.locator(name).boundingBox()));
  assert.ok(one && other, `${button} and ${text} are there`);
  const isBehind =
    other.x >= one.x + one.width && other.y < one.y + one.height && one.y < other.y + other.height;
  const isBelow = other.y >= one.y + one.height && Math.abs(other.x - one.x) < 2;
  assert.ok(isBehind || isBelow, `${text} at ${JSON.stringify(other)}, ${button} at ${JSON.stringify(one)}`);
}

/**
 * What of the player's bar does not stand on one row, lies outside of it, over another or is cut off, in words; empty
 * when all is well. As it is, and with the longest that it can say, which stands there only while it is measured.
 */
export function barFaults(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(${BAR})()`);
}

const BAR = `() => {
  const bar = document.querySelector('.vjs-control-bar');
  const [latency, clock, zone] = ['.latency', '.clock', '.zone'].map((one) => bar.querySelector(one));
  const faults = [];
  const look = (says) => {
    const frame = bar.getBoundingClientRect();
    const parts = [...bar.children].filter((one) => one.checkVisibility() && one.offsetWidth * one.offsetHeight > 0 &&
      !one.matches('.vjs-progress-control'));
    const boxes = parts.map((one) => one.getBoundingClientRect());
    const at = (one) => one.className + ' at ' + [boxes[parts.indexOf(one)]].flatMap((box) =>
      [box.left, box.top, box.right, box.bottom]).map(Math.round) + ' of ' + [innerWidth, innerHeight] + ', ' + says;
    if (!parts.some((one) => one.matches('.vjs-fullscreen-control'))) faults.push('no way to fill the screen, ' + says);
    const middle = (boxes[0].top + boxes[0].bottom) / 2;
    parts.forEach((part, index) => {
      const { left, top, right, bottom } = boxes[index];
      if (Math.abs((top + bottom) / 2 - middle) > 1) faults.push('on another row: ' + at(part));
      if (left < frame.left || right > frame.right + 0.5 || top < frame.top || bottom > frame.bottom + 0.5 ||
        right > innerWidth + 0.5 || bottom > innerHeight + 0.5) faults.push('outside: ' + at(part));
      if (index > 0 && left < boxes[index - 1].right - 0.5) faults.push('over its neighbour: ' + at(part));
      if (part.scrollWidth > part.clientWidth + 1 && !part.matches('button')) faults.push('cut off: ' + at(part));
    });
  };
  look('as it is');
  const before = [latency.textContent, clock.textContent, zone.textContent, clock.hasAttribute('data-exact')];
  const say = (texts, exact) => {
    [latency, clock, zone].forEach((element, index) => { element.textContent = texts[index]; });
    clock.toggleAttribute('data-exact', exact);
  };
  for (const [texts, exact] of [
    [['102.4 s', '22:57:35', 'UTC+5:30'], false],
    [['\u221259:59', '22:57:35', 'UTC\u22123:30'], false],
    [['\u221259:59', '22:57:35.960', 'UTC+5:30'], true],
    [['\u221223:59:59', '00:00:00.000', 'UTC+12:45'], true],
    [['', '', ''], false],
  ]) {
    say(texts, exact);
    look(texts.join(' '));
  }
  say(before, before[3]);
  return faults;
}`;

/** As text: it runs in the page. */
const INSIDE = `(selector) => {
  const element = [...document.querySelectorAll(selector)].find((one) => one.checkVisibility());
  if (element === undefined) return selector + ' is not there';
  const { left, top, right, bottom, width, height } = element.getBoundingClientRect();
  const inside = left >= -0.5 && top >= -0.5 && right <= innerWidth + 0.5 && bottom <= innerHeight + 0.5;
  return inside && width > 0 && height > 0 ? '' : selector + ' lies at ' + [left, top, right, bottom].map(Math.round) +
    ' of ' + [innerWidth, innerHeight];
}`;

const LOOK = `({ within, still }) => {
  const OPERABLE = 'a[href], button, summary, input, select, textarea, tbody tr, ' +
    '[tabindex]:not([tabindex="-1"]), [role="slider"], [role="button"]';
  const COVERS = '.said, .notice, .tip';
  const faults = [];
  const root = [...document.querySelectorAll(within)].find((one) => one.checkVisibility());
  if (root === undefined) return [within + ' is not there'];
  const window_ = () => ({ left: 0, top: 0, right: innerWidth, bottom: innerHeight });
  const inside = (box, of) => box.left >= of.left - 0.5 && box.top >= of.top - 0.5 &&
    box.right <= of.right + 0.5 && box.bottom <= of.bottom + 0.5;
  const name = (element) => element.tagName.toLowerCase() + (element.id ? '#' + element.id : '') +
    (element.dataset.id ? '[' + element.dataset.id + ']' : '') +
    (typeof element.className === 'string' && element.className ? '.' + element.className.trim().split(/\\s+/).join('.') : '');
  const at = (box) => [box.left, box.top, box.right, box.bottom].map(Math.round).join(' ');
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const places = [scrollX, scrollY];
  if (within !== 'body' && !inside(root.getBoundingClientRect(), window_())) {
    faults.push(name(root) + ' opened at ' + at(root.getBoundingClientRect()) + ' of ' + [innerWidth, innerHeight]);
  }
  // Behind a modal dialog, or outside of what fills the screen, nothing is meant to be pressed.
  const modal = document.querySelector('dialog:modal') ?? document.fullscreenElement;
  for (const element of root.querySelectorAll(OPERABLE)) {
    if (element.disabled || !shown(element) || (modal && !modal.contains(element))) continue;
    if (element.closest('.unseen')) continue;
    const before = [scrollX, scrollY];
    const boxes = [];
    for (let box = element.parentElement; box; box = box.parentElement) boxes.push([box, box.scrollLeft, box.scrollTop]);
    element.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
    if (still && (scrollX !== before[0] || scrollY !== before[1])) {
      scrollTo({ left: before[0], top: before[1], behavior: 'instant' });
      faults.push(name(element) + ' is out of the window, at ' + at(element.getBoundingClientRect()));
    }
    const box = element.getBoundingClientRect();
    const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    if (box.width < 1 || box.height < 1) faults.push(name(element) + ' has no size');
    else if (!inside(box, window_())) faults.push(name(element) + ' lies at ' + at(box) + ' of ' + [innerWidth, innerHeight]);
    else {
      const hit = document.elementFromPoint(x, y);
      const label = element.labels?.[0];
      if (!hit || !(element.contains(hit) || label?.contains(hit))) {
        faults.push(name(element) + ' at ' + at(box) + ' lies under ' + (hit ? name(hit) : 'nothing'));
      }
      for (const cover of document.querySelectorAll(COVERS)) {
        if (!shown(cover) || cover.contains(element)) continue;
        const over = cover.getBoundingClientRect();
        if (over.width * over.height > 0 && over.left < x && x < over.right && over.top < y && y < over.bottom) {
          faults.push(name(element) + ' at ' + at(box) + ' lies under ' + name(cover) + ' at ' + at(over));
        }
      }
    }
    for (const [scrolled, left, top] of boxes) {
      if (scrolled !== document.scrollingElement) [scrolled.scrollLeft, scrolled.scrollTop] = [left, top];
    }
  }
  scrollTo({ left: places[0], top: places[1], behavior: 'instant' });
  return faults;
}`;
