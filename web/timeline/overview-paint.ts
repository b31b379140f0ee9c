import type { Filler } from '../api/stream-info.ts';
import { fractionOf } from '../player/live-range.ts';
import type { Lane } from './lanes.ts';
import type { Mark, Scale } from './marks.ts';
import { type EventInks, hatch, paintMarks, prepare, UNSEEN } from './paint-marks.ts';
import { ticksOf } from './ticks.ts';
import type { MediaBreak, MediaShape } from './timeline-segments.ts';
import type { DateRange } from './view.ts';

/** A lane with its marks laid out for the view, and where it lies; CSS pixels. */
export interface LaidOutLane {
  readonly lane: Lane;
  readonly marks: readonly Mark[];
  readonly top: number;
  readonly height: number;
}

/** All that one picture of the overview shows. */
export interface OverviewPicture {
  readonly lanes: readonly LaidOutLane[];
  readonly scale: Scale;
  readonly height: number;
  readonly breaks: readonly MediaBreak[];
  readonly fillers: readonly Filler[];
  readonly hovered: Mark | undefined;
  readonly inks: EventInks;
  /** Minutes to add to UTC for the viewer's time of day. */
  readonly zone: number;
}

/** What a picture was painted from; sizes in pixels. */
export interface PaintedFrom {
  readonly lanes: readonly Lane[];
  readonly media: MediaShape;
  readonly view: DateRange;
  readonly size: { readonly width: number; readonly height: number };
  readonly hovered: Mark | undefined;
}

/** Whether another picture is worth painting. */
export function differs(before: PaintedFrom, now: PaintedFrom): boolean {
  const { lanes, media, view, size, hovered } = now;
  if (before.lanes !== lanes || before.size !== size || before.hovered !== hovered) return true;
  if (before.media.breaks.length !== media.breaks.length || before.media.fillers !== media.fillers)
    return true;
  const unseen = (UNSEEN * (view.end - view.start)) / size.width;
  return Math.abs(before.view.start - view.start) > unseen || Math.abs(before.view.end - view.end) > unseen;
}

/** Height of the time axis above the lanes, and the room round them, in pixels. */
export const AXIS = 24;
const PADDING = 5;
/** A lane is at most this high: more would look empty. */
const HIGHEST = 40;
/** Room between two lanes. */
const GUTTER = 3;
/** A label of the axis takes this much. */
const LABEL = 86;
/** Least width of a gap: it must be seen from any distance. */
const NARROWEST = 3;

/** Where the lanes lie in a canvas of this height, the first on top. */
export function laneBoxes(count: number, height: number): readonly { top: number; height: number }[] {
  const room = height - AXIS - 2 * PADDING;
  const each = Math.min(HIGHEST, room / Math.max(count, 1));
  const top = AXIS + PADDING + (room - each * count) / 2;
  return Array.from({ length: count }, (_, at) => ({ top: top + at * each, height: each - GUTTER }));
}

/** Paints the picture. */
export function paintOverview(canvas: HTMLCanvasElement, picture: OverviewPicture): void {
  const { scale, height, lanes, breaks, fillers } = picture;
  const context = prepare(canvas, scale.width, height);
  if (context === undefined) return;
  context.fillStyle = 'rgb(255 255 255 / 4%)';
  for (const { top, height: each } of lanes) context.fillRect(0, top, scale.width, each);
  paintAxis(context, picture);
  for (const { from, to } of [...fillers, ...breaks]) {
    if (to < scale.from || from > scale.to) continue;
    const x = scale.x(Math.max(from, scale.from));
    const width = Math.max(scale.x(Math.min(to, scale.to)) - x, NARROWEST);
    hatch(context, x, AXIS, width, height - AXIS);
  }
  for (const { lane, marks, top, height: each } of lanes) {
    const row = { top, height: each, hovered: picture.hovered };
    paintMarks(context, marks, lane.index.markers, picture.inks, row);
  }
}

function paintAxis(context: CanvasRenderingContext2D, { scale, height, zone }: OverviewPicture): void {
  context.font = '11px system-ui, sans-serif';
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  const range = { start: scale.from, end: scale.to };
  for (const { date, label } of ticksOf(range, LABEL / scale.width, zone)) {
    const x = Math.round(fractionOf(range, date) * scale.width) + 0.5;
    context.fillStyle = label === undefined ? 'rgb(255 255 255 / 5%)' : 'rgb(255 255 255 / 11%)';
    context.fillRect(x - 0.5, label === undefined ? AXIS : 4, 1, height);
    if (label === undefined || x + LABEL * 0.7 > scale.width) continue;
    context.fillStyle = '#a3aebd';
    context.fillText(label, x + 5, AXIS / 2);
  }
}
