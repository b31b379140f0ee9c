import { type EpochMicroseconds, fromSeconds, type Microseconds } from '../../src/clock.ts';
import type { Thumbnails } from '../api/thumbnails.ts';
import type { EventLooks } from '../markers/event-looks.ts';
import type { Marker } from '../markers/marker-list.ts';
import { fractionOf, type LiveRange, timeAt } from '../player/live-range.ts';
import { datesOf } from '../player/media-clock.ts';
import { listenToBar } from './bar-gestures.ts';
import { indexMarkers, type MarkerIndex } from './marker-index.ts';
import { layOutMarks, type Mark, markAt, type Scale } from './marks.ts';
import { type EventInks, eventInks, hatch, paintMarks, prepare, UNSEEN } from './paint-marks.ts';
import {
  dateOfTime,
  fillerAt,
  type MediaBreak,
  type MediaShape,
  noMedia,
  playerTime,
} from './timeline-segments.ts';
import { createTip, markersOf } from './tip.ts';

/**
 * Markers on the seek bar, on the bar's scale. They are painted, not laid out: moving an element for each
 * marker before each repaint cost the browser more than decoding the video.
 */
export interface BarMarks {
  /** Goes on top of the seek bar and takes the same width. */
  readonly element: HTMLElement;
  /** Shows these markers on this scale; called before each repaint, does nothing when nothing moved. */
  draw(index: MarkerIndex, media: MediaShape, range: LiveRange, time: number): void;
  /** Where a marker begins on the bar, 0 to 1; undefined if it is not on it. */
  placeOf(marker: Marker): number | undefined;
}

/** The pointer finds a marker this many pixels away; a finger is less exact. */
const REACH = 6;
const FINGER = 22;
/** Top and height of a bar, and the height of the layer that takes clicks, in pixels. */
const TOP = 8;
const HEIGHT = 16;
const LAYER = 28;
/** A break has no length on the bar, whose scale is the player's time; this much shows it. */
const BREAK = 8;
const SHAPE = { head: 4, apart: 2, widest: 30 };

/** Makes the layer; `pick` is called with the marker clicked. */
export function createBarMarks(
  pick: (marker: Marker) => void,
  thumbnails: Thumbnails,
  looks: EventLooks,
): BarMarks {
  const element = document.createElement('div');
  element.className = 'marks';
  const canvas = document.createElement('canvas');
  canvas.className = 'marks-canvas';
  const tip = createTip(looks);
  element.append(canvas, tip.element);
  let index: MarkerIndex = indexMarkers([]);
  let media: MediaShape = noMedia;
  let range: LiveRange = { start: 0, end: 0 };
  let marks: readonly Mark[] = [];
  let hovered: Mark | undefined;
  let painted: { index: MarkerIndex; media: MediaShape; range: LiveRange; width: number } | undefined;
  let inks: EventInks | undefined;
  let width = 0;
  new ResizeObserver(([entry]) => {
    width = entry?.contentRect.width ?? 0;
  }).observe(element);

  const gestures = listenToBar(element, {
    find: (x, finger) => markAt(marks, x, finger ? FINGER : REACH),
    first: (mark) => index.markers[mark.first],
    pick,
    look,
    leave() {
      tip.hide();
      highlight(undefined);
    },
    layer: LAYER,
  });

  function draw(next: MarkerIndex, shape: MediaShape, on: LiveRange, time: number): void {
    [index, media, range] = [next, shape, on];
    if (width > 0 && mustPaint()) {
      const id = hovered && painted?.index.markers[hovered.first]?.id;
      painted = { index, media, range, width };
      marks = layOutMarks(index, scale(), SHAPE);
      hovered = id === undefined ? undefined : marks.find(({ first }) => index.markers[first]?.id === id);
      paint();
    }
    gestures.tick(fractionOf(range, time) * width);
  }

  function mustPaint(): boolean {
    if (painted === undefined || painted.index !== index || painted.width !== width) return true;
    if (painted.media.breaks.length !== media.breaks.length) return true;
    if (painted.media.fillers !== media.fillers) return true;
    const unseen = (UNSEEN * Math.max(range.end - range.start, 1e-6)) / width;
    const { start, end } = painted.range;
    return Math.abs(start - range.start) >= unseen || Math.abs(end - range.end) >= unseen;
  }

  function place(date: EpochMicroseconds, pts?: Microseconds): number {
    const time = playerTime(media, date, pts);
    if (time === undefined) return Number.NaN;
    return ((time - range.start) / Math.max(range.end - range.start, 1e-6)) * width;
  }

  function scale(): Scale {
    const shown = datesOf(media.segments, range) ?? { start: 0, end: 0 };
    // What was marked just now is shown at once, at the live end, though the pictures of it are yet to come.
    const to = shown.end + fromSeconds(1);
    return { from: shown.start, to, width, x: (...moment) => Math.min(place(...moment), width) };
  }

  function paint(): void {
    const context = prepare(canvas, width + SHAPE.head, TOP * 2 + HEIGHT);
    if (context === undefined) return;
    inks ??= eventInks(element, looks);
    for (const { from, to } of media.fillers) {
      const [left, right] = [Math.max(0, place(from)), Math.min(width, place(to))];
      if (right > left) hatch(context, left, TOP - 2, right - left, HEIGHT + TOP + 2);
    }
    for (const { time } of media.breaks) {
      const x = fractionOf(range, time) * width;
      if (time > range.start && time < range.end)
        hatch(context, x - BREAK / 2, TOP - 2, BREAK, HEIGHT + TOP + 2);
    }
    paintMarks(context, marks, index.markers, inks, { top: TOP, height: HEIGHT, hovered });
  }

  /** Shows what is at `x`, in pixels from the left end of the bar. */
  function look(x: number, finger: boolean): void {
    const date = dateOfTime(media, timeAt(range, x / Math.max(width, 1)));
    if (date === undefined || width === 0) return;
    thumbnails.wake();
    const mark = markAt(marks, x, finger ? FINGER : REACH);
    highlight(mark);
    const markers = markersOf(mark, index.markers);
    const at = markers[0]?.date ?? date;
    const missing = mark === undefined ? breakAt(x) : undefined;
    const thumbnail = missing ? undefined : thumbnails.at(at);
    const filler = fillerAt(media, at);
    const count = mark?.count ?? 0;
    tip.show({ date, thumbnail, markers, count, missing, filler }, Math.max(mark?.x ?? x, 0));
  }

  function breakAt(x: number): MediaBreak | undefined {
    return media.breaks.find(({ time }) => Math.abs(fractionOf(range, time) * width - x) <= BREAK);
  }

  function highlight(mark: Mark | undefined): void {
    if (hovered === mark) return;
    hovered = mark;
    element.parentElement?.classList.toggle('on-mark', mark !== undefined);
    paint();
  }

  return {
    element,
    draw,
    placeOf(marker) {
      const x = place(marker.date, marker.pts);
      return Number.isNaN(x) || x < 0 || marker.date > scale().to ? undefined : Math.min(1, x / width);
    },
  };
}
