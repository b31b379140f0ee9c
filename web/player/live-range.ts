/**
 * The one scale that seek bar, handle and markers share, in player time (seconds). Pure.
 */
export interface LiveRange {
  readonly start: number;
  readonly end: number;
}

/** What is known of the seekable media; all in player time, seconds. */
export interface Seekable {
  /** Where the first listed segment begins. */
  readonly first: number;
  /** Where the listed media ends. */
  readonly edge: number;
  /** Where playback stands when it is live: a little before the edge. Without it the edge counts. */
  readonly live?: number | undefined;
  /** How much the playlist is meant to hold. */
  readonly window: number;
}

/**
 * The range shown. Both ends glide: the playlist grows by parts and shrinks by segments, but the live point
 * moves with the clock, and the start follows the edge at the window's length.
 */
export function liveRange({ first, edge, live = edge, window }: Seekable): LiveRange {
  const end = Math.min(edge, Math.max(live, first));
  const start = Math.min(Math.max(first, edge - window), end);
  return { start, end };
}

/** Where a player time stands on the scale, 0 to 1; 0 on an empty scale. */
export function fractionOf({ start, end }: LiveRange, time: number): number {
  if (end <= start) return 0;
  return Math.min(1, Math.max(0, (time - start) / (end - start)));
}

/** The player time at a place on the scale, 0 to 1. */
export function timeAt({ start, end }: LiveRange, fraction: number): number {
  return start + Math.min(1, Math.max(0, fraction)) * (end - start);
}
