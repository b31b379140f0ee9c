import { type EpochMicroseconds, type Microseconds, TIMESCALE } from '../clock.ts';
import type { MediaState } from '../hls/playlist-log.ts';

/** A break that seems to be longer may only show that the clock was wrong before it. */
const LONG: Microseconds = 600 * TIMESCALE;

/**
 * How much time has gone by since what was listed last, by the wall clock. A machine without a clock of its own begins in
 * the past, and a run of then ends years before the next; so a long break is counted from the latest date that is known
 * and not yet to come, or all that is kept would be too old at once. Pure.
 * @param end date at which what was listed last ends
 * @param kept dates at which what is kept beyond the list ends
 */
export function elapsedSince(
  end: EpochMicroseconds,
  now: EpochMicroseconds,
  { segments }: Pick<MediaState, 'segments'>,
  kept: readonly EpochMicroseconds[] = [],
): Microseconds {
  const apparent = Math.max(0, now - end);
  if (apparent <= LONG) return apparent;
  let latest = end;
  const look = (date: EpochMicroseconds) => {
    if (date <= now) latest = Math.max(latest, date);
  };
  for (const { date, duration } of segments) look(date + duration);
  for (const date of kept) look(date);
  return now - latest;
}
