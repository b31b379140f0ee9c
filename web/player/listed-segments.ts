import { toSeconds } from '../../src/clock.ts';
import type { MediaClock } from './media-clock.ts';
import type { ListedSegment } from './player-state.ts';
import type { VhsPlaylist } from './vhs-playlist.ts';

/** The whole segments of a playlist that hold something of a stretch of player time, in seconds. Pure. */
export function segmentsBetween(
  playlist: VhsPlaylist | undefined,
  clock: MediaClock,
  { from, to }: { readonly from: number; readonly to: number },
): ListedSegment[] {
  const segments = playlist?.segments ?? [];
  // Those before the first dated one have no place on the clock.
  const undated = segments.length - clock.length;
  return clock.flatMap(({ date, time, duration }, at): ListedSegment[] => {
    const { resolvedUri: uri, preload } = segments[at + undated] ?? {};
    if (uri === undefined || preload || time >= to || time + toSeconds(duration) <= from) return [];
    return [{ uri, date, end: date + duration }];
  });
}
