import type { Microseconds } from '../../src/clock.ts';
import { frontLength } from '../../src/hls/bisect.ts';
import type { Marker, MarkerList } from './marker-list.ts';

/** The markers that begin at the frame of this PTS, give or take `same`. Pure. */
export function markersAtFrame(markers: MarkerList, pts: Microseconds, same: Microseconds): MarkerList {
  const from = frontLength(markers.length, (index) => (markers[index] as Marker).pts < pts - same);
  let to = from;
  while (to < markers.length && (markers[to] as Marker).pts <= pts + same) to += 1;
  return markers.slice(from, to);
}
