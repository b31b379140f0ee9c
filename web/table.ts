import type { EpochMicroseconds } from '../src/clock.ts';
import { agoText, clockText, durationText } from './clock-text.ts';
import { colourOf } from './event-colours.ts';
import type { Marker, MarkerList } from './marker-list.ts';

/** The table of markers, newest first. */
export interface Table {
  /** Shows these markers; `fresh` ones draw the eye for a moment. */
  draw(markers: MarkerList, fresh: MarkerList): void;
  /** Moves on what depends on the time: how long ago, and the row under the playhead. */
  tick(now: EpochMicroseconds, shown: EpochMicroseconds | undefined): void;
}

/** The elements of the page that the table lives in. */
export interface TableElements {
  readonly body: HTMLElement;
  readonly empty: HTMLElement;
  readonly more: HTMLButtonElement;
}

interface Row {
  readonly element: HTMLTableRowElement;
  readonly time: HTMLButtonElement;
  readonly ago: HTMLElement;
  readonly text: HTMLElement;
  readonly kind: HTMLElement;
  readonly duration: HTMLElement;
  marker: Marker;
}

/** Rows at first, and with each wish for more: what a phone draws without effort. */
const PAGE = 200;
/** An instant counts as under the playhead for this long. */
const INSTANT = 500_000;

/** Fills the elements; `pick` is called with the marker whose row was chosen. */
export function createTable({ body, empty, more }: TableElements, pick: (marker: Marker) => void): Table {
  const rows = new Map<string, Row>();
  let all: MarkerList = [];
  let limit = PAGE;

  body.addEventListener('click', (event) => {
    const id = (event.target as Element).closest('tr')?.dataset.id;
    const row = id === undefined ? undefined : rows.get(id);
    if (row !== undefined) pick(row.marker);
  });
  more.addEventListener('click', () => {
    limit += PAGE;
    draw(all, []);
  });

  function draw(markers: MarkerList, fresh: MarkerList): void {
    all = markers;
    const wanted = markers.slice(-limit).reverse();
    const kept = new Set(wanted.map((marker) => marker.id));
    for (const [id, row] of rows) {
      if (kept.has(id)) continue;
      row.element.remove();
      rows.delete(id);
    }
    let next = body.firstElementChild;
    for (const marker of wanted) {
      const row = rows.get(marker.id) ?? add(marker);
      if (row.marker !== marker || row.element.parentElement === null) fill(row, marker);
      if (row.element === next) next = next.nextElementSibling;
      else body.insertBefore(row.element, next);
    }
    for (const marker of fresh) rows.get(marker.id)?.element.classList.add('fresh');
    empty.hidden = markers.length > 0;
    more.hidden = markers.length <= limit;
  }

  function add(marker: Marker): Row {
    const element = document.createElement('tr');
    element.dataset.id = marker.id;
    const time = document.createElement('button');
    time.type = 'button';
    const text = document.createElement('span');
    text.className = 'text';
    const ago = document.createElement('span');
    ago.className = 'soft';
    const kind = document.createElement('span');
    kind.className = 'soft';
    const duration = document.createElement('td');
    duration.className = 'duration';
    element.append(cell('time', time, ago), cell('what', text, kind), duration);
    const row: Row = { element, time, ago, text, kind, duration, marker };
    rows.set(marker.id, row);
    return row;
  }

  function tick(now: EpochMicroseconds, shown: EpochMicroseconds | undefined): void {
    for (const { element, marker, ago } of rows.values()) {
      setText(ago, agoText(now - marker.date));
      element.classList.toggle('here', shown !== undefined && covers(marker, shown));
    }
  }

  return { draw, tick };
}

function fill(row: Row, marker: Marker): void {
  row.marker = marker;
  row.element.dataset.colour = String(colourOf(marker.class));
  row.element.classList.toggle('ongoing', marker.duration === null);
  setText(row.time, clockText(marker.date, true));
  row.time.title = `Go to the first frame, PTS ${(marker.pts / 1e6).toFixed(6)} s`;
  // What a marker says is data from anywhere: text, never markup.
  setText(row.text, marker.text);
  setText(row.kind, marker.class);
  setText(row.duration, durationOf(marker));
}

function durationOf({ duration }: Marker): string {
  if (duration === null) return 'going on';
  return duration === 0 ? '' : durationText(duration);
}

function covers({ date, duration }: Marker, shown: EpochMicroseconds): boolean {
  // Dates are exact to a millisecond.
  if (shown < date - 1000) return false;
  return duration === null || shown < date + Math.max(duration, INSTANT);
}

function cell(className: string, ...children: HTMLElement[]): HTMLTableCellElement {
  const td = document.createElement('td');
  td.className = className;
  td.append(...children);
  return td;
}

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
