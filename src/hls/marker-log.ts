import type { EpochMicroseconds, Microseconds } from '../clock.ts';
import { type DateRangeOrigin, knownOrigin } from './date-range-origin.ts';
import { readable } from './marker-data.ts';
import { firstAtOrAfter } from './marker-order.ts';
import { pruneMarkers } from './marker-prune.ts';
import { edited, fateOfFrame, noteRun, ofLostFrame, type PictureRun, type RunBegin } from './marker-runs.ts';

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
 * it was `opened` first; one that was seen in a picture says in which `run`. Its `instance` (`newInstance`) is the same
 * each time that this opening is written. `close` gives an open one its duration (µs), `edit` replaces the fields named,
 * `delete` removes it from every listing.
 */
export type MarkerOperation =
  | ({ readonly op: 'open'; readonly marker: Marker; readonly run?: PictureRun } & DateRangeOrigin)
  | { readonly op: 'close'; readonly id: string; readonly duration: Microseconds }
  | {
      readonly op: 'edit';
      readonly id: string;
      readonly changes: Partial<Pick<Marker, 'text' | 'class' | 'duration' | 'data'>>;
    }
  | { readonly op: 'delete'; readonly id: string };

/** Operations of one writer. */
export interface MarkerEntry {
  readonly operations: readonly MarkerOperation[];
  /** All openings or nothing: where one of their ids is taken the entry changes nothing. */
  readonly whole?: true;
  /** Markers that were seen in pictures which got lost are withdrawn, or say that their frame is lost. */
  readonly begins?: RunBegin;
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
export interface DateRangeFacts extends DateRangeOrigin {
  /** The marker's. */
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
  /** Ids of the markers by (pts, id), ascending; the order of every listing, and total, so pages are stable. */
  readonly order: string[];
  readonly dateRanges: Map<string, DateRangeFacts>;
  /** Ids of the markers deleted whose date ranges are kept; none is used again before that is gone, too. */
  readonly gone: Set<string>;
  /** Ids of the markers whose event still goes on. */
  readonly open: Set<string>;
  /** In which run those of the newest run were seen, by id. */
  readonly seenIn: Map<string, PictureRun>;
  /** The newest runs, oldest first. */
  readonly begun: RunBegin[];
  /** No closed marker or date range lasts longer: how far back an overlapping one may begin. */
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
    seenIn: new Map(),
    begun: [],
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
  if (entry.whole === true && entry.operations.some((one) => isTaken(state, one))) return changes;
  for (const operation of entry.operations) {
    const change = applyOperation(state, operation, cursor);
    if (change !== undefined) changes.push(change);
  }
  if (entry.begins !== undefined) changes.push(...begin(state, entry.begins));
  if (changes.length > 0) state.version += 1;
  return changes;
}

/** What was seen before in frames that are in no media: markers in the gap stay, and say so; others have no place. */
function begin(state: MarkerState, run: RunBegin): MarkerChange[] {
  if (!noteRun(state.begun, run)) return [];
  const changes: MarkerChange[] = [];
  for (const [id, seen] of state.seenIn) {
    const marker = state.markers.get(id);
    if (seen.id === run.id && seen.at === run.at) continue;
    state.seenIn.delete(id);
    const fate = marker === undefined ? 'shown' : fateOfFrame(state.begun, seen, marker.pts);
    if (marker === undefined || fate === 'shown') continue;
    if (fate === 'in-gap') {
      const changed = ofLostFrame(marker);
      state.markers.set(id, changed);
      changes.push({ op: 'edit', marker: changed });
    } else {
      remove(state, marker);
      // It was never listed: nobody knows its date range.
      state.gone.delete(id);
      state.dateRanges.delete(id);
      changes.push({ op: 'delete', marker });
    }
  }
  return changes;
}

function isTaken({ dateRanges }: MarkerState, operation: MarkerOperation): boolean {
  return operation.op === 'open' && dateRanges.has(operation.marker.id);
}

function applyOperation(
  state: MarkerState,
  operation: MarkerOperation,
  cursor: string | undefined,
): MarkerChange | undefined {
  if (operation.op === 'open') return open(state, operation, operation.opened ?? cursor);
  const marker = state.markers.get(operation.id);
  if (marker === undefined) return undefined;
  if (operation.op === 'delete') {
    remove(state, marker);
    return { op: 'delete', marker };
  }
  const changed: Marker =
    operation.op === 'close'
      ? { ...marker, duration: operation.duration }
      : readable(edited(marker, operation.changes));
  state.markers.set(marker.id, changed);
  noteDuration(state, changed);
  const range = state.dateRanges.get(marker.id);
  if (range !== undefined && range.duration === null && changed.duration !== null) {
    state.dateRanges.set(marker.id, { ...range, duration: changed.duration });
  }
  return { op: operation.op, marker: changed };
}

function open(
  state: MarkerState,
  { marker: given, instance, run }: MarkerOperation & { op: 'open' },
  opened: string | undefined,
): MarkerChange | undefined {
  if (state.dateRanges.has(given.id)) return undefined;
  const fate = run === undefined ? 'shown' : fateOfFrame(state.begun, run, given.pts);
  if (fate === 'lost') return undefined;
  const marker = fate === 'in-gap' ? ofLostFrame(readable(given)) : readable(given);
  insertMarker(state, marker);
  if (run !== undefined) state.seenIn.set(marker.id, run);
  const { id, pts, date, text, duration } = marker;
  const range = { id, class: marker.class, pts, date, text, duration };
  state.dateRanges.set(id, { ...range, ...knownOrigin({ instance, opened }) });
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
