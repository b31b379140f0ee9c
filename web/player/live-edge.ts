import type { EpochMicroseconds } from '../../src/clock.ts';
import { fromSeconds, toSeconds } from '../../src/clock.ts';

/** Where live is, and when playback that follows it must jump. Pure. */

/** What the stream promises about its live edge; seconds. */
export interface EdgePromise {
  /** PART-TARGET; 0 when there are no parts. */
  readonly partTarget: number;
  readonly targetDuration: number;
  /** HOLD-BACK and PART-HOLD-BACK. */
  readonly holdBack: number;
  readonly partHoldBack: number;
}

/** Time from a frame being drawn to its part being listed, beyond the part itself: encoding and the way here. */
const PIPELINE = 0.12;
/** Further behind the edge than this, a jump is kinder than catching up at a higher rate. */
const JUMP = 6;

/** The latency to aim for, in seconds: PART-HOLD-BACK or, without parts, HOLD-BACK, and the pipeline. */
export function latencyTarget({ partTarget, holdBack, partHoldBack }: EdgePromise): number {
  return (partTarget > 0 ? partHoldBack : holdBack) + PIPELINE;
}

/**
 * The date to show when going live: as old as the target, but never beyond what is listed (less a margin for
 * the next part to arrive) and never far behind it, however wrong the clock is.
 */
export function liveDate(
  promise: EdgePromise,
  { now, edge, target }: { now: EpochMicroseconds; edge: EpochMicroseconds; target: number },
): EpochMicroseconds {
  const unit = promise.partTarget > 0 ? promise.partTarget : promise.targetDuration;
  const newest = edge - fromSeconds(1.5 * unit);
  const oldest = edge - fromSeconds(latencyTarget(promise));
  return Math.min(newest, Math.max(oldest, now - fromSeconds(target)));
}

/** Whether playback that follows the edge has fallen too far behind it. */
export function mustJump(
  promise: EdgePromise,
  { shown, edge }: { shown: EpochMicroseconds; edge: EpochMicroseconds },
): boolean {
  return toSeconds(edge - shown) > latencyTarget(promise) + JUMP;
}
