import { TIMESCALE } from '../clock.ts';
import type { EncoderInput } from './encoder.ts';

/**
 * How a frame asks ffmpeg for an IDR frame, for which its input has no word: frames come with timestamps in quarters of
 * a microsecond, and one that is a quarter past its microsecond asks. In the media the quarter is rounded off again.
 */

/** Ticks in a microsecond. */
const TICKS = 4;

/** Length of a tick, in nanoseconds. */
export const TICK = 1000 / TICKS;

/** The encoder's time base, for ffmpeg. */
export const TIME_BASE = `1:${TICKS * TIMESCALE}`;

/** Which frames become IDR frames, for ffmpeg; its `t` counts from the first frame, and is exact to well below a tick. */
export const FORCE_KEY_FRAMES = `expr:eq(mod(round(t*${TICKS * TIMESCALE}),${TICKS}),1)`;

/**
 * When a frame is shown and what it asks for, in ticks.
 * @param first it is the first of its run: it becomes an IDR frame anyway, and all others are counted from it
 */
export function timestampOf({ pts, keyframe }: Omit<EncoderInput, 'frame'>, first: boolean): number {
  return pts * TICKS + (keyframe && !first ? 1 : 0);
}
