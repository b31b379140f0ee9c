import type { EpochMicroseconds, Microseconds } from '../clock.ts';
import { frontLength } from './bisect.ts';
import { readable } from './marker-data.ts';

/**
 * Markers as an ordered log of operations, folded by every reader into the same state. One log entry holds
 * the operations of one request, so a batch is all or nothing.
 */

/** An event on the timeline. */
export interface Marker {
  /** Made by whoever opens it; unique in its stream while the marker is kept; `[A-Za-z0-9_.:-]{1,128}`. */
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

/**
 * A change of one marker. `open` brings it, and where it is opened again because a log was lost, the cursor under which
 * it was `opened` first. `close` gives an open one its duration (µs), `edit` replaces the fields named, `delete` removes
 * it from every listing.
 */
export type MarkerOperation =
  | { readonly op: 'open'; readonly marker: Marker; readonly opened?: string }
  | { readonly op: 'close'; readonly id: string; readonly duration: Microseconds }
  | {
      readonly op: 'edit';
      readonly id: string;
      readonly changes: Partial<Pick<Marker, 'text' | 'class' | 'duration' | 'data'>>;
    }
  | { readonly op: 'delete'; readonly id: string };

/** Operations of one writer: all or none. */
export interface MarkerEntry {
  readonly operations: readonly MarkerOperation[];
}

/** The window has moved: what ended before this PTS is kept no longer, see {@link pruneMarkers}. */
export interface ReleaseEntry {
  readonly type: 'release';
  readonly schema: number;
  readonly before: Microseconds;
}

/** One entry of the marker log. Its owner adds checkpoints to them. */
export type MarkerLogEntry = MarkerEntry | ReleaseEntry;

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
  /** The marker's. */
  readonly id: string;
  /** Cursor of the entry that opened it first: with it an id that is used again later is another date range. */
  readonly opened?: string;
  readonly class: string;
  readonly pts: Microseconds;
  readonly date: EpochMicroseconds;
  readonly text: string;
  readonly duration: Microseconds | null;
}

/** The fold of a marker log. Changed in place by {@link applyMarkerEntry}. */
export interface MarkerState {
  readonly markers: Map<string, Marker>;
  /** Ids of the markers by (pts, id), ascending; the order of every listing, and total, so pages are stable. */
  readonly order: string[];
  readonly dateRanges: Map<string, DateRangeFacts>;
  /** Ids of the markers deleted whose date ranges are kept; none is used again before that is gone, too. */
  readonly gone: Set<string>;
  /** Ids of the markers whose event still goes on. */
  readonly open: Set<string>;
  /** No closed marker lasts longer: how far back an overlapping one may begin. */
  longest: Microseconds;
  /** No marker or date range ends before this PTS, so pruning up to here finds nothing. */
  earliestEnd: Microseconds;
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
    open: new Set(),
    longest: 0,
    earliestEnd: Number.POSITIVE_INFINITY,
    version: 0,
  };
}

/**
 * Folds one entry; returns what changed. Operations on unknown or gone ids, and second openings, change nothing.
 * @param cursor the entry's place in the log
 */
export function applyMarkerEntry(state: MarkerState, entry: MarkerLogEntry, cursor?: string): MarkerChange[] {
  const changes: MarkerChange[] = [];
  if (!('operations' in entry)) {
    pruneMarkers(state, entry.before);
    return changes;
  }
  for (const operation of entry.operations) {
    const change = applyOperation(state, operation, cursor);
    if (change !== undefined) changes.push(change);
  }
  if (changes.length > 0) state.version += 1;
  return changes;
}

function applyOperation(
  state: MarkerState,
  operation: MarkerOperation,
  cursor: string | undefined,
): MarkerChange | undefined {
  if (operation.op === 'open') return open(state, readable(operation.marker), operation.opened ?? cursor);
  const marker = state.markers.get(operation.id);
  if (marker === undefined) return undefined;
  if (operation.op === 'delete') {
    remove(state, marker);
    return { op: 'delete', marker };
  }
  const changed: Marker =
    operation.op === 'close'
      ? { ...marker, duration: operation.duration }
      : readable({ ...marker, ...operation.changes });
  state.markers.set(marker.id, changed);
  noteDuration(state, changed);
  const range = state.dateRanges.get(marker.id);
  if (range !== undefined && range.duration === null && changed.duration !== null) {
    state.dateRanges.set(marker.id, { ...range, duration: changed.duration });
  }
  return { op: operation.op, marker: changed };
}

function open(state: MarkerState, marker: Marker, opened: string | undefined): MarkerChange | undefined {
  if (state.dateRanges.has(marker.id)) return undefined;
  insertMarker(state, marker);
  const { id, pts, date, text, duration } = marker;
  const range = { id, class: marker.class, pts, date, text, duration };
  state.dateRanges.set(id, opened === undefined ? range : { ...range, opened });
  return { op: 'open', marker };
}

/** Puts a marker that is not there into its place. */
export function insertMarker(state: MarkerState, marker: Marker): void {
  state.order.splice(firstAtOrAfter(state, marker.pts, marker.id), 0, marker.id);
  state.markers.set(marker.id, marker);
  noteDuration(state, marker);
}

function remove(state: MarkerState, marker: Marker): void {
  state.order.splice(firstAtOrAfter(state, marker.pts, marker.id), 1);
  state.markers.delete(marker.id);
  state.open.delete(marker.id);
  state.gone.add(marker.id);
  // What is left is the date range; one that never got a duration counts as an instant from now on.
  state.earliestEnd = Math.min(state.earliestEnd, marker.pts);
}

function noteDuration(state: MarkerState, { id, pts, duration }: Marker): void {
  if (duration === null) {
    state.open.add(id);
  } else {
    state.open.delete(id);
    state.longest = Math.max(state.longest, duration);
    state.earliestEnd = Math.min(state.earliestEnd, pts + duration);
  }
}

/** Index in `order` of the first marker with this PTS (and this id or a greater one), or a later PTS. */
export function firstAtOrAfter(state: MarkerState, pts: Microseconds, id = ''): number {
  return frontLength(state.order.length, (index) => {
    const marker = markerAt(state, index);
    return marker.pts < pts || (marker.pts === pts && marker.id < id);
  });
}

/** The marker at this place of `order`. @throws RangeError if there is none. */
export function markerAt(state: MarkerState, index: number): Marker {
  const id = state.order[index];
  const marker = id === undefined ? undefined : state.markers.get(id);
  if (marker === undefined) throw new RangeError(`no marker at place ${index}`);
  return marker;
}

/**
 * Drops markers and date ranges that ended before `pts` (the start of the window, or somewhat earlier),
 * without a trace. An event that still goes on reaches into the window, however early it began.
 */
export function pruneMarkers(state: MarkerState, pts: Microseconds): void {
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
function lastEnd(state: MarkerState, range: DateRangeFacts): Microseconds {
  const duration = state.markers.get(range.id)?.duration;
  if (duration === null) return Number.POSITIVE_INFINITY;
  return range.pts + Math.max(duration ?? 0, range.duration ?? 0);
}
