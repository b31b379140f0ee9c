/**
 * All clock arithmetic of the project, shared by server and viewer. Pure, but for {@link systemDate} and {@link within}.
 *
 * Inside the project every time is an integer number of microseconds: PTS on the stream's own clock
 * (monotone for the whole life of a stream), dates since the Unix epoch. Both fit a double exactly
 * (2^53 µs are 285 years). Seconds appear only at the borders (JSON, playlists, flags), milliseconds where timers and
 * the platform's clocks count in them. All conversions are here.
 */

declare const unit: unique symbol;

/**
 * A number that says what it counts. A plain number (a literal, a sum) fits each of them; one unit never stands where
 * another is asked for, which the compiler refuses.
 */
type Time<Unit extends string> = number & { readonly [unit]?: Unit };

/** A duration, or an instant on the stream's own clock (PTS), in integer microseconds. */
export type Microseconds = Time<'microseconds'>;

/** An absolute instant, in integer microseconds since the Unix epoch. */
export type EpochMicroseconds = Time<'microseconds since the Unix epoch'>;

/** A duration, or an instant on a monotonic clock, in milliseconds (any real), as timers take it. */
export type Milliseconds = Time<'milliseconds'>;

/** A duration or a PTS in seconds (any real), as written in JSON, playlists and flags. */
export type Seconds = Time<'seconds'>;

/** Where a run's PTS meets the calendar: the frame at `pts` was captured at `date`. */
export interface Anchor {
  readonly pts: Microseconds;
  readonly date: EpochMicroseconds;
}

/** Ticks a second of the media we write: one a microsecond. */
export const TIMESCALE = 1_000_000;

/** Seconds to the nearest microsecond. */
export function fromSeconds(seconds: Seconds): Microseconds {
  return Math.round(seconds * TIMESCALE);
}

/** Microseconds to seconds, as written in JSON and playlists. */
export function toSeconds(time: Microseconds): Seconds {
  return time / TIMESCALE;
}

/** Milliseconds to the nearest microsecond. */
export function fromMilliseconds(time: Milliseconds): Microseconds {
  return Math.round(time * 1000);
}

/** Microseconds to milliseconds, fractions kept. */
export function toMilliseconds(time: Microseconds): Milliseconds {
  return time / 1000;
}

/** Seconds to milliseconds, for timers. */
export function secondsToMilliseconds(time: Seconds): Milliseconds {
  return time * 1000;
}

/** Milliseconds to seconds, for messages, metrics and headers. */
export function millisecondsToSeconds(time: Milliseconds): Seconds {
  return time / 1000;
}

/** Nanoseconds, as Node measures its event loop, to milliseconds. */
export function nanosecondsToMilliseconds(time: number): Milliseconds {
  return time / TIMESCALE;
}

/** Milliseconds since the Unix epoch (as `Date.now()`, fractions allowed) to microseconds. */
export function fromEpochMilliseconds(milliseconds: number): EpochMicroseconds {
  return Math.round(milliseconds * 1000);
}

/** Microseconds since the Unix epoch to milliseconds (as `Date` takes them), fractions kept. */
export function toEpochMilliseconds(date: EpochMicroseconds): number {
  return date / 1000;
}

/** Microseconds since the Unix epoch to seconds, fractions kept. */
export function toEpochSeconds(date: EpochMicroseconds): number {
  return date / TIMESCALE;
}

/** The date now, by this machine's clock. */
export function systemDate(): EpochMicroseconds {
  return fromEpochMilliseconds(Date.now());
}

/** How long so many frames of a steady rate take, fractions kept: as a PTS it is to be rounded. */
export function timeOfTicks(ticks: number, frameRate: number): Microseconds {
  return (ticks * TIMESCALE) / frameRate;
}

/** How many frames of a steady rate a time spans, fractions kept. */
export function ticksIn(time: Microseconds, frameRate: number): number {
  return (time * frameRate) / TIMESCALE;
}

/** How many a second, when `count` took this long: frames, bits. */
export function perSecond(count: number, duration: Microseconds): number {
  return (count * TIMESCALE) / duration;
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
  return new Date(Math.round(toEpochMilliseconds(date))).toISOString();
}

/** Reads an ISO 8601 date with zone; `undefined` if it is not one. Fractions of a millisecond are kept. */
export function fromIsoDate(text: string): EpochMicroseconds | undefined {
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:?\d{2})$/.exec(text);
  if (match === null) return undefined;
  const [, second, fraction = '', zone = 'Z'] = match;
  const milliseconds = Date.parse(`${second}${zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return fromEpochMilliseconds(milliseconds) + fromSeconds(Number(`0.${fraction || '0'}`));
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
 * How what failed is begun again: the first and the longest pause, and how long it must have worked to be given the
 * first one again. In milliseconds.
 */
export const RESTART = { first: 250, longest: 10_000, worked: 10_000 } as const;

/**
 * Waits for `promise`, but at most `time` (`undefined`: as long as it takes); then `'late'`. The
 * promise goes on and can be waited for again.
 */
export function within<T>(promise: Promise<T>, time: Milliseconds | undefined): Promise<T | 'late'> {
  if (time === undefined) return promise;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve('late'), Math.max(0, time));
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
