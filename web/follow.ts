import type { EpochMicroseconds } from '../src/clock.ts';
import { type EdgePromise, mustJump } from './live-edge.ts';
import { type RateState, stepRate } from './rate-controller.ts';

/** What playback does about its distance to the live edge. Pure. */

/** How playback stands; seconds, but for the dates. */
export interface Playhead {
  /** Playback follows the edge and is neither seeking nor at the end of an ended stream. */
  readonly following: boolean;
  /** The playlist has parts: only then is there a buffer thin enough to be worth steering. */
  readonly lowLatency: boolean;
  readonly latency: number;
  /** Media buffered ahead. */
  readonly ahead: number;
  /** Since the step before. */
  readonly elapsed: number;
  readonly shown: EpochMicroseconds;
  readonly edge: EpochMicroseconds;
}

/** The next step: jump to live, or play at `playbackRate`. */
export interface Step {
  readonly rate: RateState;
  readonly playbackRate: number;
  readonly jump: boolean;
}

/** Decides the next step. */
export function follow(promise: EdgePromise, rate: RateState, head: Playhead): Step {
  if (!head.following) return { rate, playbackRate: 1, jump: false };
  if (mustJump(promise, head)) return { rate, playbackRate: 1, jump: true };
  if (!head.lowLatency) return { rate, playbackRate: 1, jump: false };
  const next = stepRate(rate, head);
  return { rate: next, playbackRate: next.rate, jump: false };
}

/** How much of the range that holds `time` lies ahead of it; 0 when nothing is buffered there. Seconds. */
export function aheadOf(buffered: Pick<TimeRanges, 'length' | 'start' | 'end'>, time: number): number {
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= time && time <= buffered.end(index)) return buffered.end(index) - time;
  }
  return 0;
}
