import { type EpochMicroseconds, fromSeconds, type Microseconds } from '../../src/clock.ts';

/** Two dates, the earlier first: what there is, or what is in view. */
export interface DateRange {
  readonly start: EpochMicroseconds;
  readonly end: EpochMicroseconds;
}

/**
 * What the viewer looks at: all there is; a stretch up to the live edge, which follows it; or a stretch that
 * stands still while time goes on. Pure.
 */
export type Look =
  | { readonly kind: 'all' }
  | { readonly kind: 'edge'; readonly span: number }
  | { readonly kind: 'still'; readonly start: EpochMicroseconds; readonly span: number };

/** Looks at everything. */
export const lookAtAll: Look = { kind: 'all' };

/** What the timeline shows before the viewer has chosen: what is loaded, where that is not all there is. */
export function firstLook(look: Look, loaded: DateRange, whole: DateRange): Look {
  const isAll = whole.start >= loaded.start && whole.end <= loaded.end;
  const isLive = loaded.end >= whole.end - fromSeconds(30);
  if (isAll) return look.kind === 'edge' ? lookAtAll : look;
  return isLive && look.kind !== 'still' ? { kind: 'edge', span: whole.end - loaded.start } : look;
}

/** The closest look: this many microseconds over the whole width. */
export const CLOSEST = 2e6;
/** An end within this share of the view from the live edge is meant to be there. */
const STICKY = 0.01;

/** The dates in view. What stands still is pushed on when the window's start reaches it. */
export function viewOf(look: Look, whole: DateRange): DateRange {
  const length = whole.end - whole.start;
  if (look.kind === 'all' || look.span >= length) return whole;
  if (look.kind === 'edge') return { start: whole.end - look.span, end: whole.end };
  const start = Math.min(Math.max(look.start, whole.start), whole.end - look.span);
  return { start, end: start + look.span };
}

/** The view `factor` times as long (below 1: closer), with `around` staying where it is. */
export function zoomed(look: Look, whole: DateRange, factor: number, around: EpochMicroseconds): Look {
  const view = viewOf(look, whole);
  const span = Math.max((view.end - view.start) * factor, CLOSEST);
  const place = (around - view.start) / Math.max(view.end - view.start, 1);
  return lookFrom(around - place * span, span, whole);
}

/** The view moved by `by` microseconds; forwards is positive. */
export function panned(look: Look, whole: DateRange, by: number): Look {
  const view = viewOf(look, whole);
  // All there is has nowhere to go, and stays all there is.
  if (look.kind === 'all') return look;
  return lookFrom(view.start + by, view.end - view.start, whole);
}

/** What stands this near to an end of the view is out of sight for whoever goes on that way, as a share of the view. */
const MARGIN = 1 / 20;

/** The view that shows `date` away from its ends, moved no further than needed; the same look if it does already. */
export function showing(look: Look, whole: DateRange, date: EpochMicroseconds): Look {
  const { start, end } = viewOf(look, whole);
  const margin = (end - start) * MARGIN;
  if (date < start + margin) return panned(look, whole, date - start - 2 * margin);
  return date > end - margin ? panned(look, whole, date - end + 2 * margin) : look;
}

/** Where the playhead was when the view was drawn last. */
export interface Sight {
  readonly look: Look;
  readonly date: EpochMicroseconds | undefined;
  /** When that was, on a clock that nobody sets. */
  readonly at: Microseconds;
  /** Whether it was in view. */
  readonly inside: boolean;
}

/** A playhead that moved so much further than by playing was sent there. */
const JUMP: Microseconds = fromSeconds(1);
/** The fastest that is played. */
const FASTEST = 2;

/**
 * The look that keeps the playhead in sight, which is at `date` now: when it leaves the view by itself, and when it is
 * sent to where the view does not reach. Only a viewer who moves the view leaves it behind.
 */
export function keptInSight(
  look: Look,
  whole: DateRange,
  { date, at }: Pick<Sight, 'date' | 'at'>,
  before: Sight | undefined,
): Sight {
  const { start, end } = viewOf(look, whole);
  const inside = date !== undefined && date >= start && date <= end;
  if (inside || date === undefined || before?.date === undefined) return { look, date, at, inside };
  const moved = date - before.date;
  // What catches up with the live edge is not sent anywhere, nor what played on while nothing was painted.
  const ahead = look.kind !== 'edge' && moved > FASTEST * (at - before.at) + JUMP;
  const left = before.inside && before.look === look;
  const follows = ahead || moved < -JUMP || left;
  return follows ? { look: showing(look, whole, date), date, at, inside: true } : { look, date, at, inside };
}

function lookFrom(start: EpochMicroseconds, span: number, whole: DateRange): Look {
  if (span >= whole.end - whole.start) return lookAtAll;
  if (start + span >= whole.end - STICKY * span) return { kind: 'edge', span };
  return { kind: 'still', start: Math.max(start, whole.start), span };
}
