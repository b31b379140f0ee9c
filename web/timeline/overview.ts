import { type EpochMicroseconds, fromMilliseconds, toEpochMilliseconds } from '../../src/clock.ts';
import type { Thumbnails } from '../api/thumbnails.ts';
import type { EventLooks } from '../markers/event-looks.ts';
import type { Marker } from '../markers/marker-list.ts';
import { type Cursor, cursorAt, cursorDate } from './cursor.ts';
import type { Mark, Scale } from './marks.ts';
import { createOverviewElements } from './overview-elements.ts';
import { findMark, layOutLanes, markOf, REACH } from './overview-find.ts';
import { listenToOverview, listenToOverviewKeys } from './overview-input.ts';
import { differs, type LaidOutLane, type PaintedFrom, paintOverview } from './overview-paint.ts';
import { nothingToSee, type OverviewState } from './overview-state.ts';
import { type EventInks, eventInks } from './paint-marks.ts';
import { fillerAt, type MediaBreak } from './timeline-segments.ts';
import { createTip, markersOf } from './tip.ts';
import {
  type DateRange,
  firstLook,
  keptInSight,
  type Look,
  lookAtAll,
  panned,
  type Sight,
  showing,
  viewOf,
  zoomed,
} from './view.ts';

/** What the viewer asks of the player through it. */
export interface OverviewRequests {
  pick(marker: Marker): void;
  seek(date: EpochMicroseconds): void;
  goLive(): void;
}

/** The wide timeline: a row for each class, over time of day; it zooms and pans. Drawing does nothing when nothing moved. */
export interface Overview {
  draw(state: OverviewState): void;
}

/** A finger finds a mark this many pixels away. */
const FINGER = 22;
/** A click this near to the live end means live, in pixels. */
const LIVE_ZONE = 6;
/** While the pointer rests, what is under it changes; looking again this often is enough, in milliseconds. */
const AGAIN = 200;
/** A tap leaves its tip for this long, in milliseconds. */
const LINGER = 2500;

/** Fills the section of the page. */
export function createOverview(
  section: HTMLElement,
  requests: OverviewRequests,
  thumbnails: Thumbnails,
  looks: EventLooks,
): Overview {
  const elements = createOverviewElements(section, {
    zoom: (factor) => zoomBy(factor),
    fit: () => turnTo(lookAtAll),
  });
  const { track, canvas } = elements;
  const tip = createTip(looks);
  track.append(tip.element);
  let state: OverviewState = nothingToSee;
  let chosen = false;
  let look: Look = lookAtAll;
  let seen: Sight | undefined;
  let size = { width: 0, height: 0 };
  let rows: readonly LaidOutLane[] = [];
  let painted: PaintedFrom | undefined;
  let hovered: Mark | undefined;
  let pointer: { x: number; y: number } | undefined;
  let cursor: Cursor | undefined;
  let lookedAt = 0;
  let inks: EventInks | undefined;
  new ResizeObserver(([entry]) => {
    if (entry) size = { width: entry.contentRect.width, height: entry.contentRect.height };
  }).observe(track);

  listenToOverview(track, {
    pan: (pixels) => turnTo(panned(look, state.whole, (pixels / size.width) * length())),
    zoom: (factor, x) => turnTo(zoomed(look, state.whole, factor, dateAt(x))),
    look(x, y) {
      pointer = { x, y };
      lookAtPlace(x, y, REACH);
    },
    leave,
    press(x, y, finger) {
      cursor = undefined;
      go(x, y, finger ? FINGER : REACH);
      if (!finger) return;
      lookAtPlace(x, y, FINGER);
      setTimeout(() => pointer === undefined && cursor === undefined && leave(), LINGER);
    },
    fit: () => turnTo(lookAtAll),
  });
  listenToOverviewKeys(track, {
    // The frame on screen may be newer than all that is known to be there.
    step: (share) =>
      moveCursor((cursorNow() ?? Math.min(state.date ?? Infinity, state.whole.end)) + share * length()),
    toEnd: (live) => moveCursor(live ? state.whole.end : state.whole.start),
    zoom: zoomBy,
    fit: () => turnTo(lookAtAll),
    enter,
    escape: dropCursor,
  });
  track.addEventListener('blur', dropCursor);

  function view(): DateRange {
    return viewOf(look, state.whole);
  }

  function length(): number {
    const { start, end } = view();
    return Math.max(end - start, 1);
  }

  function placeOf(date: EpochMicroseconds): number {
    return ((date - view().start) / length()) * size.width;
  }

  function dateAt(x: number): EpochMicroseconds {
    return Math.round(view().start + (x / Math.max(size.width, 1)) * length());
  }

  function turnTo(next: Look): boolean {
    chosen = true;
    const before = view();
    look = next;
    const { start, end } = view();
    return before.start !== start || before.end !== end;
  }

  /** Zooms round what matters most: the live end while it is followed, the cursor, the frame on screen. */
  function zoomBy(factor: number): void {
    const { start, end } = view();
    const inView = (date: number | undefined) =>
      date !== undefined && date >= start && date <= end ? date : undefined;
    const around =
      look.kind === 'edge' ? end : (inView(cursorNow()) ?? inView(state.date) ?? (start + end) / 2);
    turnTo(zoomed(look, state.whole, factor, around));
  }

  function enter(): void {
    const at = cursorNow();
    if (at !== undefined) go(placeOf(at), undefined, REACH);
  }

  function moveCursor(date: EpochMicroseconds): void {
    cursor = cursorAt(date, state.whole);
    const at = cursorDate(cursor, state.whole);
    look = showing(look, state.whole, at);
    lookAtPlace(placeOf(at), undefined, REACH);
    elements.describeCursor(cursor, hoveredMarkers());
  }

  function cursorNow(): EpochMicroseconds | undefined {
    return cursor === undefined ? undefined : cursorDate(cursor, state.whole);
  }

  function dropCursor(): void {
    cursor = undefined;
    leave();
  }

  function leave(): void {
    pointer = undefined;
    hovered = undefined;
    tip.hide();
  }

  function hoveredMarkers(): readonly Marker[] {
    const row = rows.find(({ marks }) => hovered !== undefined && marks.includes(hovered));
    return row === undefined ? [] : markersOf(hovered, row.lane.index.markers);
  }

  function lookAtPlace(x: number, y: number | undefined, reach: number): void {
    lookedAt = performance.now();
    thumbnails.wake();
    const date = dateAt(x);
    const found = findMark(rows, x, y, reach);
    hovered = found?.mark;
    const markers = found ? markersOf(found.mark, found.row.lane.index.markers) : [];
    const missing = found ? undefined : breakAt(date);
    const at = markers[0]?.date ?? date;
    const [thumbnail, filler] = [missing ? undefined : thumbnails.at(at), fillerAt(state.media, at)];
    tip.show({ date, thumbnail, markers, count: found?.mark.count ?? 0, missing, filler }, x);
  }

  function breakAt(date: EpochMicroseconds): MediaBreak | undefined {
    return state.media.breaks.find(({ from, to }) => date >= from && date < to);
  }

  function go(x: number, y: number | undefined, reach: number): void {
    const found = findMark(rows, x, y, reach);
    const marker = found?.row.lane.index.markers[found.mark.first];
    // The first frame of what began before the window is gone.
    if (marker !== undefined && marker.date >= state.whole.start) requests.pick(marker);
    else if (x >= placeOf(state.whole.end) - LIVE_ZONE) requests.goLive();
    else requests.seek(dateAt(x));
  }

  function draw(next: OverviewState): void {
    state = next;
    if (size.width < 1 || state.whole.end <= state.whole.start) return;
    if (!chosen) look = firstLook(look, state.loaded, state.whole);
    seen = keptInSight(
      look,
      state.whole,
      { date: state.date, at: fromMilliseconds(performance.now()) },
      seen,
    );
    look = seen.look;
    const shown = view();
    const now: PaintedFrom = { lanes: state.lanes, media: state.media, view: shown, size, hovered };
    if (painted === undefined || differs(painted, now)) {
      const scale: Scale = { from: shown.start, to: shown.end, width: size.width, x: placeOf };
      const id = hoveredMarkers()[0]?.id;
      rows = layOutLanes(state.lanes, scale, size.height);
      elements.names.draw(rows);
      hovered = id === undefined ? undefined : markOf(rows, id);
      inks ??= eventInks(track, looks);
      const zone = -new Date(toEpochMilliseconds(shown.start)).getTimezoneOffset();
      const { breaks, fillers } = state.media;
      paintOverview(canvas, {
        lanes: rows,
        scale,
        height: size.height,
        breaks,
        fillers,
        hovered,
        inks,
        zone,
      });
      painted = { ...now, hovered };
    }
    const at = cursorNow();
    elements.place({
      playhead: state.date === undefined ? undefined : placeOf(state.date),
      edge: placeOf(state.whole.end),
      cursor: at === undefined ? pointer?.x : placeOf(at),
      width: size.width,
    });
    elements.describe(look, state.whole, state.date, at);
    if (performance.now() - lookedAt < AGAIN) return;
    if (pointer !== undefined) lookAtPlace(pointer.x, pointer.y, REACH);
    else if (at !== undefined) lookAtPlace(placeOf(at), undefined, REACH);
  }

  return { draw };
}
