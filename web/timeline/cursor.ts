import type { EpochMicroseconds } from '../../src/clock.ts';
import type { DateRange } from './view.ts';

/**
 * Where the keys' cursor stands on the overview: at a date, or at the live end, where it stays while that moves on,
 * until it is moved itself. Pure.
 */
export type Cursor = EpochMicroseconds | 'live';

/** The cursor when it is put at `date`: within all there is, and at or beyond the end of that it is at the live one. */
export function cursorAt(date: EpochMicroseconds, whole: DateRange): Cursor {
  return date >= whole.end ? 'live' : Math.max(date, whole.start);
}

/** The date at which it stands now; what has left the window pushes it on. */
export function cursorDate(cursor: Cursor, whole: DateRange): EpochMicroseconds {
  return cursor === 'live' ? whole.end : Math.max(cursor, whole.start);
}
