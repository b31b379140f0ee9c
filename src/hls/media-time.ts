import { dateOf, type EpochMicroseconds, type Microseconds, ptsOf } from '../clock.ts';
import { frontLength } from './bisect.ts';
import type { MediaState, PartEntry, SegmentEntry } from './playlist-log.ts';

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
 * The PTS at this date by the listed media; undefined when nothing is listed. In a gap between runs it is
 * the PTS at which media goes on; before the first and behind the last one their clocks are extended.
 */
export function ptsAtDate(state: MediaState, date: EpochMicroseconds): Microseconds | undefined {
  const place = lastIndexFrom(state, (entry) => entry.date <= date);
  const listed = listedAt(state, Math.max(place, 0));
  if (listed === undefined) return undefined;
  const next = listedAt(state, place + 1);
  const beyond = date >= listed.date + listed.duration;
  return beyond && next !== undefined ? next.pts : ptsOf(listed, date);
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
