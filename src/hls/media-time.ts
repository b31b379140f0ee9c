import { type Anchor, dateOf, type EpochMicroseconds, type Microseconds, ptsOf } from '../clock.ts';
import { frontLength } from './bisect.ts';
import type { MediaState, PartEntry, SegmentEntry } from './playlist-log.ts';

/** Half of a millisecond: dates are written to the nearest one. */
const ROUNDED: Microseconds = 500;

/** What is this many target durations behind the last piece at most is about to come. */
const SOON = 5;

/** A listed piece of media: a Media Segment, or a Partial Segment of the open one. Each is its own anchor. */
export type ListedMedia = SegmentEntry | PartEntry;

/**
 * The date of this PTS by the listed media; undefined when nothing is listed. In a gap between runs it is
 * the date at which media goes on; before the first and behind the last one their clocks are extended.
 */
export function dateAtPts(state: MediaState, pts: Microseconds): EpochMicroseconds | undefined {
  const place = lastIndexFrom(state, (entry) => entry.pts <= pts);
  const listed = listedAt(state, Math.max(place, 0));
  if (listed === undefined) return undefined;
  const next = listedAt(state, place + 1);
  const beyond = pts >= listed.pts + listed.duration;
  return beyond && next !== undefined ? next.date : dateOf(listed, pts);
}

/**
 * The PTS at this date by the listed media; undefined when nothing is listed. A date that names several moments, since
 * the clock was set back, names the newest; one just behind the last piece is about to come. In a gap between runs it is
 * the PTS at which media goes on; before the first and behind the last one their clocks are extended.
 */
export function ptsAtDate(state: MediaState, date: EpochMicroseconds): Microseconds | undefined {
  const length = state.segments.length + state.openParts.length;
  const newest = listedAt(state, length - 1);
  if (newest === undefined) return undefined;
  const ahead = date - (newest.date + newest.duration);
  if (ahead >= 0 && ahead <= SOON * state.stream.targetDuration) return ptsWithin(newest, date);
  let goesOn: Microseconds | undefined;
  for (let index = length - 1, next = newest; index >= 0; index -= 1) {
    const listed = listedAt(state, index) as ListedMedia;
    if (hasBegun(listed, date) && date < listed.date + listed.duration) return ptsWithin(listed, date);
    if (date >= listed.date && date < next.date) goesOn ??= next.pts;
    next = listed;
  }
  const first = listedAt(state, 0) ?? newest;
  return goesOn ?? ptsOf(date >= newest.date ? newest : first, date);
}

/** Whether a piece of media has begun at this date; written to the millisecond its own date may be a little earlier. */
export function hasBegun({ date: begun }: Anchor, date: EpochMicroseconds): boolean {
  return date >= begun || (date % 1000 === 0 && begun - date <= ROUNDED);
}

/** The PTS at this date by a piece of media that has begun, the instant behind its end included. */
export function ptsWithin(media: Anchor & { duration: Microseconds }, date: EpochMicroseconds): Microseconds {
  const into = Math.max(0, date - media.date);
  const isEnd = date % 1000 === 0 && into > media.duration && into - media.duration <= ROUNDED;
  return media.pts + (isEnd ? media.duration : into);
}

function listedAt(state: MediaState, index: number): ListedMedia | undefined {
  const { segments, openParts } = state;
  return index < segments.length ? segments[index] : openParts[index - segments.length];
}

/** Index of the last one for which `holds`, or −1; it must hold for a front part of them only. */
function lastIndexFrom(state: MediaState, holds: (entry: ListedMedia) => boolean): number {
  const length = state.segments.length + state.openParts.length;
  return frontLength(length, (index) => holds(listedAt(state, index) as ListedMedia)) - 1;
}
