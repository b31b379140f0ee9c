import type { Microseconds } from '../clock.ts';
import { listedOpenParts, type MediaState, type PartEntry, type SegmentEntry } from './playlist-log.ts';

/** The newest media that is listed: a part of the open segment, else a closed one; undefined when nothing is. */
export function lastListed(state: MediaState): PartEntry | SegmentEntry | undefined {
  return listedOpenParts(state).at(-1) ?? state.segments.at(-1);
}

/** PTS where the newest listed media ends, or undefined when nothing is listed. */
export function liveEdge(state: MediaState): Microseconds | undefined {
  const last = lastListed(state);
  return last === undefined ? undefined : last.pts + last.duration;
}
