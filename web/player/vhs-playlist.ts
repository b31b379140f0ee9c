import type { EpochMicroseconds } from '../../src/clock.ts';
import { fromEpochMilliseconds, fromSeconds, toSeconds } from '../../src/clock.ts';
import type { TimedSegment } from './media-clock.ts';

/** The little we read of VHS's own playlist objects (video.js has no types for them). */
export interface VhsPlaylist {
  readonly endList?: boolean;
  readonly mediaSequence?: number;
  readonly targetDuration?: number;
  /** Only in a low-latency playlist. */
  readonly partTargetDuration?: number;
  /** When it was fetched, in milliseconds since the Unix epoch by the browser's clock. */
  readonly lastRequest?: number;
  /** EXT-X-SERVER-CONTROL: CAN-SKIP-UNTIL and PART-HOLD-BACK in seconds. */
  readonly serverControl?: { readonly canSkipUntil?: number; readonly partHoldBack?: number };
  readonly segments?: readonly VhsSegment[];
  /** EXT-X-START, with a TIME-OFFSET in seconds; VHS heeds it when it begins to play. */
  start?: { readonly timeOffset: number };
}

/** A segment of VHS: `start` and `end` are player time, set once (some of) it was loaded. */
export interface VhsSegment {
  readonly dateTimeObject?: Date;
  readonly duration?: number;
  readonly start?: number;
  readonly end?: number;
  /** An EXT-X-DISCONTINUITY stands before it. */
  readonly discontinuity?: boolean;
  /** Its Discontinuity Sequence Number. */
  readonly timeline?: number;
  /** The open segment, known by its parts; its `duration` is only a guess. */
  readonly preload?: boolean;
  /** Where it is fetched; not of the open one. */
  readonly resolvedUri?: string;
  readonly parts?: readonly VhsPart[];
}

/** What is listed of a segment, in seconds. */
export function listedDuration({ preload, parts = [], duration = 0 }: VhsSegment): number {
  return preload ? sum(parts) : duration;
}

/** A Partial Segment of VHS. */
export interface VhsPart {
  readonly duration: number;
  readonly start?: number;
}

/** What a loaded segment's own length may differ from the playlist's, in seconds. */
const SAME = 0.01;

/** The segments of a playlist as the media clock wants them; those before the first dated one are left out. */
export function timedSegments(playlist: VhsPlaylist | undefined): TimedSegment[] {
  const timed: TimedSegment[] = [];
  let next: EpochMicroseconds | undefined;
  for (const segment of playlist?.segments ?? []) {
    const date =
      segment.dateTimeObject === undefined ? next : fromEpochMilliseconds(segment.dateTimeObject.getTime());
    if (date === undefined) continue;
    const duration = fromSeconds(listedDuration(segment));
    const discontinuity = segment.discontinuity === true;
    const start = startOf(segment, toSeconds(duration));
    timed.push({ date, duration, start, discontinuity, run: segment.timeline });
    next = date + duration;
  }
  return timed;
}

/**
 * Where the segment begins on the player's timeline. Its own `start` is wrong when it was joined midway, so it
 * counts only if the whole segment was loaded; any loaded part says it too.
 */
function startOf({ start, end, preload, parts }: VhsSegment, duration: number): number | undefined {
  const known = parts?.findIndex((part) => part.start !== undefined) ?? -1;
  const part = parts?.[known];
  if (parts !== undefined && part?.start !== undefined) return part.start - sum(parts.slice(0, known));
  if (preload || start === undefined || end === undefined) return undefined;
  return Math.abs(end - start - duration) < SAME ? start : undefined;
}

function sum(parts: readonly VhsPart[]): number {
  return parts.reduce((total, part) => total + part.duration, 0);
}
