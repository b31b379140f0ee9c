import { ROW_HEIGHT } from './visible-rows.ts';

/** Where the viewer is in the list: in a box that scrolls, or, on a phone, in the page that scrolls as a whole. */
export interface RowScroll {
  /** The stretch of the list that is seen, in pixels from its top; negative while something stands above it. */
  seen(): { readonly from: number; readonly to: number };
  /** Moves on by a number of rows. */
  by(rows: number): void;
  toTop(): void;
}

/** Watches `list` within `box`; `moved` is called, at most once a repaint, when it was scrolled or resized. */
export function createRowScroll(box: HTMLElement, list: HTMLElement, moved: () => void): RowScroll {
  let asked = false;
  const ask = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      moved();
    });
  };
  // Scroll events do not bubble, but they can be caught on their way down: the page's and the box's alike.
  document.addEventListener('scroll', ask, { capture: true, passive: true });
  new ResizeObserver(ask).observe(box);
  addEventListener('resize', ask);

  const scrolls = () =>
    box.scrollHeight > box.clientHeight + 1 && getComputedStyle(box).overflowY !== 'visible';
  return {
    seen() {
      const { top, bottom } = box.getBoundingClientRect();
      const origin = list.getBoundingClientRect().top;
      const from = (scrolls() ? top : Math.max(0, top)) - origin;
      return { from, to: Math.min(bottom, innerHeight) - origin };
    },
    by(rows) {
      if (rows === 0) return;
      if (scrolls()) box.scrollTop += rows * ROW_HEIGHT;
      else scrollBy(0, rows * ROW_HEIGHT);
    },
    toTop() {
      if (scrolls()) box.scrollTop = 0;
      else scrollTo(0, 0);
    },
  };
}
