import type { MarkerList } from '../marker-list.ts';
import { indexMarkers, type MarkerIndex } from './marker-index.ts';

/** A row of the overview: the markers of a class, or of all classes that found no row of their own. */
export interface Lane {
  /** Undefined for the row of the rest. */
  readonly kind: string | undefined;
  readonly index: MarkerIndex;
  /** For each marker the step it is drawn on: events that overlap stand on different ones, while they last. */
  readonly levels: Uint8Array;
  /** Number of steps, 1 or more. */
  readonly depth: number;
}

/** Steps a row is divided into at most; thinner bars could not be told apart. */
const DEEPEST = 3;

/** One row for each class, by name; classes beyond `most` − 1 share the last. Pure. */
export function lanesOf(markers: MarkerList, most: number): readonly Lane[] {
  const byClass = new Map<string, MarkerList[number][]>();
  for (const marker of markers) {
    const group = byClass.get(marker.class);
    if (group === undefined) byClass.set(marker.class, [marker]);
    else group.push(marker);
  }
  const kinds = [...byClass.keys()].sort();
  const own = kinds.length <= most ? kinds : kinds.slice(0, most - 1);
  const lanes = own.map((kind) => lane(kind, byClass.get(kind) ?? []));
  if (own.length === kinds.length) return lanes;
  const rest = new Set(kinds.slice(own.length));
  return [
    ...lanes,
    lane(
      undefined,
      markers.filter((marker) => rest.has(marker.class)),
    ),
  ];
}

function lane(kind: string | undefined, markers: MarkerList): Lane {
  const index = indexMarkers(markers);
  const levels = new Uint8Array(markers.length);
  const free: number[] = [];
  index.starts.forEach((start, at) => {
    let level = free.findIndex((end) => end <= start);
    if (level === -1) level = free.length < DEEPEST ? free.length : free.indexOf(Math.min(...free));
    free[level] = index.ends[at] as number;
    levels[at] = level;
  });
  return { kind, index, levels, depth: Math.max(1, free.length) };
}
