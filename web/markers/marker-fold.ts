import type { EpochMicroseconds } from '../../src/clock.ts';
import {
  applyChanges,
  dropBefore,
  type Marker,
  type MarkerChange,
  type MarkerList,
  markerList,
} from './marker-list.ts';

/** All markers of a stream, folded from what a feed tells. */
export interface MarkerFold {
  /** Oldest first; undefined until they have been fetched. */
  list(): MarkerList | undefined;
  reset(markers: readonly Marker[]): void;
  change(changes: readonly MarkerChange[]): void;
  /** Forgets markers that ended before `date`: they left the window. */
  forgetBefore(date: EpochMicroseconds): void;
}

/** Makes one; `changed` is told of every change, with those that opened just now. */
export function foldMarkers(changed: (list: MarkerList, fresh: MarkerList) => void): MarkerFold {
  let list: MarkerList | undefined;
  return {
    list: () => list,
    reset(markers) {
      list = markerList([...markers]);
      changed(list, []);
    },
    change(changes) {
      const opened = new Map(
        changes.filter(({ op }) => op === 'open').map(({ marker }) => [marker.id, marker]),
      );
      for (const { id } of list ?? []) opened.delete(id);
      list = applyChanges(list ?? [], [...changes]);
      changed(list, [...opened.values()]);
    },
    forgetBefore(date) {
      if (list === undefined) return;
      const kept = dropBefore(list, date);
      if (kept === list) return;
      list = kept;
      changed(list, []);
    },
  };
}
