import { dateRangeId } from './date-range.ts';
import { knownOrigin } from './date-range-origin.ts';
import type { Marker, MarkerEntry, MarkerOperation, MarkerState } from './marker-log.ts';

/** An entry to append, with the append id that makes any number of API processes append it once. */
export interface RestoringEntry {
  readonly id: string;
  readonly entry: MarkerEntry;
}

/**
 * What must be appended to a marker log that came back empty so that its fold (`log`) says again what is
 * known (`known`). Each marker is opened as it was first listed and then edited to what it is now, so that
 * its EXT-X-DATERANGE stays what it was, its ID among that; a deleted one is opened and deleted, so that its date range
 * stays and its id is not used again meanwhile. Pure; the ids are the same in every process.
 */
export function restoringEntries(known: MarkerState, log: MarkerState): RestoringEntry[] {
  const entries: RestoringEntry[] = [];
  for (const [id, range] of known.dateRanges) {
    const marker = known.markers.get(id);
    const logged = log.markers.get(id);
    if (logged === undefined) {
      if (!log.gone.has(id)) entries.push(reopening(known, id, marker));
    } else if (marker === undefined) {
      entries.push({ id: `restore-delete/${id}`, entry: { operations: [{ op: 'delete', id }] } });
    } else if (logged.duration === null && marker.duration !== null) {
      // Closed while its opening was on the way: the log skipped that close.
      const duration = range.duration ?? marker.duration;
      entries.push({ id: `restore-close/${id}`, entry: { operations: [{ op: 'close', id, duration }] } });
    }
  }
  return entries;
}

function reopening(known: MarkerState, id: string, marker: Marker | undefined): RestoringEntry {
  const range = known.dateRanges.get(id);
  if (range === undefined) throw new RangeError(`no date range ${id}`);
  const { opened: cursor, instance, ...asOpened } = range;
  const opened: Marker = { stream: '', source: '', data: {}, ...marker, ...asOpened };
  const open = { op: 'open', marker: opened, ...knownOrigin({ instance, opened: cursor }) } as const;
  const restored = (...more: MarkerOperation[]): RestoringEntry => ({
    id: `restore/${dateRangeId(range)}`,
    entry: { operations: [open, ...more] },
  });
  if (marker === undefined) return restored({ op: 'delete', id });
  const { text, class: group, duration, data } = marker;
  const edited = text !== opened.text || group !== opened.class || duration !== opened.duration;
  return edited ? restored({ op: 'edit', id, changes: { text, class: group, duration, data } }) : restored();
}
