import { knownOrigin } from '../hls/date-range-origin.ts';
import { markerFold } from '../hls/marker-checkpoint.ts';
import { type Marker, type MarkerLogEntry, type MarkerOperation, markerLogName } from '../hls/marker-log.ts';
import type { PictureRun } from '../hls/marker-runs.ts';
import { CheckpointedFold, isCheckpoint } from '../store/log/checkpoint.ts';
import { followLog } from '../store/log/follow.ts';
import { readAll } from '../store/log/read-all.ts';
import type { Cursor, Store } from '../store/store.ts';
import { storeAgain } from '../store/store-return.ts';

/** A marker that its detector has not closed yet. */
export interface OwnMarker {
  readonly marker: Marker;
  /** Of its opening; undefined for one that an older version opened. */
  readonly instance?: string | undefined;
  /** Where the log says it was opened; undefined until it has been seen there. */
  readonly opened?: Cursor | undefined;
  /** In which it was seen, as long as that goes on. */
  readonly run?: PictureRun | undefined;
}

/** The operation that opens it, the first time or again: its date range stays what it was. */
export function opening({ marker, instance, opened, run }: OwnMarker): MarkerOperation {
  return { op: 'open', marker, ...knownOrigin({ instance, opened }), ...(run && { run }) };
}

/** A detector's own part of the marker log. */
export interface OwnMarkers {
  /** Markers of this source that are open. */
  readonly open: OwnMarker[];
  /** Where the log was read up to. */
  readonly cursor: Cursor | undefined;
}

/** Reads a marker log for the open markers of one source; keeps nothing else. Waits for a store that is away. */
export async function foldOwnMarkers(
  store: Store,
  stream: string,
  source: string,
  signal: AbortSignal,
): Promise<OwnMarkers> {
  const entries = (await storeAgain(store, signal, () => readAll(store, markerLogName(stream)))) ?? [];
  const fold = new CheckpointedFold(markerFold);
  for (const entry of entries) fold.take(entry);
  const { markers, dateRanges, open, seenIn } = fold.state;
  const own = [...open].flatMap((id): OwnMarker[] => {
    const marker = markers.get(id);
    const { instance, opened } = dateRanges.get(id) ?? {};
    return marker?.source === source ? [{ marker, instance, opened, run: seenIn.get(id) }] : [];
  });
  return { open: own, cursor: entries.at(-1)?.cursor };
}

/** Whose markers are followed, and where. */
export interface FollowOwnOptions {
  readonly after: Cursor | undefined;
  readonly signal: AbortSignal;
  /** The log came back empty, or was cut off behind the place that was read `last`; it is read from its beginning. */
  readonly onReset: (last: Cursor | undefined) => void;
  readonly onOperation: (operation: MarkerOperation, cursor: Cursor) => void;
}

/** Follows a marker log until the signal; goes on when the store was away. */
export function followOwnMarkers(
  store: Store,
  stream: string,
  { after, signal, onReset, onOperation }: FollowOwnOptions,
): Promise<void> {
  let last = after;
  return followLog({
    ...{ store, log: markerLogName(stream), after, signal },
    take(event) {
      if (event.type === 'reset') {
        onReset(last);
        return;
      }
      last = event.cursor;
      if (isCheckpoint(event.value)) return;
      const entry = event.value as MarkerLogEntry;
      if ('operations' in entry)
        for (const operation of entry.operations) onOperation(operation, event.cursor);
    },
    failed: () => {},
  });
}
