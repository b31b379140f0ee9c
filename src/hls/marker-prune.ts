import type { Microseconds } from '../clock.ts';

/** How long something lasts; null while it goes on. */
interface Lasting {
  readonly duration: Microseconds | null;
}

interface Range extends Lasting {
  readonly id: string;
  readonly pts: Microseconds;
}

/** What markers are dropped of. */
interface Prunable {
  readonly markers: Map<string, Lasting>;
  readonly order: string[];
  readonly dateRanges: Map<string, Range>;
  readonly gone: Set<string>;
  readonly seenIn: Map<string, unknown>;
  earliestEnd: Microseconds;
}

/**
 * Drops markers and date ranges that ended before `pts` (the start of the window, or somewhat earlier),
 * without a trace. An event that still goes on reaches into the window, however early it began.
 */
export function pruneMarkers(state: Prunable, pts: Microseconds): void {
  // Called with every segment that leaves; mostly no marker leaves with it, and that must cost nothing.
  if (pts <= state.earliestEnd) return;
  let earliestEnd = Number.POSITIVE_INFINITY;
  for (const range of state.dateRanges.values()) {
    const end = lastEnd(state, range);
    if (end >= pts) {
      earliestEnd = Math.min(earliestEnd, end);
      continue;
    }
    state.dateRanges.delete(range.id);
    state.gone.delete(range.id);
    state.markers.delete(range.id);
    state.seenIn.delete(range.id);
  }
  state.earliestEnd = earliestEnd;
  let kept = 0;
  for (const id of state.order) {
    if (!state.markers.has(id)) continue;
    state.order[kept] = id;
    kept += 1;
  }
  state.order.length = kept;
}

/** Where the marker ends or its date range does, whichever is later. */
function lastEnd(state: Prunable, range: Range): Microseconds {
  const duration = state.markers.get(range.id)?.duration;
  if (duration === null) return Number.POSITIVE_INFINITY;
  return range.pts + Math.max(duration ?? 0, range.duration ?? 0);
}
