import type { Microseconds } from '../clock.ts';
import type { MediaState } from './playlist-log.ts';

/**
 * PTS where the list began, `within` µs of media ago: what ended before has been gone for longer. Counted in
 * media, for PTS may jump between runs. Undefined when no segment is listed.
 */
export function listedFrom(state: MediaState, within: Microseconds): Microseconds | undefined {
  let start = state.segments[0]?.pts;
  let left = within;
  for (const segment of state.removed.toReversed()) {
    if (left <= 0) break;
    start = segment.pts;
    left -= segment.duration;
  }
  return start === undefined ? undefined : start - Math.max(left, 0);
}
