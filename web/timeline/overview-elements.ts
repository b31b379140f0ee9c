import { type EpochMicroseconds, fromSeconds } from '../../src/clock.ts';
import { clockText } from '../dom/clock-text.ts';
import { className as nameOfClass } from '../markers/event-looks.ts';
import type { MarkerList } from '../markers/marker-list.ts';
import type { Cursor } from './cursor.ts';
import type { LaidOutLane } from './overview-paint.ts';
import { UNSEEN } from './paint-marks.ts';
import { markerWords } from './tip.ts';
import type { DateRange, Look } from './view.ts';

/** The elements of the overview, and what they say. */
export interface OverviewElements {
  /** Takes pointer and keys. */
  readonly track: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly names: LaneNames;
  /** Puts the lines where they belong, in pixels; undefined hides one. */
  place(lines: {
    playhead: number | undefined;
    edge: number;
    cursor: number | undefined;
    width: number;
  }): void;
  /** Says where the cursor is, and what is there. */
  describeCursor(cursor: Cursor, markers: MarkerList): void;
  /** Keeps what assistive technology reads, and the buttons, in step with the view. */
  describe(
    look: Look,
    whole: DateRange,
    date: EpochMicroseconds | undefined,
    cursor: number | undefined,
  ): void;
}

/** What the buttons ask. */
export interface OverviewButtons {
  zoom(factor: number): void;
  fit(): void;
}

/** Fills the section: a head for the legend, with buttons, and the timeline itself. */
export function createOverviewElements(section: HTMLElement, buttons: OverviewButtons): OverviewElements {
  const head = make('div', 'overview-head');
  const zoom = make('div', 'overview-zoom');
  zoom.setAttribute('role', 'group');
  zoom.setAttribute('aria-label', 'Zoom');
  const out = button('zoom-out', 'Zoom out', () => buttons.zoom(2));
  const into = button('zoom-in', 'Zoom in', () => buttons.zoom(1 / 2));
  const fit = button('zoom-fit', 'Show all', () => buttons.fit());
  fit.textContent = 'All';
  zoom.append(out, into, fit);
  head.append(zoom);
  const track = make('div', 'overview-track');
  track.tabIndex = 0;
  track.setAttribute('role', 'slider');
  track.setAttribute('aria-label', 'Timeline of the whole window');
  track.setAttribute('aria-valuemin', '0');
  track.setAttribute('aria-valuemax', '100');
  // Time runs to the right in every script.
  track.dir = 'ltr';
  const canvas = document.createElement('canvas');
  canvas.className = 'overview-canvas';
  const [playhead, edge, cursor] = ['playhead', 'edge', 'cursor'].map((name) =>
    make('div', `overview-line ${name}`),
  ) as [HTMLElement, HTMLElement, HTMLElement];
  const clip = make('div', 'overview-clip');
  clip.append(canvas, edge, cursor, playhead);
  track.append(clip);
  const names = createLaneNames();
  const body = make('div', 'overview-body');
  body.append(names.element, track);
  section.append(head, body);
  let said = 0;

  return {
    track,
    canvas,
    names,
    place(lines) {
      line(playhead, lines.playhead, lines.width);
      line(edge, lines.edge, lines.width);
      line(cursor, lines.cursor, lines.width);
    },
    describeCursor(at, markers) {
      const where = at === 'live' ? 'Live' : clockText(at, true);
      track.setAttribute('aria-valuetext', [where, ...markers.map(markerWords)].join(', '));
    },
    describe(look, whole, date, at) {
      set(section, look.kind);
      const value = at ?? date;
      // Assistive technology is told about once a second, and at once of what the viewer does.
      if (value === undefined || (at === undefined && Math.abs(value - said) < fromSeconds(1))) return;
      said = value;
      const share = ((value - whole.start) / Math.max(whole.end - whole.start, 1)) * 100;
      const now = Math.min(Math.max(share, 0), 100).toFixed(1);
      if (track.getAttribute('aria-valuenow') !== now) track.setAttribute('aria-valuenow', now);
      if (at === undefined) track.setAttribute('aria-valuetext', clockText(value));
    },
  };

  function set(element: HTMLElement, look: Look['kind']): void {
    if (element.dataset.look === look) return;
    element.dataset.look = look;
    fit.setAttribute('aria-pressed', String(look === 'all'));
  }
}

function line(element: HTMLElement, x: number | undefined, width: number): void {
  const hidden = x === undefined || x < -1 || x > width + 1;
  if (element.hidden !== hidden) element.hidden = hidden;
  if (hidden) return;
  const transform = `translateX(${Math.round(Math.min(x, width - 1) / UNSEEN) * UNSEEN}px)`;
  if (element.style.transform !== transform) element.style.transform = transform;
}

function button(className: string, label: string, act: () => void): HTMLButtonElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = className;
  made.title = label;
  made.setAttribute('aria-label', label);
  made.addEventListener('click', act);
  return made;
}

function make(tag: string, className: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}

/** The names of the overview's rows, beside them. One row needs none. */
interface LaneNames {
  readonly element: HTMLElement;
  /** Names these rows. Does little when nothing changed. */
  draw(rows: readonly LaidOutLane[]): void;
}

/** Makes the column. The legend tells assistive technology the same. */
function createLaneNames(): LaneNames {
  const element = document.createElement('div');
  element.className = 'lane-names';
  element.setAttribute('aria-hidden', 'true');
  let drawn = '';
  return {
    element,
    draw(rows) {
      const named = rows.length < 2 ? [] : rows;
      const key = JSON.stringify(named.map(({ lane, top, height }) => [lane.kinds, top, height]));
      if (key === drawn) return;
      drawn = key;
      element.replaceChildren(...named.map(nameOf));
    },
  };
}

function nameOf({ lane, top, height }: LaidOutLane): HTMLElement {
  const element = document.createElement('bdi');
  element.className = 'lane-name';
  // Classes are data from anywhere: text, never markup.
  element.textContent = lane.kinds.map(nameOfClass).join(', ');
  element.title = element.textContent;
  element.style.top = `${top}px`;
  element.style.height = `${height}px`;
  element.style.lineHeight = `${height}px`;
  return element;
}
