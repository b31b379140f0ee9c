import { type EpochMicroseconds, fromSeconds, type Microseconds, type Seconds, toSeconds } from '../clock.ts';

/** One life of a stream's media sequence, as announced in the log {@link STREAMS_LOG}. All but its window never changes. */
export interface StreamEntry {
  readonly name: string;
  /** Short random id; part of every media URL. */
  readonly epoch: string;
  readonly startedAt: EpochMicroseconds;
  /** EXT-X-TARGETDURATION (rfc8216bis §4.4.3.1): whole seconds, in microseconds. */
  readonly targetDuration: Microseconds;
  /** PART-TARGET (rfc8216bis §4.4.3.7). */
  readonly partTarget: Microseconds;
  /** PART-HOLD-BACK (rfc8216bis §4.4.3.8). */
  readonly partHoldBack: Microseconds;
  /** HOLD-BACK. */
  readonly holdBack: Microseconds;
  /** How much media the Media Playlist lists. */
  readonly window: Microseconds;
  /** When the window was changed last, and this announced once more. */
  readonly renewedAt?: EpochMicroseconds;
}

/** The Skip Boundary: 6 × target, the least that is allowed (rfc8216bis §4.4.3.8). */
export function skipBoundary({ targetDuration }: StreamEntry): Microseconds {
  return 6 * targetDuration;
}

/** Log of announcements; the last one of a name is that stream's present epoch. */
export const STREAMS_LOG = 'streams';

/** How it stands in the log: EXT-X-TARGETDURATION as playlists write it, which stores of all versions hold. */
export interface LoggedStream extends Omit<StreamEntry, 'targetDuration'> {
  readonly targetDuration: Seconds;
}

/** The value to append to {@link STREAMS_LOG}. */
export function streamToLog(stream: StreamEntry): LoggedStream {
  return { ...stream, targetDuration: toSeconds(stream.targetDuration) };
}

/** What a value of {@link STREAMS_LOG} announces. */
export function streamFromLog(value: unknown): StreamEntry {
  const logged = value as LoggedStream;
  return { ...logged, targetDuration: fromSeconds(logged.targetDuration) };
}
