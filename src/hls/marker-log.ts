import type { EpochMicroseconds, Microseconds } from '../clock.ts';

/**
 * Markers as an ordered log of operations, folded by every reader into the same state. One log entry holds
 * the operations of one request, so a batch is all or nothing.
 */

/** An event on the timeline. */
export interface Marker {
  /** Made by whoever opens it; unique for ever within its stream; `[A-Za-z0-9_.:-]{1,128}`. */
  readonly id: string;
  /** Name of the stream. */
  readonly stream: string;
  /** PTS of the event's first frame. */
  readonly pts: Microseconds;
  /** The same instant as a date, from the clock that writes the program date time. */
  readonly date: EpochMicroseconds;
  /** Null while the event goes on. 0 for an instant. */
  readonly duration: Microseconds | null;
  /** Plain text, never HTML; 1 to 1000 characters. */
  readonly text: string;
  /** Groups markers for colour and filter; `[A-Za-z0-9_.:-]{1,64}`. */
  readonly class: string;
  /** Who wrote it: a detector's name, `api`, … */
  readonly source: string;
  /** Facts for whoever reads it; plain JSON, at most 4 KiB as text. */
  readonly data: Readonly<Record<string, unknown>>;
}

export type MarkerOperation =
  | { readonly op: 'open'; readonly marker: Marker }
  | {
      readonly op: 'close';
      readonly id: string;
      readonly duration: Microseconds;
    }
  | {
      readonly op: 'edit';
      readonly id: string;
      readonly changes: Partial<Pick<Marker, 'text' | 'class' | 'duration' | 'data'>>;
    }
  | { readonly op: 'delete'; readonly id: string };

/** One entry of the marker log. */
export interface MarkerEntry {
  readonly operations: readonly MarkerOperation[];
}

/** What an applied operation did, as readers are told; `marker` is as it stands afterwards (or stood, if deleted). */
export interface MarkerChange {
  readonly op: MarkerOperation['op'];
  readonly marker: Marker;
}

/**
 * What EXT-X-DATERANGE says of a marker (rfc8216bis §4.4.5.1): attributes never change once listed, so they
 * are those of the opening; the duration is the first one ever given. Edits and deletions do not show here.
 */
export interface DateRangeFacts {
  readonly id: string;
  readonly class: string;
  readonly pts: Microseconds;
  readonly date: EpochMicroseconds;
  readonly text: string;
  readonly duration: Microseconds | null;
}

/** The fold of a marker log. Changed in place by {@link applyMarkerEntry}. */
export interface MarkerState {
  readonly markers: Map<string, Marker>;
  /** Markers by (pts, order of opening), ascending; the order of every listing. */
  readonly order: string[];
  readonly dateRanges: Map<string, DateRangeFacts>;
  /** Ids seen and gone; an id is never used again. */
  readonly gone: Set<string>;
  version: number;
}

/** Name of the marker log of a stream. It outlives epochs within one life of the store. */
export function markerLogName(stream: string): string {
  return `markers/${stream}`;
}

/** The fold of an empty log. */
export function emptyMarkerState(): MarkerState {
  return {
    markers: new Map(),
    order: [],
    dateRanges: new Map(),
    gone: new Set(),
    version: 0,
  };
}

/** Folds one entry; returns what changed. Operations on unknown or gone ids, and second openings, change nothing. */
export function applyMarkerEntry(state: MarkerState, entry: MarkerEntry): MarkerChange[] {
  const changes: MarkerChange[] = [];
  for (const operation of entry.operations) {
    const change = applyOperation(state, operation);
    if (change !== undefined) changes.push(change);
  }
  if (changes.length > 0) state.version += 1;
  return changes;
}

function applyOperation(state: MarkerState, operation: MarkerOperation): MarkerChange | undefined {
  if (operation.op === 'open') {
    const { marker } = operation;
    if (state.markers.has(marker.id) || state.gone.has(marker.id)) return undefined;
    state.markers.set(marker.id, marker);
    state.order.splice(firstAfter(state, marker.pts), 0, marker.id);
    const { id, pts, date, text, duration } = marker;
    state.dateRanges.set(id, {
      id,
      class: marker.class,
      pts,
      date,
      text,
      duration,
    });
    return { op: 'open', marker };
  }
  const marker = state.markers.get(operation.op === 'delete' ? operation.id : operation.id);
  if (marker === undefined) return undefined;
  if (operation.op === 'delete') {
    forget(state, marker);
    return { op: 'delete', marker };
  }
  const changed: Marker =
    operation.op === 'close'
      ? { ...marker, duration: operation.duration }
      : { ...marker, ...operation.changes };
  state.markers.set(marker.id, changed);
  const range = state.dateRanges.get(marker.id);
  if (range !== undefined && range.duration === null && changed.duration !== null) {
    state.dateRanges.set(marker.id, { ...range, duration: changed.duration });
  }
  return { op: operation.op, marker: changed };
}

function forget(state: MarkerState, marker: Marker): void {
  state.markers.delete(marker.id);
  state.gone.add(marker.id);
  let index = firstAtOrAfter(state, marker.pts);
  while (state.order[index] !== marker.id) index += 1;
  state.order.splice(index, 1);
}

/** Index in `order` of the first marker with a PTS above `pts`. */
export function firstAfter(state: MarkerState, pts: Microseconds): number {
  return firstAtOrAfter(state, pts + 1);
}

/** Index in `order` of the first marker with this PTS or a later one. */
export function firstAtOrAfter(state: MarkerState, pts: Microseconds): number {
  let low = 0;
  let high = state.order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ptsAt(state, middle) < pts) low = middle + 1;
    else high = middle;
  }
  return low;
}

function ptsAt(state: MarkerState, index: number): Microseconds {
  const id = state.order[index];
  const marker = id === undefined ? undefined : state.markers.get(id);
  if (marker === undefined) throw new RangeError(`no marker at place ${index}`);
  return marker.pts;
}

/** Drops markers and date ranges that ended before `pts` (the start of the window), without a trace. */
export function pruneMarkers(state: MarkerState, pts: Microseconds): void {
  let removed = 0;
  for (const [id, range] of state.dateRanges) {
    const marker = state.markers.get(id);
    const duration = marker === undefined ? range.duration : marker.duration;
    // An event that still goes on reaches into the window.
    if (marker !== undefined && duration === null) continue;
    if (range.pts + Math.max(duration ?? 0, range.duration ?? 0) >= pts) continue;
    state.dateRanges.delete(id);
    state.gone.delete(id);
    if (state.markers.delete(id)) removed += 1;
  }
  if (removed > 0) {
    const kept = state.order.filter((id) => state.markers.has(id));
    state.order.length = 0;
    for (const id of kept) state.order.push(id);
  }
}
