import {
  type Anchor,
  type EpochMicroseconds,
  fromSeconds,
  type Microseconds,
  toIsoDate,
  toSeconds,
} from '../../src/clock.ts';
import type { StreamInfo } from '../api/stream-info.ts';
import type { PlayerSource } from '../player/player-state.ts';

/** What a page plays of a stream: the live playlist, or an hour of what is kept. Pure. */

/** How much is played at once of what is kept, around the moment that was asked for. */
const AROUND: Microseconds = fromSeconds(1800);

/** Where a moment is to be found. */
export type Place = 'live' | 'kept' | 'gone' | 'ahead';

/** Where the moment of a date is to be found now. */
export function placeOf({ start, edge, keptFrom }: StreamInfo, date: EpochMicroseconds): Place {
  // Since the clock was set back what is older may have the later dates.
  const isLater = (older: Anchor | undefined) =>
    older !== undefined && edge !== undefined && older.date > edge.date;
  const isPastEdge = edge !== undefined && date >= edge.date;
  if (isPastEdge && !isLater(start) && !isLater(keptFrom)) return 'ahead';
  // Dates in links are cut to a millisecond.
  if (start !== undefined && date >= start.date - 1000) return 'live';
  if (isLater(start) && !isPastEdge) return 'live';
  return keptFrom !== undefined && date >= keptFrom.date - 1000 ? 'kept' : 'gone';
}

/** What to play for a moment that is kept: the time around it, up to what there is. */
export function keptSource(stream: StreamInfo, date: EpochMicroseconds): PlayerSource {
  const { edge, keptFrom } = stream;
  const from = Math.max(date - AROUND, keptFrom?.date ?? 0);
  const to = Math.min(date + AROUND, edge?.date ?? Number.POSITIVE_INFINITY);
  const query = new URLSearchParams({ start: toIsoDate(from), end: toIsoDate(to) });
  return {
    ...{ ...stream, partTarget: 0 },
    playlist: `${stream.playlist}?${query}`,
    // All of it, however long its last segment is.
    window: toSeconds(to - from) + 2 * stream.targetDuration,
  };
}
