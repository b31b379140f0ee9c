/**
 * All clock arithmetic of the project, shared by server and viewer. Pure, but for {@link within}.
 *
 * Inside the project every time is an integer number of microseconds: PTS on the stream's own clock
 * (monotone for the whole life of a stream), dates since the Unix epoch. Both fit a double exactly
 * (2^53 µs are 285 years). Seconds appear only at the borders: JSON, playlists, flags.
 */

/** A duration, or an instant on the stream's own clock (PTS), in integer microseconds. */
export type Microseconds = number;

/** An absolute instant, in integer microseconds since the Unix epoch. */
export type EpochMicroseconds = number;

/** Where a run's PTS meets the calendar: the frame at `pts` was captured at `date`. */
export interface Anchor {
  readonly pts: Microseconds;
  readonly date: EpochMicroseconds;
}

/** Microseconds in a second: also the timescale of the media we write. */
export const MICROSECONDS = 1_000_000;

/** Seconds (any real) to the nearest microsecond. */
export function fromSeconds(seconds: number): Microseconds {
  return Math.round(seconds * MICROSECONDS);
}

/** Microseconds to seconds, as written in JSON and playlists. */
export function toSeconds(time: Microseconds): number {
  return time / MICROSECONDS;
}

/** Milliseconds since the Unix epoch (as `Date.now()`, fractions allowed) to microseconds. */
export function fromEpochMilliseconds(milliseconds: number): EpochMicroseconds {
  return Math.round(milliseconds * 1000);
}

/** The date of a frame with this PTS, by the anchor of its run. */
export function dateOf(anchor: Anchor, pts: Microseconds): EpochMicroseconds {
  return anchor.date + (pts - anchor.pts);
}

/** The PTS at this date, by the anchor of a run. */
export function ptsOf(anchor: Anchor, date: EpochMicroseconds): Microseconds {
  return anchor.pts + (date - anchor.date);
}

/** ISO 8601 with milliseconds and zone, as EXT-X-PROGRAM-DATE-TIME wants it (RFC 8216 §4.3.2.6). */
export function toIsoDate(date: EpochMicroseconds): string {
  return new Date(Math.round(date / 1000)).toISOString();
}

/** Reads an ISO 8601 date with zone; `undefined` if it is none. Fractions of a millisecond are kept. */
export function fromIsoDate(text: string): EpochMicroseconds | undefined {
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:?\d{2})$/.exec(text);
  if (match === null) return undefined;
  const [, second, fraction = '', zone = 'Z'] = match;
  const milliseconds = Date.parse(`${second}${zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return milliseconds * 1000 + Math.round(Number(`0.${fraction || '0'}`) * MICROSECONDS);
}

/**
 * How long to wait before the next attempt: `first` after one failure, twice as long after each further one, at most
 * `longest`; nothing after none. In the unit of both.
 * @param failures in a row so far
 */
export function backOff(failures: number, first: number, longest: number): number {
  return failures < 1 ? 0 : Math.min(longest, first * 2 ** (failures - 1));
}

/**
 * Waits for `promise`, but at most `milliseconds` (`undefined`: as long as it takes); then `'late'`. The
 * promise goes on and can be waited for again.
 */
export function within<T>(promise: Promise<T>, milliseconds: number | undefined): Promise<T | 'late'> {
  if (milliseconds === undefined) return promise;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve('late'), Math.max(0, milliseconds));
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
