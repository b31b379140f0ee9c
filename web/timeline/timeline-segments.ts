import type { Anchor, EpochMicroseconds, Microseconds } from '../../src/clock.ts';
import { fromSeconds, toSeconds } from '../../src/clock.ts';
import type { Filler } from '../api/stream-info.ts';
import { type MediaClock, timeOfPtsZero } from '../player/media-clock.ts';

/**
 * The media clock in as few pieces as it really has: of a stream without a break it is one, however many segments are
 * listed. What draws before each repaint asks this and not them. Pure.
 */
export interface TimelineSegment {
  readonly date: EpochMicroseconds;
  readonly duration: Microseconds;
  /** Player time of its beginning, in seconds. */
  readonly time: number;
}

/** Where the media breaks off, and where it goes on: a gap, or `from` = `to` where only the pictures jump. */
export interface MediaBreak {
  readonly from: EpochMicroseconds;
  readonly to: EpochMicroseconds;
  /** Player time at which it goes on, in seconds. */
  readonly time: number;
}

/** Segments of the timeline and breaks, both ascending. */
export interface MediaShape {
  readonly segments: readonly TimelineSegment[];
  readonly breaks: readonly MediaBreak[];
  /** Where there is media, but no pictures of the source. */
  readonly fillers: readonly Filler[];
  /** About where PTS 0 stands in the player's time, in seconds; undefined where the server did not say. */
  readonly ptsZero: number | undefined;
}

/** Program dates are exact to a millisecond, so this far a segment may stand from where sums say, in seconds. */
const SAME = 0.002;
/** Less missing than this is a matter of rounding, not a gap, in microseconds. */
const GAP = 100_000;

/** Nothing known yet. */
export const noMedia: MediaShape = { segments: [], breaks: [], fillers: [], ptsZero: undefined };

/** Joins the spans that run on. @param edge what the server says of the live edge */
export function shapeOf(clock: MediaClock, fillers: readonly Filler[] = [], edge?: Anchor): MediaShape {
  const segments: TimelineSegment[] = [];
  const breaks: MediaBreak[] = [];
  let open: { date: number; duration: number; time: number } | undefined;
  for (const { date, duration, time, discontinuity } of clock) {
    if (open !== undefined) {
      const end = open.date + open.duration;
      const apart = Math.abs(time - open.time - toSeconds(date - open.date));
      const gap = Math.abs(date - end) > GAP || Math.abs(time - open.time - toSeconds(open.duration)) > 0.1;
      if (gap || discontinuity) breaks.push({ from: Math.min(end, date), to: date, time });
      else if (apart <= SAME) {
        open.duration = date + duration - open.date;
        continue;
      }
    }
    open = { date, duration, time };
    segments.push(open);
  }
  return { segments, breaks, fillers, ptsZero: timeOfPtsZero(clock, edge) };
}

/** The filler at a date; undefined where the source's own pictures are. */
export function fillerAt({ fillers }: MediaShape, date: EpochMicroseconds): Filler | undefined {
  return fillers.find(({ from, to }) => date >= from && date < to);
}

/**
 * Player time at a date, in seconds: extrapolated on both sides, and in a gap where the media goes on; the newest where a
 * date names several moments, since the clock was set back, or the one of this PTS. Undefined without media.
 */
export function playerTime(
  { segments, ptsZero }: MediaShape,
  date: EpochMicroseconds,
  pts?: Microseconds,
): number | undefined {
  const near = pts === undefined || ptsZero === undefined ? Infinity : ptsZero + toSeconds(pts);
  const holds = nearestHolder(segments, date, near);
  const begun = holds === -1 ? segments.findLastIndex((one) => one.date <= date) : holds;
  const at = Math.max(0, begun);
  const segment = segments[at];
  if (segment === undefined) return undefined;
  const into = date - segment.date;
  return segment.time + toSeconds(at === segments.length - 1 ? into : Math.min(into, segment.duration));
}

/** Which piece holds a date; of several the one where it stands nearest to a player time. -1 if none does. */
function nearestHolder(segments: readonly TimelineSegment[], date: EpochMicroseconds, near: number): number {
  let holds = -1;
  let least = Infinity;
  for (const [at, one] of segments.entries()) {
    if (date < one.date || date >= one.date + one.duration) continue;
    const away = Math.abs(one.time + toSeconds(date - one.date) - near);
    if (holds !== -1 && away > least) continue;
    [holds, least] = [at, away];
  }
  return holds;
}

/** The date at a player time in seconds: extrapolated on both sides; undefined without media. */
export function dateOfTime({ segments }: MediaShape, time: number): EpochMicroseconds | undefined {
  let segment = segments[0];
  for (const next of segments) if (next.time <= time + 5e-7) segment = next;
  return segment === undefined ? undefined : segment.date + fromSeconds(time - segment.time);
}
