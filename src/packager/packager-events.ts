import type { Microseconds } from '../clock.ts';
import type { HlsStreamError } from '../errors.ts';
import type { FillerKind } from '../hls/filler.ts';

/** What happened, for the log. */
export type PackagerEvent =
  /** A run of the encoder begins at a PTS. */
  | { readonly type: 'run'; readonly run: string; readonly at: Microseconds; readonly pid?: number }
  /** The source is silent: the encoder is closed until it is back. */
  | { readonly type: 'stalled'; readonly seconds: number }
  /** The source is silent: this is shown until it is back. */
  | { readonly type: 'silent'; readonly seconds: number; readonly filler: FillerKind }
  /** The source is back after so long. */
  | { readonly type: 'back'; readonly seconds: number }
  /** Frame after frame came late: they are shown from now on as they come. */
  | { readonly type: 'anchored'; readonly seconds: number }
  | { readonly type: 'encoder-failed'; readonly error: unknown }
  /** The storage takes nothing, and why; said again when that is another reason. */
  | { readonly type: 'storage-failed'; readonly error: HlsStreamError }
  /** The storage takes media again, after so long. */
  | { readonly type: 'storage-back'; readonly seconds: number }
  /** The wall clock was set by so much, or the machine slept for so long: dates are others from now on. */
  | { readonly type: 'clock-set'; readonly seconds: number }
  /** Files of a process before this one that were never listed, or are no more. */
  | { readonly type: 'taken-up'; readonly unlisted: number; readonly delisted: number }
  | { readonly type: 'cleanup-failed'; readonly error: unknown };

/** Counts since the start. */
export interface PackagerCounts {
  /** Repeated frames: pictures sent once more because none came in time. */
  repeated: number;
  /** Pictures dropped because they came after a repeated frame with a later PTS, or while the encoder was away. */
  late: number;
  /** Real pictures that went into the encoder. */
  taken: number;
}
