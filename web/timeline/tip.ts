import type { EpochMicroseconds } from '../../src/clock.ts';
import type { Filler } from '../api/stream-info.ts';
import type { Thumbnail } from '../api/thumbnails.ts';
import { clockText, durationText } from '../dom/clock-text.ts';
import { placeBeside } from '../dom/place.ts';
import { type EventLooks, wear } from '../markers/event-looks.ts';
import type { Marker, MarkerList } from '../markers/marker-list.ts';
import type { Mark } from './marks.ts';
import type { MediaBreak } from './timeline-segments.ts';

/** What floats over a timeline where the pointer or the cursor is. */
export interface TipContent {
  readonly date: EpochMicroseconds;
  readonly thumbnail: Thumbnail | undefined;
  /** The markers there, as many as there are in all; the first few of them are shown. */
  readonly markers: MarkerList;
  readonly count: number;
  /** Nothing was recorded there. */
  readonly missing: MediaBreak | undefined;
  /** What is there are no pictures of the source. */
  readonly filler: Filler | undefined;
}

/** The tip of one timeline. */
export interface Tip {
  /** Goes into the timeline's element. */
  readonly element: HTMLElement;
  /** Shows it at `x` of the timeline, in pixels: above it, or below where the window leaves no room. */
  show(content: TipContent, x: number): void;
  hide(): void;
}

/** Texts shown of a cluster. */
const LISTED = 4;
/** Width of the picture, in pixels. */
const PICTURE = 176;

/** Makes a tip, hidden. */
export function createTip(looks: EventLooks): Tip {
  const element = make('div', 'tip');
  const picture = make('div', 'tip-picture');
  const time = make('strong', 'tip-time');
  const count = make('span', 'tip-count');
  const list = make('ul', 'tip-list');
  element.append(picture, time, count, list);
  element.hidden = true;
  // The pointer is on the timeline, and the timeline says the same in words.
  element.setAttribute('aria-hidden', 'true');
  let shown: MarkerList = [];

  return {
    element,
    show({ date, thumbnail, markers, count: all, missing, filler }, x) {
      element.hidden = false;
      const first = markers[0];
      setText(time, clockText(first?.date ?? date, first !== undefined));
      const gap = missing && missing.to > missing.from ? `, ${durationText(missing.to - missing.from)}` : '';
      const events = all > 1 ? `${all} events` : '';
      const lost = filler && `No signal since ${clockText(filler.since)}`;
      setText(count, missing ? `No video here${gap}` : [events, lost].filter(Boolean).join(', '));
      picture.hidden = thumbnail === undefined;
      if (thumbnail !== undefined) showThumbnail(picture, thumbnail);
      const few = markers.slice(0, all > LISTED ? LISTED - 1 : LISTED);
      if (few.length !== shown.length || few.some((marker, at) => marker !== shown[at])) {
        shown = few;
        list.replaceChildren(...few.map((marker) => line(marker, looks)));
      }
      list.dataset.more = all > few.length ? `and ${all - few.length} more` : '';
      const { left = 0, top = 0, height = 0 } = element.parentElement?.getBoundingClientRect() ?? {};
      const place = new DOMRect(left + x, top, 0, height);
      placeBeside({ getBoundingClientRect: () => place }, element, 'above');
    },
    hide() {
      element.hidden = true;
    },
  };
}

/** The first few markers of a mark, as a tip shows them. */
export function markersOf(mark: Mark | undefined, markers: MarkerList): MarkerList {
  if (mark === undefined) return [];
  // Events that began before the view and last need not be neighbours in the list.
  const listed = mark.x < 0 ? 1 : Math.min(mark.count, LISTED);
  return markers.slice(mark.first, mark.first + listed);
}

/** A marker in words: its text and how long it lasted. Data from anywhere: only ever shown as text. */
export function markerWords(marker: Marker): string {
  return markerParts(marker).join('');
}

function markerParts({ text, duration, class: kind }: Marker): readonly [text: string, length: string] {
  const said = text === '' ? kind : text;
  if (duration === null) return [said, ' · going on'];
  return [said, duration === 0 ? '' : ` · ${durationText(duration)}`];
}

function line(marker: Marker, looks: EventLooks): HTMLElement {
  const item = make('li', 'tip-text');
  wear(item, looks.of(marker.class));
  const [said, length] = markerParts(marker);
  const text = document.createElement('bdi');
  text.textContent = said;
  item.append(text, length);
  return item;
}

function showThumbnail(
  picture: HTMLElement,
  { uri, left, top, width, height, columns, rows }: Thumbnail,
): void {
  const scale = PICTURE / width;
  // Quotes are escaped in a URL; a backslash could still end the string.
  picture.style.backgroundImage = `url("${uri.replaceAll('\\', '%5C')}")`;
  picture.style.backgroundSize = `${columns * width * scale}px ${rows * height * scale}px`;
  picture.style.backgroundPosition = `${-left * scale}px ${-top * scale}px`;
  picture.style.width = `${PICTURE}px`;
  picture.style.height = `${height * scale}px`;
}

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function make(tag: string, className: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}
