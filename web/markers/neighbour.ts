import { type EpochMicroseconds, fromSeconds, type Microseconds } from '../../src/clock.ts';
import type { Marker, MarkerList } from './marker-list.ts';

/** Dates are exact to a millisecond, and a paused player stands a little inside the frame. */
const SAME: Microseconds = 5000;
/** While it plays, "previous" pressed twice must get past the event just landed on. */
const JUST_PASSED: Microseconds = fromSeconds(1);

/** The event that begins next after `shown`, or before it; undefined if there is none. Pure. */
export function neighbour(
  markers: MarkerList,
  shown: EpochMicroseconds,
  direction: 'next' | 'previous',
  paused: boolean,
): Marker | undefined {
  if (direction === 'next') return markers.find(({ date }) => date > shown + SAME);
  return markers.findLast(({ date }) => date < shown - (paused ? SAME : JUST_PASSED));
}
