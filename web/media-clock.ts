import type { EpochMicroseconds, Microseconds } from '../src/clock.ts';
import { fromSeconds, toSeconds } from '../src/clock.ts';

/**
 * Maps dates to the player's own time (CLIENT, seconds as in `video.currentTime`) and back. Pure.
 *
 * The player decides where on its timeline a segment begins, and moves that whenever it likes: at a
 * discontinuity, after a reload of the source. So nothing is computed from an offset found once; the map is
 * read anew from the segments of every playlist.
 */

/** A segment (or the open one, as far as it is listed) as the player knows it. */
export interface TimedSegment {
  /** EXT-X-PROGRAM-DATE-TIME of its first frame. */
  readonly date: EpochMicroseconds;
  readonly duration: Microseconds;
  /** Player time of its first frame, in seconds, if the player has put it on its timeline. */
  readonly start: number | undefined;
  /** An EXT-X-DISCONTINUITY stands before it. */
  readonly discontinuity?: boolean;
}

/** A stretch of the timeline on which date and player time run side by side. */
export interface Span {
  readonly date: EpochMicroseconds;
  readonly duration: Microseconds;
  /** Player time of its beginning, in seconds. */
  readonly time: number;
  /** What shows before it is another run of the encoder. */
  readonly discontinuity?: boolean;
}

/** Spans in ascending order; empty when the player has put nothing on its timeline yet. */
export type MediaClock = readonly Span[];

/**
 * Reads the clock from listed segments, oldest first. Segments without a place of their own take it from
 * their nearest neighbour that has one, as the player itself will when it loads them.
 */
export function readMediaClock(segments: readonly TimedSegment[]): MediaClock {
  const first = segments.findIndex((segment) => segment.start !== undefined);
  if (first === -1) return [];
  const spans: Span[] = new Array(segments.length);
  let next = segments[first]?.start ?? 0;
  for (let index = first; index < segments.length; index += 1) {
    const { date, duration, start, discontinuity = false } = segments[index] as TimedSegment;
    const time = start ?? next;
    spans[index] = { date, duration, time, discontinuity };
    next = time + toSeconds(duration);
  }
  let before = (spans[first] as Span).time;
  for (let index = first - 1; index >= 0; index -= 1) {
    const { date, duration, discontinuity = false } = segments[index] as TimedSegment;
    before -= toSeconds(duration);
    spans[index] = { date, duration, time: before, discontinuity };
  }
  return spans;
}

/**
 * Player time, in seconds, of the frame shown at `date`; `undefined` before the first span or without a clock.
 * A date in a gap gives the end of the span before it; one past the last span is extrapolated.
 */
export function timeOf(clock: MediaClock, date: EpochMicroseconds): number | undefined {
  const index = lastWhere(clock, (span) => span.date <= date);
  const span = clock[index];
  if (span === undefined) return undefined;
  const into = date - span.date;
  return span.time + toSeconds(index === clock.length - 1 ? into : Math.min(into, span.duration));
}

/** The date at a player time in seconds; extrapolated on both sides, `undefined` without a clock. */
export function dateAt(clock: MediaClock, time: number): EpochMicroseconds | undefined {
  // Player times carry the rounding of many sums: half a microsecond must not fall into the span before.
  const index = lastWhere(clock, (span) => span.time <= time + 5e-7);
  const span = clock[Math.max(index, 0)];
  return span === undefined ? undefined : span.date + fromSeconds(time - span.time);
}

/** Date where the listed media ends. */
export function edgeDate(clock: MediaClock): EpochMicroseconds | undefined {
  const last = clock.at(-1);
  return last === undefined ? undefined : last.date + last.duration;
}

function lastWhere(clock: MediaClock, holds: (span: Span) => boolean): number {
  let low = 0;
  let high = clock.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(clock[middle] as Span)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
