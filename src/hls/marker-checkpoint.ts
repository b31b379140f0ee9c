import { readable } from './marker-data.ts';
import {
  applyMarkerEntry,
  type DateRangeFacts,
  emptyMarkerState,
  insertMarker,
  type Marker,
  type MarkerLogEntry,
  type MarkerState,
} from './marker-log.ts';

/** A marker as a checkpoint of the marker log holds it: what its date range says, and what it is unless deleted. */
export interface SavedMarker {
  readonly range: DateRangeFacts;
  readonly marker?: Marker;
}

/** How the marker log is folded, and its fold saved in it. */
export const markerFold = {
  empty: emptyMarkerState,
  apply: applyMarkerEntry,
  save(state: MarkerState): SavedMarker[] {
    return [...state.dateRanges].map(([id, range]) => {
      const marker = state.markers.get(id);
      return marker === undefined ? { range } : { range, marker };
    });
  },
  load(saved: readonly SavedMarker[]): MarkerState {
    const state = emptyMarkerState();
    for (const { range, marker } of saved) {
      const { id, pts, duration } = range;
      state.dateRanges.set(id, range);
      if (marker !== undefined) insertMarker(state, readable(marker));
      else {
        state.gone.add(id);
        state.earliestEnd = Math.min(state.earliestEnd, pts + (duration ?? 0));
      }
    }
    return state;
  },
  weight: (entry: MarkerLogEntry) => ('operations' in entry ? entry.operations.length : 1),
  size: (state: MarkerState) => state.dateRanges.size,
};
