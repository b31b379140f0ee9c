import type { VhsPlaylist } from './vhs-playlist.ts';
import { listedDuration } from './vhs-playlist.ts';

/** Into the segment, so that rounding does not begin in the one before. Seconds. */
const MARGIN = 0.001;

/**
 * Where to begin playing a low-latency playlist: the beginning of the segment that lies PART-HOLD-BACK behind the
 * live edge, in seconds from the first one listed; undefined without parts. Pure.
 *
 * VHS 3.17 begins with the part that lies there, which is seldom an INDEPENDENT one, and then shows nothing until
 * the next segment begins. From the segment's own IDR frame on there is a picture at once.
 */
export function startPoint({
  segments = [],
  partTargetDuration,
  serverControl,
}: VhsPlaylist): number | undefined {
  const partHoldBack = serverControl?.partHoldBack;
  if (partTargetDuration === undefined || partHoldBack === undefined) return undefined;
  let end = segments.reduce((sum, segment) => sum + listedDuration(segment), 0);
  const aim = end - partHoldBack;
  for (const segment of segments.toReversed()) {
    end -= listedDuration(segment);
    if (end <= aim) return end + MARGIN;
  }
  return undefined;
}
