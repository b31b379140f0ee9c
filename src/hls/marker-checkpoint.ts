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
import type { PictureRun, RunBegin } from './marker-runs.ts';

/**
 * A marker as a checkpoint of the marker log holds it: what its date range says, what it is unless deleted, and the run
 * it was seen in, as long as that goes on. The newest runs are held beside them.
 */
export type SavedMarker =
  | { readonly range: DateRangeFacts; readonly marker?: Marker; readonly run?: PictureRun }
  | { readonly begun: readonly RunBegin[] };

/** How the marker log is folded, and its fold saved in it. */
export const markerFold = {
  empty: emptyMarkerState,
  apply: applyMarkerEntry,
  save(state: MarkerState): SavedMarker[] {
    const markers = [...state.dateRanges].map(([id, range]): SavedMarker => {
      const marker = state.markers.get(id);
      const run = state.seenIn.get(id);
      return { range, ...(marker && { marker }), ...(run && { run }) };
    });
    return state.begun.length === 0 ? markers : [{ begun: [...state.begun] }, ...markers];
  },
  load(saved: readonly SavedMarker[]): MarkerState {
    const state = emptyMarkerState();
    for (const one of saved) {
      if ('begun' in one) {
        state.begun.push(...one.begun);
        continue;
      }
      const { range, marker, run } = one;
      const { id, pts, duration } = range;
      state.dateRanges.set(id, range);
      // Its own duration may be longer than the marker's is by now.
      state.longest = Math.max(state.longest, duration ?? 0);
      if (run !== undefined) state.seenIn.set(id, run);
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
