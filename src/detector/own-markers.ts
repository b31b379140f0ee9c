import { HlsStreamError } from '../errors.ts';
import type { Marker, MarkerEntry, MarkerOperation } from '../hls/marker-log.ts';
import type { Cursor, Store } from '../store/store.ts';
import { storeAgain, storeBack } from '../store/store-return.ts';

/** A detector's own part of the marker log. */
export interface OwnMarkers {
  /** Markers of this source that are open. */
  readonly open: Marker[];
  /** Where the log was read up to. */
  readonly cursor: Cursor | undefined;
}

const PAGE = 1000;

/** Reads a marker log for the open markers of one source; keeps nothing else. Waits for a store that is away. */
export async function foldOwnMarkers(
  store: Store,
  log: string,
  source: string,
  signal: AbortSignal,
): Promise<OwnMarkers> {
  const open = new Map<string, Marker>();
  const seen = new Set<string>();
  let cursor: Cursor | undefined;
  for (;;) {
    const options = { limit: PAGE, ...(cursor !== undefined && { after: cursor }) };
    const page = await storeAgain(store, signal, () => store.read(log, options)).catch((error: unknown) => {
      if (error instanceof HlsStreamError && error.code === 'STORE_BAD_CURSOR') return 'elsewhere' as const;
      throw error;
    });
    if (page === 'elsewhere') {
      // The log was emptied between two pages.
      open.clear();
      seen.clear();
      cursor = undefined;
      continue;
    }
    for (const entry of page ?? []) {
      cursor = entry.cursor;
      for (const operation of (entry.value as MarkerEntry).operations) fold(open, seen, operation, source);
    }
    if (page === undefined || page.length < PAGE) return { open: [...open.values()], cursor };
  }
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
export async function followOwnMarkers(
  store: Store,
  log: string,
  { after, signal, onReset, onOperation }: FollowOwnOptions,
): Promise<void> {
  let cursor = after;
  while (!signal.aborted) {
    try {
      for await (const event of store.follow(log, {
        signal,
        ...(cursor !== undefined && { after: cursor }),
      })) {
        cursor = event.type === 'reset' ? undefined : event.cursor;
        if (event.type === 'reset') onReset();
        else for (const operation of (event.value as MarkerEntry).operations) onOperation(operation);
      }
      return;
    } catch (error) {
      if (error instanceof HlsStreamError && error.code === 'STORE_CLOSED') return;
      await storeBack(store, signal);
    }
  }
}
