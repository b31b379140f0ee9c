import { frontLength } from '../../src/hls/bisect.ts';
import type { Marker, MarkerList } from '../markers/marker-list.ts';

/**
 * The order of the table over a list that is kept oldest first. Rows are numbered from the newest, which is 0.
 * While someone reads further down, what comes in at the top is held back, so that nothing moves. Pure.
 */

/** A place in the order of a list. */
export type Place = Pick<Marker, 'pts' | 'id'>;

/** How many markers of the list stand at or before `place`; all of them without one. */
export function countUpTo(list: MarkerList, place: Place | undefined): number {
  if (place === undefined) return list.length;
  return frontLength(list.length, (index) => {
    const { pts, id } = list[index] as Marker;
    return pts < place.pts || (pts === place.pts && id <= place.id);
  });
}

/** Row of the marker at `place`, or of where it would be, when `shown` of the list are shown. */
export function rowOf(list: MarkerList, shown: number, place: Place): number {
  return Math.max(0, shown - countUpTo(list, place));
}

/** The marker of a row when `shown` of the list are shown. */
export function markerOfRow(list: MarkerList, shown: number, row: number): Marker | undefined {
  return row < 0 ? undefined : list[shown - 1 - row];
}
