import type { EpochMicroseconds } from '../../src/clock.ts';
import { frontLength } from '../../src/hls/bisect.ts';
import type { MarkerList } from '../markers/marker-list.ts';

/**
 * Markers ordered for looking: which of them show between two dates is found without a walk over all. Pure.
 *
 * Beginnings are ascending, so those inside are found by halving. Those that began earlier and still last are
 * found in a binary tree that holds the latest end below each of its nodes.
 */
export interface MarkerIndex {
  /** Ascending by date. */
  readonly markers: MarkerList;
  /** Dates of their first frames, in microseconds since the Unix epoch. */
  readonly starts: Float64Array;
  /** Dates of their ends; Infinity while an event goes on. */
  readonly ends: Float64Array;
  /** Node k has the children 2k and 2k + 1; the leaves, as many as a power of two, are `ends`. */
  readonly latest: Float64Array;
}

/** Makes the index: one pass, and a sort only if the dates went back somewhere (a source's clock was set). */
export function indexMarkers(list: MarkerList): MarkerIndex {
  const ascends = list.every((marker, at) => at === 0 || marker.date >= (list[at - 1]?.date ?? 0));
  const markers = ascends ? list : list.toSorted((a, b) => a.date - b.date);
  const starts = new Float64Array(markers.length);
  const leaves = leavesFor(markers.length);
  const latest = new Float64Array(2 * leaves).fill(-Infinity);
  markers.forEach(({ date, duration }, at) => {
    starts[at] = date;
    latest[leaves + at] = duration === null ? Infinity : date + duration;
  });
  for (let node = leaves - 1; node > 0; node -= 1) {
    latest[node] = Math.max(latest[2 * node] as number, latest[2 * node + 1] as number);
  }
  return { markers, starts, ends: latest.subarray(leaves, leaves + markers.length), latest };
}

/** Calls `visit` with the place of each marker that shows between two dates, both included, ascending. */
export function forEachVisible(
  index: MarkerIndex,
  from: EpochMicroseconds,
  to: EpochMicroseconds,
  visit: (at: number) => void,
): void {
  const first = firstAt(index.starts, from);
  const leaves = index.latest.length / 2;
  const lasting = (node: number, low: number, size: number): void => {
    if (low >= first || (index.latest[node] as number) <= from) return;
    if (size === 1) {
      visit(low);
      return;
    }
    lasting(2 * node, low, size / 2);
    lasting(2 * node + 1, low + size / 2, size / 2);
  };
  if (first > 0) lasting(1, 0, leaves);
  for (let at = first; at < index.starts.length && (index.starts[at] as number) <= to; at += 1) visit(at);
}

/** The first place whose value is `least` or more; the length if there is none. `values` are ascending. */
export function firstAt(values: Float64Array, least: number): number {
  return frontLength(values.length, (index) => (values[index] as number) < least);
}

function leavesFor(count: number): number {
  return count <= 1 ? 1 : 2 ** Math.ceil(Math.log2(count));
}
