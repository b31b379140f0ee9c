import { toSeconds } from '../src/clock.ts';
import { clockText, durationText } from './clock-text.ts';
import { COLOURS, colourOf } from './event-colours.ts';
import { fractionOf, type LiveRange, timeAt } from './live-range.ts';
import type { Marker, MarkerList } from './marker-list.ts';
import { dateAt, type MediaClock, timeOf } from './media-clock.ts';

/**
 * Markers on the seek bar, on the bar's scale. They are painted, not laid out: moving an element for each
 * marker before each repaint cost the browser more than decoding the video.
 */
export interface Timeline {
  /** Goes on top of the seek bar and takes the same width. */
  readonly element: HTMLElement;
  /** Shows these markers on this scale; called before each repaint, does nothing when nothing moved. */
  draw(markers: MarkerList, clock: MediaClock, range: LiveRange): void;
  /** Where a marker begins on the bar, 0 to 1; undefined if it is not on it. */
  placeOf(id: string): number | undefined;
}

/** A marker's place on the bar, 0 to 1. */
interface Bar {
  readonly marker: Marker;
  readonly from: number;
  readonly to: number;
}

/** The pointer finds a marker this many pixels away. */
const REACH = 6;
/** Moves smaller than this, in pixels, are not worth a repaint. */
const UNSEEN = 0.1;
/** Top and height of a bar, and its least width, in pixels. */
const TOP = 8;
const HEIGHT = 16;
const NARROWEST = 4;

/** Makes the layer for `parent`, the seek bar's surroundings; `pick` is called with the marker clicked. */
export function createTimeline(pick: (marker: Marker) => void): Timeline {
  const element = make('div', 'marks');
  const canvas = make('canvas', 'marks-canvas') as HTMLCanvasElement;
  const tip = make('div', 'tip');
  const tipTime = make('strong', 'tip-time');
  const tipText = make('span', 'tip-text');
  tip.append(tipTime, tipText);
  tip.hidden = true;
  element.append(canvas, tip);
  // The table offers the same to keyboard and screen reader, without a moving target.
  element.setAttribute('aria-hidden', 'true');

  let bars: Bar[] = [];
  let drawn: { markers: MarkerList; clock: MediaClock; range: LiveRange; width: number } | undefined;
  let hovered: string | undefined;
  let width = 0;
  new ResizeObserver(([entry]) => {
    width = entry?.contentRect.width ?? 0;
  }).observe(element);

  function draw(markers: MarkerList, clock: MediaClock, range: LiveRange): void {
    if (drawn?.markers === markers && drawn.width === width && isNear(drawn.range, range)) return;
    bars = markers.flatMap((marker) => barOf(marker, clock, range) ?? []);
    drawn = { markers, clock, range, width };
    paint();
  }

  function isNear(a: LiveRange, b: LiveRange): boolean {
    const unseen = (UNSEEN * Math.max(b.end - b.start, 1e-6)) / Math.max(width, 1);
    return Math.abs(a.start - b.start) < unseen && Math.abs(a.end - b.end) < unseen;
  }

  function paint(): void {
    const context = canvas.getContext('2d');
    if (context === null || width === 0) return;
    const sharp = window.devicePixelRatio || 1;
    const [w, h] = [Math.round((width + NARROWEST) * sharp), Math.round((TOP * 2 + HEIGHT) * sharp)];
    if (canvas.width !== w) canvas.width = w;
    if (canvas.height !== h) canvas.height = h;
    context.setTransform(sharp, 0, 0, sharp, 0, 0);
    context.clearRect(0, 0, width + NARROWEST, TOP * 2 + HEIGHT);
    const colours = eventColours(element);
    // A thin rim in the panel's colour keeps neighbours apart.
    context.lineWidth = 2;
    context.strokeStyle = '#12161c';
    for (const { marker, from, to } of bars) {
      const lift = marker.id === hovered ? 3 : 0;
      const breadth = Math.max((to - from) * width, NARROWEST);
      context.fillStyle = colours[colourOf(marker.class)] ?? '#fff';
      context.beginPath();
      // An event that goes on has no rounded end yet.
      const open = marker.duration === null ? 0 : 2;
      context.roundRect(from * width, TOP - lift, breadth, HEIGHT + lift, [2, open, open, 2]);
      context.stroke();
      context.fill();
    }
  }

  function nearest(event: MouseEvent): Bar | undefined {
    const box = element.getBoundingClientRect();
    if (event.clientY > box.bottom) return undefined;
    const x = event.clientX - box.left;
    let best: Bar | undefined;
    let distance = REACH;
    for (const bar of bars) {
      const from = bar.from * box.width;
      const away = Math.max(from - x, x - Math.max(bar.to * box.width, from + NARROWEST), 0);
      if (away > distance) continue;
      best = bar;
      distance = away;
    }
    return best;
  }

  function hover(event: PointerEvent): void {
    if (drawn === undefined || event.pointerType === 'touch') return;
    const bar = nearest(event);
    highlight(bar?.marker.id);
    const box = element.getBoundingClientRect();
    const x = Math.min(Math.max(event.clientX - box.left, 0), box.width);
    const date = bar?.marker.date ?? dateAt(drawn.clock, timeAt(drawn.range, x / box.width));
    if (date === undefined) return;
    tip.hidden = false;
    tipTime.textContent = clockText(date, bar !== undefined);
    tipText.textContent = bar === undefined ? '' : describe(bar.marker);
    const half = tip.offsetWidth / 2;
    tip.style.left = `${Math.min(Math.max(bar ? bar.from * box.width : x, half), box.width - half)}px`;
  }

  function highlight(id: string | undefined): void {
    if (hovered === id) return;
    hovered = id;
    element.parentElement?.classList.toggle('on-mark', id !== undefined);
    paint();
  }

  queueMicrotask(() => {
    const around = element.parentElement;
    around?.addEventListener('pointermove', hover);
    around?.addEventListener('pointerleave', () => {
      tip.hidden = true;
      highlight(undefined);
    });
    // The seek bar must not take a click on a marker for a wish to scrub.
    for (const type of ['pointerdown', 'mousedown', 'touchstart', 'click'] as const) {
      around?.addEventListener(type, (event) => onPress(event), { capture: true, passive: true });
    }
  });

  function onPress(event: Event): void {
    const point = 'touches' in event ? (event as TouchEvent).touches[0] : (event as MouseEvent);
    const bar = point === undefined ? undefined : nearest(point as MouseEvent);
    if (bar === undefined) return;
    event.stopImmediatePropagation();
    if (event.type === 'click') pick(bar.marker);
  }

  return { element, draw, placeOf: (id) => bars.find(({ marker }) => marker.id === id)?.from };
}

function barOf(marker: Marker, clock: MediaClock, range: LiveRange): Bar | undefined {
  const from = timeOf(clock, marker.date);
  if (from === undefined || from > range.end + 1) return undefined;
  const to = marker.duration === null ? range.end : from + toSeconds(marker.duration);
  if (to < range.start) return undefined;
  return {
    marker,
    from: fractionOf(range, from),
    to: Math.max(fractionOf(range, to), fractionOf(range, from)),
  };
}

let colours: string[] | undefined;

/** The style sheet's colours for events; the player looks the same in both themes, so they never change. */
function eventColours(element: HTMLElement): readonly string[] {
  if (colours === undefined) {
    const style = getComputedStyle(element);
    colours = Array.from({ length: COLOURS }, (_, index) =>
      style.getPropertyValue(`--event-${index}`).trim(),
    );
  }
  return colours;
}

function describe({ text, duration }: Marker): string {
  if (duration === null) return `${text} · going on`;
  return duration === 0 ? text : `${text} · ${durationText(duration)}`;
}

function make(tag: string, className: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}
