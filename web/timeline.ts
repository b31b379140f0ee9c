import { toSeconds } from '../src/clock.ts';
import { clockText, durationText } from './clock-text.ts';
import { colourOf } from './event-colours.ts';
import { fractionOf, type LiveRange, timeAt } from './live-range.ts';
import type { Marker, MarkerList } from './marker-list.ts';
import { dateAt, type MediaClock, timeOf } from './media-clock.ts';

/** Markers on the seek bar: its own layer over the bar, on the bar's scale. */
export interface Timeline {
  /** Goes on top of the seek bar and takes the same box. */
  readonly element: HTMLElement;
  /** Shows these markers on this scale; called before each repaint, does nothing when nothing changed. */
  draw(markers: MarkerList, clock: MediaClock, range: LiveRange): void;
  /** Where the bar of a marker begins, 0 to 1, for whoever wants to measure it. */
  placeOf(id: string): number | undefined;
}

interface Tick {
  readonly element: HTMLElement;
  marker: Marker;
  place: number;
}

/** The pointer finds a marker this many pixels away. */
const REACH = 6;
/** Scale changes smaller than this share of the bar are not worth a repaint. */
const UNSEEN = 0.0001;

/** Makes the layer; `pick` is called with the marker that was clicked. */
export function createTimeline(pick: (marker: Marker) => void): Timeline {
  const element = make('div', 'marks');
  const tip = make('div', 'tip');
  const tipTime = make('strong', 'tip-time');
  const tipText = make('span', 'tip-text');
  tip.append(tipTime, tipText);
  tip.hidden = true;
  element.append(tip);
  // The table offers the same to keyboard and screen reader, without a moving target.
  element.setAttribute('aria-hidden', 'true');

  const ticks = new Map<string, Tick>();
  let drawn: { markers: MarkerList; clock: MediaClock; range: LiveRange } | undefined;
  let hovered: string | undefined;

  function draw(markers: MarkerList, clock: MediaClock, range: LiveRange): void {
    if (drawn !== undefined && drawn.markers === markers && near(drawn.range, range)) return;
    const shown = new Set<string>();
    for (const marker of markers) {
      const from = timeOf(clock, marker.date);
      if (from === undefined || from > range.end + 1) continue;
      const to = marker.duration === null ? range.end : from + toSeconds(marker.duration);
      if (to < range.start) continue;
      shown.add(marker.id);
      place(marker, fractionOf(range, from), fractionOf(range, to));
    }
    for (const [id, tick] of ticks) {
      if (shown.has(id)) continue;
      tick.element.remove();
      ticks.delete(id);
    }
    drawn = { markers, clock, range };
  }

  function place(marker: Marker, from: number, to: number): void {
    let tick = ticks.get(marker.id);
    if (tick === undefined) {
      tick = { element: make('div', 'tick'), marker, place: from };
      tick.element.dataset.id = marker.id;
      ticks.set(marker.id, tick);
      element.append(tick.element);
    }
    tick.marker = marker;
    tick.place = from;
    const { style, dataset, classList } = tick.element;
    style.left = `${(from * 100).toFixed(3)}%`;
    style.width = `${(Math.max(0, to - from) * 100).toFixed(3)}%`;
    dataset.colour = String(colourOf(marker.class));
    classList.toggle('ongoing', marker.duration === null);
  }

  function near(a: LiveRange, b: LiveRange): boolean {
    const unseen = UNSEEN * Math.max(b.end - b.start, 1e-6);
    return Math.abs(a.start - b.start) < unseen && Math.abs(a.end - b.end) < unseen;
  }

  function nearest(x: number, width: number): Tick | undefined {
    let best: Tick | undefined;
    let distance = REACH;
    for (const tick of ticks.values()) {
      const from = tick.place * width;
      const to = from + tick.element.offsetWidth;
      const away = Math.max(from - x, x - to, 0);
      if (away > distance) continue;
      best = tick;
      distance = away;
    }
    return best;
  }

  function hover(event: PointerEvent): void {
    if (drawn === undefined || event.pointerType === 'touch') return;
    const box = element.getBoundingClientRect();
    const x = Math.min(Math.max(event.clientX - box.left, 0), box.width);
    const tick = nearest(x, box.width);
    highlight(tick?.marker.id);
    const date = tick?.marker.date ?? dateAt(drawn.clock, timeAt(drawn.range, x / box.width));
    if (date === undefined) return;
    tip.hidden = false;
    tipTime.textContent = clockText(date, tick !== undefined);
    tipText.textContent = tick === undefined ? '' : describe(tick.marker);
    const half = tip.offsetWidth / 2;
    const middle = Math.min(Math.max(tick ? tick.place * box.width : x, half), box.width - half);
    tip.style.left = `${middle}px`;
  }

  function highlight(id: string | undefined): void {
    if (hovered === id) return;
    if (hovered !== undefined) ticks.get(hovered)?.element.classList.remove('hovered');
    if (id !== undefined) ticks.get(id)?.element.classList.add('hovered');
    hovered = id;
  }

  function leave(): void {
    tip.hidden = true;
    highlight(undefined);
  }

  function listen(bar: HTMLElement): void {
    bar.addEventListener('pointermove', hover);
    bar.addEventListener('pointerleave', leave);
  }

  element.addEventListener('click', (event) => {
    const box = element.getBoundingClientRect();
    const tick = nearest(event.clientX - box.left, box.width);
    if (tick !== undefined) pick(tick.marker);
  });
  // The seek bar below must not take a click on a marker for a wish to scrub.
  for (const type of ['mousedown', 'touchstart', 'pointerdown'] as const) {
    element.addEventListener(type, (event) => event.stopPropagation(), { passive: true });
  }
  queueMicrotask(() => element.parentElement && listen(element.parentElement));

  return { element, draw, placeOf: (id) => ticks.get(id)?.place };
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
