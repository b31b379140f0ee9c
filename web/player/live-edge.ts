import type { EpochMicroseconds } from '../../src/clock.ts';
import { fromSeconds, toSeconds } from '../../src/clock.ts';

/** Where live is, and when playback that follows it must jump. Pure. */

/** What the playlist says about its live edge, fixed for an epoch; seconds. */
export interface PlaylistParameters {
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
export function latencyTarget({ partTarget, holdBack, partHoldBack }: PlaylistParameters): number {
  return (partTarget > 0 ? partHoldBack : holdBack) + PIPELINE;
}

/**
 * The date to show when going live: as old as the target, but never beyond what is listed (less a margin for
 * the next part to arrive) and never far behind it, however wrong the clock is.
 */
export function liveDate(
  parameters: PlaylistParameters,
  { now, edge, target }: { now: EpochMicroseconds; edge: EpochMicroseconds; target: number },
): EpochMicroseconds {
  const unit = parameters.partTarget > 0 ? parameters.partTarget : parameters.targetDuration;
  const newest = edge - fromSeconds(1.5 * unit);
  const oldest = edge - fromSeconds(latencyTarget(parameters));
  return Math.min(newest, Math.max(oldest, now - fromSeconds(target)));
}

/** Whether playback that follows the edge has fallen too far behind it. */
export function mustJump(
  parameters: PlaylistParameters,
  { shown, edge }: { shown: EpochMicroseconds; edge: EpochMicroseconds },
): boolean {
  return toSeconds(edge - shown) > latencyTarget(parameters) + JUMP;
}
