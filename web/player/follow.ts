import type { EpochMicroseconds } from '../../src/clock.ts';
import { mustJump, type PlaylistParameters } from './live-edge.ts';
import { type RateState, stepRate } from './rate-controller.ts';

/** What playback does about its distance to the live edge. Pure. */

/** How playback stands; seconds, but for the dates. */
export interface Playhead {
  /** Playback follows the edge and is neither seeking nor at the end of an ended stream. */
  readonly following: boolean;
  /** The playlist has parts: only then is there a buffer thin enough to be worth steering. */
  readonly lowLatency: boolean;
  /** Playback began a moment ago and has not found its distance yet. */
  readonly arriving: boolean;
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
  /** Still on the way to its distance. */
  readonly arriving: boolean;
}

/** Nearer than this to its distance, in seconds, playback has arrived: the rate does the rest. */
const ARRIVED = 0.3;

/**
 * Decides the next step. Playback begins with a segment's IDR frame, up to a target duration too early; as soon as
 * the media in between is buffered it jumps the rest of the way.
 */
export function follow(parameters: PlaylistParameters, rate: RateState, head: Playhead): Step {
  const { following, lowLatency, latency, ahead } = head;
  const arriving = head.arriving && following && lowLatency && latency - rate.target > ARRIVED;
  const step = { rate, playbackRate: 1, jump: false, arriving };
  if (!following) return step;
  if (mustJump(parameters, head)) return { ...step, jump: true };
  if (!lowLatency) return step;
  if (arriving) return ahead > latency - rate.target ? { ...step, jump: true, arriving: false } : step;
  const next = stepRate(rate, head);
  return { rate: next, playbackRate: next.rate, jump: false, arriving };
}

/** How much of the range that holds `time` lies ahead of it; 0 when nothing is buffered there. Seconds. */
export function aheadOf(buffered: Pick<TimeRanges, 'length' | 'start' | 'end'>, time: number): number {
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= time && time <= buffered.end(index)) return buffered.end(index) - time;
  }
  return 0;
}
