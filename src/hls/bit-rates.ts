import { type Microseconds, perSecond } from '../clock.ts';
import type { MediaState, SegmentEntry } from './playlist-log.ts';

/** Bit rates of what is listed, in bits per second. */
export interface BitRates {
  readonly average: number;
  /** Of the segment with the highest, among those long enough to count. */
  readonly peak: number;
}

/** The bit rates of the listed segments, `bytesOf` each of them; undefined when none is listed. */
export function bitRates(
  { segments, stream }: MediaState,
  bytesOf: (segment: SegmentEntry) => number = ({ bytes }) => bytes,
): BitRates | undefined {
  let bytes = 0;
  let duration: Microseconds = 0;
  let peak = 0;
  for (const segment of segments) {
    // In a gap there is nothing to load.
    if (segment.filler?.kind === 'gap') continue;
    const own = bytesOf(segment);
    bytes += own;
    duration += segment.duration;
    // §4.4.6.2: what is shorter than half a target duration does not count.
    if (segment.duration >= stream.targetDuration / 2) peak = Math.max(peak, rate(own, segment.duration));
  }
  return duration === 0 ? undefined : { average: rate(bytes, duration), peak };
}

function rate(bytes: number, duration: Microseconds): number {
  return perSecond(bytes * 8, duration);
}
