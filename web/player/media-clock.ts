import type { Anchor, EpochMicroseconds, Microseconds } from '../../src/clock.ts';
import { fromSeconds, toSeconds } from '../../src/clock.ts';
import { frontLength } from '../../src/hls/bisect.ts';

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
  /** Its Discontinuity Sequence Number: the run of the encoder that it belongs to. Without one they are counted. */
  readonly run?: number | undefined;
}

/** Where a run of the encoder meets the player's timeline: what was shown at `date` stands at `time`, in seconds. */
export interface RunPlace {
  readonly date: EpochMicroseconds;
  readonly time: number;
}

/** What is known of runs by their numbers, also of those none of whose loaded segments is listed any more. */
export type RunPlaces = ReadonlyMap<number, RunPlace>;

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

/** What is this far past the last span at most is about to come. */
const SOON = fromSeconds(20);

/** Two spans overlap by no more than this, in seconds, where only the rounding of dates and durations says so. */
const ROUNDING = 0.01;

/**
 * Reads the clock from listed segments, oldest first. Segments without a place of their own take it from their
 * nearest neighbour of the same run that has one; a run none of whose segments has one from `places`, or else from
 * the run beside it, as the player itself will when it loads them. Spans never overlap: where what is known
 * contradicts itself, the newer segments are believed.
 */
export function readMediaClock(segments: readonly TimedSegment[], places: RunPlaces = NOWHERE): MediaClock {
  const times: (number | undefined)[] = segments.map(({ start }) => start);
  const after = (at: number) => (times[at] as number) + toSeconds((segments[at] as TimedSegment).duration);
  const chain = (from: number, to: number) => {
    for (let at = from; at < to; at += 1) times[at] ??= after(at - 1);
  };
  const chainBack = (from: number, to: number) => {
    for (let at = to - 1; at >= from; at -= 1)
      times[at] ??= (times[at + 1] as number) - toSeconds((segments[at] as TimedSegment).duration);
  };
  const runs = runsOf(segments);
  for (const { from, to, run } of runs) {
    const known = times.findIndex((time, at) => at >= from && at < to && time !== undefined);
    const place = run === undefined ? undefined : places.get(run);
    if (known !== -1) chainBack(from, known);
    else if (place !== undefined)
      times[from] = place.time + toSeconds((segments[from] as TimedSegment).date - place.date);
    else continue;
    chain(from + 1, to);
  }
  const first = times.findIndex((time) => time !== undefined);
  if (first === -1) return [];
  chainBack(0, first);
  chain(first + 1, segments.length);
  return withoutOverlaps(segments, times as number[]);
}

const NOWHERE: RunPlaces = new Map();

/** Which segments, from one to before another, belong to one run. */
function runsOf(segments: readonly TimedSegment[]): { from: number; to: number; run: number | undefined }[] {
  const runs: { from: number; to: number; run: number | undefined }[] = [];
  for (const [at, { run, discontinuity }] of segments.entries()) {
    const last = runs.at(-1);
    if (last === undefined || discontinuity || run !== last.run) runs.push({ from: at, to: at + 1, run });
    else last.to = at + 1;
  }
  return runs;
}

/** Goes from the newest to the oldest: one that reaches a little into the next is cut, one that does so far is moved. */
function withoutOverlaps(segments: readonly TimedSegment[], times: readonly number[]): MediaClock {
  const spans: Span[] = new Array(segments.length);
  let limit = Number.POSITIVE_INFINITY;
  for (let at = segments.length - 1; at >= 0; at -= 1) {
    const { date, duration, discontinuity = false } = segments[at] as TimedSegment;
    const over = (times[at] as number) + toSeconds(duration) - limit;
    const isRounding = over <= Math.min(ROUNDING, toSeconds(duration) / 2);
    const time = isRounding ? (times[at] as number) : limit - toSeconds(duration);
    const cut = isRounding && over > 0 ? fromSeconds(over) : 0;
    spans[at] = { date, duration: duration - cut, time, discontinuity };
    limit = time;
  }
  return spans;
}

/**
 * Player time, in seconds, of the frame shown at `date`; `undefined` before the first span or without a clock.
 * A date that names several moments, since the clock was set back, names the newest, or the one nearest to `near`, in
 * seconds of player time. One in a gap gives the end of the span before it; one past the last span is extrapolated.
 */
export function timeOf(clock: MediaClock, date: EpochMicroseconds, near?: number): number | undefined {
  if (near !== undefined) {
    const named = clock.filter((span) => date >= span.date && date < span.date + span.duration);
    if (named.length > 1)
      return nearest(
        named.map((span) => span.time + toSeconds(date - span.date)),
        near,
      );
  }
  const last = clock.at(-1);
  if (last !== undefined && date >= last.date && date < last.date + last.duration + SOON)
    return last.time + toSeconds(date - last.date);
  let ended: number | undefined;
  for (let index = clock.length - 1; index >= 0; index -= 1) {
    const { date: from, duration, time } = clock[index] as Span;
    if (date < from) continue;
    if (date < from + duration) return time + toSeconds(date - from);
    if (date < (clock[index + 1]?.date ?? Number.NEGATIVE_INFINITY)) ended ??= time + toSeconds(duration);
  }
  return (
    ended ?? (last !== undefined && date >= last.date ? last.time + toSeconds(date - last.date) : undefined)
  );
}

/**
 * About where PTS 0 stands in the player's time, in seconds, by what the server says of the live edge: near enough to
 * tell the moments of one date apart. Undefined without either.
 */
export function timeOfPtsZero(clock: MediaClock, edge: Anchor | undefined): number | undefined {
  const time = edge && timeOf(clock, edge.date);
  return edge === undefined || time === undefined ? undefined : time - toSeconds(edge.pts);
}

/** The date at a player time in seconds; extrapolated on both sides, `undefined` without a clock. */
export function dateAt(clock: MediaClock, time: number): EpochMicroseconds | undefined {
  // Player times carry the rounding of many sums: half a microsecond must not fall into the span before.
  const index = lastWhere(clock, (span) => span.time <= time + 5e-7);
  const span = clock[Math.max(index, 0)];
  return span === undefined ? undefined : span.date + fromSeconds(time - span.time);
}

function nearest(times: readonly number[], near: number): number | undefined {
  return times.toSorted((a, b) => Math.abs(a - near) - Math.abs(b - near))[0];
}

/**
 * The earliest and the latest date of what shows from one player time on, up to another, in seconds; undefined where
 * nothing does. Not the first and the last one: the clock may have been set back in between.
 */
export function datesOf(
  clock: readonly Omit<Span, 'discontinuity'>[],
  { start, end = Number.POSITIVE_INFINITY }: { readonly start: number; readonly end?: number },
): { readonly start: EpochMicroseconds; readonly end: EpochMicroseconds } | undefined {
  let [earliest, latest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { date, duration, time } of clock) {
    const [from, to] = [Math.max(start, time), Math.min(end, time + toSeconds(duration))];
    if (from > to) continue;
    earliest = Math.min(earliest, date + fromSeconds(from - time));
    latest = Math.max(latest, date + fromSeconds(to - time));
  }
  return earliest > latest ? undefined : { start: earliest, end: latest };
}

/** Date where the listed media ends. */
export function edgeDate(clock: MediaClock): EpochMicroseconds | undefined {
  const last = clock.at(-1);
  return last === undefined ? undefined : last.date + last.duration;
}

function lastWhere(clock: MediaClock, holds: (span: Span) => boolean): number {
  return frontLength(clock.length, (index) => holds(clock[index] as Span)) - 1;
}
