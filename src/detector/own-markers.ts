import type { Marker, MarkerEntry, MarkerOperation } from '../hls/marker-log.ts';
import { followLog } from '../store/log/follow.ts';
import { readAll } from '../store/log/read-all.ts';
import type { Cursor, Store } from '../store/store.ts';
import { storeAgain } from '../store/store-return.ts';

/** A detector's own part of the marker log. */
export interface OwnMarkers {
  /** Markers of this source that are open. */
  readonly open: Marker[];
  /** Where the log was read up to. */
  readonly cursor: Cursor | undefined;
}

/** Reads a marker log for the open markers of one source; keeps nothing else. Waits for a store that is away. */
export async function foldOwnMarkers(
  store: Store,
  log: string,
  source: string,
  signal: AbortSignal,
): Promise<OwnMarkers> {
  const open = new Map<string, Marker>();
  const seen = new Set<string>();
  const entries = (await storeAgain(store, signal, () => readAll(store, log))) ?? [];
  for (const { value } of entries)
    for (const operation of (value as MarkerEntry).operations) fold(open, seen, operation, source);
  return { open: [...open.values()], cursor: entries.at(-1)?.cursor };
}

function fold(
  open: Map<string, Marker>,
  seen: Set<string>,
  operation: MarkerOperation,
  source: string,
): void {
  if (operation.op === 'open') {
    const { marker } = operation;
    if (marker.source !== source || seen.has(marker.id)) return;
    seen.add(marker.id);
    if (marker.duration === null) open.set(marker.id, marker);
    return;
  }
  const marker = open.get(operation.id);
  if (marker === undefined) return;
  const changed = operation.op === 'edit' ? { ...marker, ...operation.changes } : undefined;
  if (changed === undefined || changed.duration !== null) open.delete(marker.id);
  else open.set(marker.id, changed);
}

/** Whose markers are followed, and where. */
export interface FollowOwnOptions {
  readonly after: Cursor | undefined;
  readonly signal: AbortSignal;
  /** The log came back empty (or without what was read): what follows is all there is. */
  readonly onReset: () => void;
  readonly onOperation: (operation: MarkerOperation) => void;
}

/** Follows a marker log until the signal; goes on when the store was away. */
export function followOwnMarkers(
  store: Store,
  log: string,
  { after, signal, onReset, onOperation }: FollowOwnOptions,
): Promise<void> {
  return followLog({
    ...{ store, log, after, signal },
    take(event) {
      if (event.type === 'reset') onReset();
      else for (const operation of (event.value as MarkerEntry).operations) onOperation(operation);
    },
    failed: () => {},
  });
}
