import type { Microseconds } from '../clock.ts';
import { frontLength } from './bisect.ts';

/** Something with a place in the order by (pts, id). */
interface Placed {
  readonly id: string;
  readonly pts: Microseconds;
}

/** Markers, and their ids in order. */
interface Ordered<T> {
  readonly order: readonly string[];
  readonly markers: ReadonlyMap<string, T>;
}

/** Index in `order` of the first marker with this PTS (and this id or a greater one), or a later PTS. */
export function firstAtOrAfter(state: Ordered<Placed>, pts: Microseconds, id = ''): number {
  return frontLength(state.order.length, (index) => {
    const marker = markerAt(state, index);
    return marker.pts < pts || (marker.pts === pts && marker.id < id);
  });
}

/** The marker at this place of `order`. @throws RangeError if there is none. */
export function markerAt<T>(state: Ordered<T>, index: number): T {
  const id = state.order[index];
  const marker = id === undefined ? undefined : state.markers.get(id);
  if (marker === undefined) throw new RangeError(`no marker at place ${index}`);
  return marker;
}
