/** What opens beside something stays in the window: on its other side where there is more room, never larger than that. */

/** A box in the window that something can be put beside, in pixels. */
export interface Place {
  getBoundingClientRect(): DOMRect;
}

/** How something lies: over the middle of its place, or below the place from where its lines begin. */
export type Side = 'above' | 'below';

/** Distance from the place, and from the window's edges, in pixels. */
const APART = 6;
const EDGE = 8;

/** Puts an element whose position is fixed beside a place. */
export function placeBeside(place: Place, element: HTMLElement, side: Side): void {
  const { style } = element;
  style.maxHeight = '';
  const { width, height } = element.getBoundingClientRect();
  const { left, right, top, bottom } = place.getBoundingClientRect();
  const [above, below] = [top - APART - EDGE, innerHeight - bottom - APART - EDGE];
  const fits = height <= (side === 'above' ? above : below);
  const isAbove = fits ? side === 'above' : above > below;
  const room = Math.max(0, Math.floor(isAbove ? above : below));
  const x = side === 'above' ? (left + right - width) / 2 : isToTheLeft(element) ? right - width : left;
  const furthest = document.documentElement.clientWidth - EDGE - width;
  style.maxHeight = `${room}px`;
  style.left = `${Math.round(Math.max(EDGE, Math.min(x, furthest)))}px`;
  style.top = `${Math.round(isAbove ? top - APART - Math.min(height, room) : bottom + APART)}px`;
}

/** Keeps an element beside a place while the page scrolls or changes its size; returns the end of that. */
export function keepBeside(place: Place, element: HTMLElement, side: Side): () => void {
  const put = () => placeBeside(place, element, side);
  put();
  document.addEventListener('scroll', put, { capture: true, passive: true });
  addEventListener('resize', put);
  return () => {
    document.removeEventListener('scroll', put, { capture: true });
    removeEventListener('resize', put);
  };
}

/** Whether lines are written to the left there. */
function isToTheLeft(element: HTMLElement): boolean {
  return getComputedStyle(element).direction === 'rtl';
}
