import type { EpochMicroseconds } from '../../src/clock.ts';
import { agoText, clockText, durationText, timecodeText } from '../dom/clock-text.ts';
import { setText } from '../dom/element.ts';
import { type EventLooks, wear } from '../markers/event-looks.ts';
import type { Marker } from '../markers/marker-list.ts';
import { ROW_HEIGHT } from './visible-rows.ts';

/** How the time column reads. */
export const timeStyles = ['clock', 'relative', 'timecode'] as const;

/** One of {@link timeStyles}. */
export type TimeStyle = (typeof timeStyles)[number];

/** What the looks of a row depend on besides its marker. Dates are unknown before the first picture. */
export interface Moment {
  readonly now: EpochMicroseconds;
  /** Date of the frame on screen. */
  readonly shown: EpochMicroseconds | undefined;
  /** Where the seekable window begins. */
  readonly start: EpochMicroseconds | undefined;
  /** Frames per second; 0 when unknown. */
  readonly frameRate: number;
}

/** One row of the table: made once, then filled with one marker after the other. */
export interface Row {
  readonly element: HTMLTableRowElement;
  marker: Marker;
  /** Shows this marker as the row of this number, counted from 0. */
  fill(marker: Marker, index: number): void;
  /** Brings up to date what depends on the moment. */
  refresh(style: TimeStyle, moment: Moment): void;
  /** Makes it the one row that the Tab key reaches, or not. */
  setTabStop(on: boolean): void;
}

/** An instant counts as under the playhead for this long. */
const INSTANT = 500_000;

/** Makes an empty row for `marker`. */
export function createRow(
  marker: Marker,
  looks: EventLooks,
  pictureOf: (id: string) => string | undefined,
): Row {
  const element = document.createElement('tr');
  element.setAttribute('role', 'row');
  const [time, second] = [span('main'), span('soft')];
  const [text, kind] = [span('text'), span('soft kind')];
  const duration = cell('duration');
  const what = cell('what', text, kind);
  const showPicture = pictureIn(what);
  element.append(cell('time', time, second), what, duration);

  const row: Row = {
    element,
    marker,
    fill(next, index) {
      row.marker = next;
      element.dataset.id = next.id;
      wear(element, looks.of(next.class));
      element.classList.toggle('ongoing', next.duration === null);
      element.style.transform = `translateY(${index * ROW_HEIGHT}px)`;
      // The first row is the (unseen) one of the headings.
      setAttribute(element, 'aria-rowindex', String(index + 2));
      // What a marker says is data from anywhere: text, never markup.
      setText(text, next.text);
      setText(duration, durationOf(next));
    },
    refresh(style, { now, shown, start, frameRate }) {
      const { date, pts, id } = row.marker;
      showPicture(pictureOf(id));
      const isOutside = isGone(row.marker, start);
      element.classList.toggle('outside', isOutside);
      setAttribute(element, 'aria-disabled', String(isOutside));
      const said = row.marker.frameLost === true ? 'Frame not recorded' : row.marker.class;
      setText(kind, isOutside ? 'No longer in the window' : said);
      const clock = clockText(date, true);
      const ago = agoText(now - date);
      setText(time, style === 'clock' ? clock : style === 'relative' ? ago : timecodeText(pts, frameRate));
      setText(second, style === 'clock' ? ago : clock);
      const isHere = shown !== undefined && covers(row.marker, shown);
      element.classList.toggle('here', isHere);
      if (isHere) setAttribute(element, 'aria-current', 'time');
      else element.removeAttribute('aria-current');
    },
    setTabStop(on) {
      const wanted = on ? 0 : -1;
      if (element.tabIndex !== wanted || !element.hasAttribute('tabindex')) element.tabIndex = wanted;
    },
  };
  return row;
}

/** Shows a picture at the end of an element, or none. */
function pictureIn(element: HTMLElement): (url: string | undefined) => void {
  let picture: HTMLImageElement | undefined;
  return (url) => {
    if (url === undefined) {
      picture?.remove();
      picture = undefined;
      return;
    }
    if (picture === undefined) {
      picture = document.createElement('img');
      // The text says what is in it.
      picture.alt = '';
      element.append(picture);
    }
    setAttribute(picture, 'src', url);
  };
}

/** Whether the first frame of an event lies before the window and cannot be shown any more. Pure. */
export function isGone({ date }: Pick<Marker, 'date'>, start: EpochMicroseconds | undefined): boolean {
  return start !== undefined && date < start;
}

/** Length of an event in words, empty for an instant. Pure. */
export function durationOf({ duration }: Pick<Marker, 'duration'>): string {
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
  td.setAttribute('role', 'gridcell');
  td.className = className;
  td.append(...children);
  return td;
}

function span(className: string): HTMLElement {
  const element = document.createElement('span');
  element.className = className;
  return element;
}

function setAttribute(element: HTMLElement, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
