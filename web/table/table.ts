import { setText } from '../dom/element.ts';
import type { EventLooks } from '../markers/event-looks.ts';
import type { Marker, MarkerList } from '../markers/marker-list.ts';
import { countUpTo, markerOfRow, type Place, rowOf } from './newest-first.ts';
import { createRow, type Moment, type Row, type TimeStyle } from './row.ts';
import { listenToRowKeys } from './row-keys.ts';
import { createRowScroll } from './row-scroll.ts';
import { ROW_HEIGHT, visibleRows } from './visible-rows.ts';

/** The table of markers, newest first. However many there are, the page holds only the rows that are seen. */
export interface Table {
  /** Shows these markers, oldest first; `fresh` ones draw the eye for a moment. */
  draw(markers: MarkerList, fresh: MarkerList): void;
  /** Moves on what depends on the time: how long ago, and the row under the playhead. */
  tick(moment: Moment): void;
  /** How the time column reads from now on. */
  setTimeStyle(style: TimeStyle): void;
}

/** The elements of the page that the table lives in. */
export interface TableElements {
  /** What scrolls, unless the whole page does. */
  readonly scroller: HTMLElement;
  readonly grid: HTMLElement;
  readonly body: HTMLElement;
  /** Says how many came in above while the viewer reads further down. */
  readonly news: HTMLButtonElement;
}

/** What the table asks for. */
export interface TableListener {
  /** A row was clicked, or Enter pressed on it. */
  pick(marker: Marker): void;
  /** Another row became the chosen one. */
  choose(marker: Marker | undefined): void;
  /** A small picture of what the event is about, as a data URL, if there is one. */
  pictureOf(id: string): string | undefined;
}

/** Fills the elements. */
export function createTable(
  elements: TableElements,
  looks: EventLooks,
  { pick, choose, pictureOf }: TableListener,
): Table {
  const { body, grid, news } = elements;
  const rows = new Map<string, Row>();
  const spare: Row[] = [];
  const scroll = createRowScroll(elements.scroller, body, onScroll);
  let all: MarkerList = [];
  /** Of `all`, how many are shown: the rest came in while the viewer was reading further down. */
  let shown = 0;
  /** The newest shown while the viewer is not at the top. */
  let held: Place | undefined;
  /** The row that the Tab key reaches and the arrow keys move from. */
  let active: Marker | undefined;
  let style: TimeStyle = 'clock';
  let moment: Moment = { now: 0, shown: undefined, start: undefined, frameRate: 0 };

  // Rows can be moved between and chosen: more than a table.
  grid.setAttribute('role', 'grid');
  body.style.setProperty('--row', `${ROW_HEIGHT}px`);
  body.addEventListener('click', (event) => {
    const marker = markerAt(event.target as Element);
    if (marker === undefined) return;
    // Once more, also after the strip of the same event was closed.
    if (marker.id === active?.id) choose(marker);
    else activate(marker);
    pick(marker);
    // What the strip covers comes out from under it, with its neighbours.
    rows.get(marker.id)?.element.scrollIntoView({ block: 'nearest' });
  });
  body.addEventListener('focusin', (event) => activate(markerAt(event.target as Element)));
  news.addEventListener('click', () => {
    scroll.toTop();
    held = undefined;
    render();
  });
  listenToRowKeys(body, {
    count: () => shown,
    current: () => (active === undefined ? -1 : rowOf(all, shown, active)),
    move: focusRow,
    enter: () => active !== undefined && pick(active),
  });

  function markerAt(element: Element): Marker | undefined {
    return rows.get(element.closest('tr')?.dataset.id ?? '')?.marker;
  }

  function activate(marker: Marker | undefined): void {
    if (marker?.id === active?.id) return;
    active = marker;
    for (const row of rows.values()) mark(row);
    choose(marker);
  }

  function focusRow(index: number): void {
    const marker = markerOfRow(all, shown, index);
    if (marker === undefined) return;
    activate(marker);
    render();
    const element = rows.get(marker.id)?.element;
    element?.scrollIntoView({ block: 'nearest' });
    element?.focus({ preventScroll: true });
  }

  function onScroll(): void {
    const isAtTop = scroll.seen().from <= 4;
    if (isAtTop) held = undefined;
    else held ??= all[shown - 1];
    render();
  }

  function draw(markers: MarkerList, fresh: MarkerList): void {
    const seen = scroll.seen();
    const before = markerOfRow(all, shown, Math.floor(seen.from / ROW_HEIGHT));
    const row = before === undefined ? 0 : rowOf(all, shown, before);
    all = markers;
    if (held !== undefined && markers.length === 0) held = undefined;
    const now = countUpTo(all, held);
    // What is read stays where it is, also when something came in between above it.
    if (held !== undefined && before !== undefined) scroll.by(rowOf(all, now, before) - row);
    if (active !== undefined) {
      const found = all[countUpTo(all, active) - 1];
      active = found?.id === active.id ? found : undefined;
    }
    render();
    for (const { id } of fresh) rows.get(id)?.element.classList.add('fresh');
  }

  function render(): void {
    shown = countUpTo(all, held);
    body.style.height = `${shown * ROW_HEIGHT}px`;
    grid.setAttribute('aria-rowcount', String(shown + 1));
    showNews(all.length - shown);
    const range = visibleRows(shown, scroll.seen());
    const wanted: number[] = [];
    for (let index = range.first; index < range.end; index += 1) wanted.push(index);
    // The row that has the focus stays, or the focus would be lost.
    const focused = body.contains(document.activeElement) && active ? rowOf(all, shown, active) : -1;
    if (focused >= 0 && focused < range.first) wanted.unshift(focused);
    else if (focused >= range.end && focused < shown) wanted.push(focused);
    place(wanted);
  }

  function place(wanted: readonly number[]): void {
    const markers = wanted.map((index) => markerOfRow(all, shown, index) as Marker);
    const kept = new Set(markers.map(({ id }) => id));
    for (const [id, row] of rows) {
      if (kept.has(id)) continue;
      row.element.remove();
      row.element.classList.remove('fresh');
      rows.delete(id);
      spare.push(row);
    }
    let next = body.firstElementChild;
    for (const [position, marker] of markers.entries()) {
      let row = rows.get(marker.id);
      if (row === undefined) {
        row = spare.pop() ?? createRow(marker, looks, pictureOf);
        rows.set(marker.id, row);
      }
      row.fill(marker, wanted[position] ?? 0);
      row.refresh(style, moment);
      mark(row);
      if (row.element === next) next = next.nextElementSibling;
      else body.insertBefore(row.element, next);
    }
    if (active === undefined || !rows.has(active.id)) rows.get(markers[0]?.id ?? '')?.setTabStop(true);
  }

  function mark(row: Row): void {
    const isActive = row.marker.id === active?.id;
    row.setTabStop(isActive);
    row.element.setAttribute('aria-selected', String(isActive));
  }

  function showNews(count: number): void {
    news.hidden = count === 0;
    setText(news, count === 1 ? '1 new event' : `${count} new events`);
  }

  return {
    draw,
    tick(now) {
      moment = now;
      for (const row of rows.values()) row.refresh(style, moment);
    },
    setTimeStyle(next) {
      style = next;
      for (const row of rows.values()) row.refresh(style, moment);
    },
  };
}
