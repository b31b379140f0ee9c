import type { MarkerList } from '../markers/marker-list.ts';
import { indexMarkers, type MarkerIndex } from './marker-index.ts';
import type { Stack } from './marks.ts';

/** A row of the overview: the markers of a class, or of all classes that found no row of their own. */
export interface Lane {
  /** Undefined for the row of the rest. */
  readonly kind: string | undefined;
  /** All classes in it. */
  readonly kinds: readonly string[];
  readonly index: MarkerIndex;
  readonly stack: Stack;
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
  const lanes = own.map((kind) => lane(kind, [kind], byClass.get(kind) ?? []));
  if (own.length === kinds.length) return lanes;
  const rest = new Set(kinds.slice(own.length));
  return [
    ...lanes,
    lane(
      undefined,
      [...rest],
      markers.filter((marker) => rest.has(marker.class)),
    ),
  ];
}

function lane(kind: string | undefined, kinds: readonly string[], markers: MarkerList): Lane {
  const index = indexMarkers(markers);
  const levels = new Uint8Array(markers.length);
  const depths = new Uint8Array(markers.length);
  /** Ends of the events on each step; all of them over means that a new group begins. */
  let steps: number[] = [];
  let group = 0;
  index.starts.forEach((start, at) => {
    if (steps.every((end) => end <= start)) {
      depths.fill(steps.length, group, at);
      [steps, group] = [[], at];
    }
    let level = steps.findIndex((end) => end <= start);
    if (level === -1) level = steps.length < DEEPEST ? steps.length : steps.indexOf(Math.min(...steps));
    steps[level] = index.ends[at] as number;
    levels[at] = level;
  });
  depths.fill(steps.length, group);
  return { kind, kinds, index, stack: { levels, depths } };
}
