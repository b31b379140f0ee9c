import { fromSeconds, type Microseconds, toEpochMilliseconds, toSeconds } from '../clock.ts';
import type { Picture } from '../frames/picture.ts';
import { newInstance } from '../hls/date-range-origin.ts';
import { type Marker, type MarkerEntry, type MarkerOperation, markerLogName } from '../hls/marker-log.ts';
import { isCutOff } from '../store/cursor.ts';
import type { Cursor, Store } from '../store/store.ts';
import type { Detector, InstantEvent, Observation } from './detector.ts';
import { createMarkerOutbox, type OutboxLog, type WriterLease } from './marker-outbox.ts';
import { foldOwnMarkers, followOwnMarkers, type OwnMarker, opening } from './own-markers.ts';
import { Places } from './places.ts';

/** Default of {@link Detector.recognition}. */
const RECOGNITION = fromSeconds(0.5);

/** What a marker writer works with. */
export interface MarkerWriterOptions {
  readonly store: Store;
  /** Name of the stream. */
  readonly stream: string;
  readonly detector: Pick<Detector, 'name' | 'recognition'>;
  readonly log: OutboxLog;
  readonly lease?: WriterLease | undefined;
  /** PTS of the last picture a predecessor is known to have seen: events it left open lasted at least so long. */
  readonly lastSeen?: Microseconds | undefined;
  /** Gives up waiting for a store that is away; `close` is needed all the same. */
  readonly signal: AbortSignal;
}

/** Turns what a detector says into entries of the marker log. */
export interface MarkerWriter {
  /** Takes what was said of a picture; call it for every picture, in order. Never waits, never throws. */
  write(
    picture: Pick<Picture, 'pts' | 'date' | 'dropped' | 'discontinuity' | 'run'>,
    observations: readonly (Observation | InstantEvent)[],
  ): void;
  /** The source has ended for good: so have all events. */
  sourceEnded(): void;
  readonly counts: { readonly opened: number; readonly closed: number; readonly adopted: number };
  /** Writes what waits, for a second at most. Open events stay open: the next detector takes them over. */
  close(): Promise<void>;
}

/**
 * Opens the writer of a detector's markers. It first folds the marker log: markers of the same source that
 * are open were left by a predecessor that died. The first events the detector sees take these over (same class
 * and text, oldest first); what is not seen again within its `recognition` time is closed at the first picture,
 * with `data.endUncertainty` in seconds. Resolves when the log is folded; waits for a store that is away.
 */
export async function openMarkerWriter({
  store,
  stream,
  detector,
  log,
  lease,
  lastSeen,
  signal,
}: MarkerWriterOptions): Promise<MarkerWriter> {
  const { name, recognition = RECOGNITION } = detector;
  const logName = markerLogName(stream);
  const stop = new AbortController();
  const { open, cursor } = await foldOwnMarkers(store, stream, name, signal);
  const outbox = createMarkerOutbox(store, logName, log, { lease });
  const counts = { opened: 0, closed: 0, adopted: 0 };
  /** Events going on, by the detector's own name for them. */
  const live = new Map<string, OwnMarker>();
  let orphans = open.sort((a, b) => a.marker.pts - b.marker.pts);
  const places = new Places();
  let first: Microseconds | undefined;
  let last: Microseconds | undefined;
  let idDate = 0;
  let idNumber = 0;
  let resets = 0;

  const nextId = (milliseconds: number): string => {
    idNumber = milliseconds === idDate ? idNumber + 1 : 0;
    idDate = milliseconds;
    return `${name}-${milliseconds}-${idNumber}`;
  };

  const made = (
    { pts, date, text, class: kind, data: facts }: (Observation & { type: 'begin' }) | InstantEvent,
    duration: Microseconds | null,
  ): Marker => {
    const { uncertainty } = places.at(pts);
    const data = { ...facts, ...(uncertainty !== undefined && { beginUncertainty: uncertainty }) };
    const id = nextId(Math.round(toEpochMilliseconds(date)));
    return { id, stream, pts, date, duration, text, class: kind, source: name, data };
  };

  const append = (marker: Marker): OwnMarker => {
    const own = { marker, instance: newInstance(), run: places.at(marker.pts).run };
    counts.opened += 1;
    outbox.add(appendId(own, 'open'), { operations: [opening(own)] });
    return own;
  };

  const begin = (observation: Observation & { type: 'begin' }, now: Microseconds) => {
    const { key, text } = observation;
    if (live.has(key)) return log.warn({ key }, 'the detector began an event twice');
    const waited = now - (first ?? now) <= recognition;
    const match = waited
      ? orphans.findIndex(({ marker }) => marker.class === observation.class && marker.text === text)
      : -1;
    const [adopted] = match === -1 ? [] : orphans.splice(match, 1);
    if (adopted !== undefined) {
      live.set(key, adopted);
      counts.adopted += 1;
      return;
    }
    live.set(key, append(made(observation, null)));
  };

  const instant = (observation: InstantEvent) => {
    append(made(observation, 0));
    counts.closed += 1;
  };

  const close = (own: OwnMarker, pts: Microseconds, uncertainty?: number | null) => {
    counts.closed += 1;
    const { marker } = own;
    const { id } = marker;
    // The opening once more: it changes nothing where it is known, and makes the entry whole where a store
    // that came back empty has lost it.
    const operations: MarkerOperation[] = [
      opening(own),
      { op: 'close', id, duration: Math.max(0, pts - marker.pts) },
    ];
    if (uncertainty !== undefined) {
      const data = { ...marker.data, endUncertainty: uncertainty };
      operations.push({ op: 'edit', id, changes: { data } });
    }
    outbox.add(appendId(own, 'close'), { operations } satisfies MarkerEntry);
  };

  const end = ({ key, pts }: Observation & { type: 'end' }) => {
    const own = live.get(key);
    if (own === undefined) return;
    live.delete(key);
    const { lastBefore, uncertainty } = places.at(pts);
    if (lastBefore !== undefined) close(own, lastBefore);
    else close(own, pts, uncertainty);
  };

  const closeOrphans = (at: Microseconds) => {
    for (const orphan of orphans) {
      const { pts } = orphan.marker;
      const known = Math.max(pts, lastSeen ?? pts);
      close(orphan, Math.max(known, at), toSeconds(Math.max(0, at - known)));
    }
    orphans = [];
  };

  /** What began in pictures that got lost, and is withdrawn for that, begins with the picture that still shows it. */
  const beginAgain = ({ pts, date, run }: Pick<Picture, 'pts' | 'date' | 'run'>) => {
    for (const [key, own] of live) {
      const { marker } = own;
      if (own.run === undefined || run === undefined || own.run.id === run.id || marker.pts < run.at)
        continue;
      const { beginUncertainty: _, ...data } = marker.data;
      live.set(key, append(made({ ...marker, type: 'begin', key, pts, date, data }, null)));
    }
  };

  /** Has each marker changed by whoever knows better; undefined where somebody else has ended it. */
  const revise = (change: (own: OwnMarker) => OwnMarker | undefined) => {
    for (const [key, own] of live) {
      const changed = change(own);
      if (changed === undefined) live.delete(key);
      else live.set(key, changed);
    }
    orphans = orphans.map(change).filter((orphan) => orphan !== undefined);
  };

  /** What was read is gone from the log: lost with the store, or cut off while this process was behind. */
  const lookAgain = async (before: Cursor | undefined) => {
    const now = await foldOwnMarkers(store, stream, name, stop.signal);
    if (stop.signal.aborted) return;
    resets += 1;
    const known = new Set(now.open.map(({ marker }) => marker.id));
    if (now.cursor !== undefined && before !== undefined && isCutOff(now.cursor, before)) {
      // What was seen there and is not open any more, somebody else has ended.
      revise((own) => (own.opened === undefined || known.has(own.marker.id) ? own : undefined));
      return;
    }
    const lacking = [...live.values(), ...orphans].filter(({ marker }) => !known.has(marker.id));
    if (lacking.length > 0)
      log.info({ markers: lacking.length }, 'the marker log is empty; open events again');
    for (const own of lacking) outbox.add(`${own.marker.id}/open/${resets}`, { operations: [opening(own)] });
  };

  const following = followOwnMarkers(store, stream, {
    after: cursor,
    signal: stop.signal,
    onReset(before) {
      lookAgain(before).catch((error: unknown) =>
        log.warn({ error }, 'the marker log began anew and could not be read'),
      );
    },
    onOperation(operation, at) {
      // Somebody else closed or deleted it, and that is final: the detector's own end will find nothing.
      revise((own) => {
        const { marker } = own;
        if (operation.op === 'open') {
          const opened = own.opened ?? operation.opened ?? at;
          return operation.marker.id === marker.id ? { ...own, opened } : own;
        }
        if (operation.id !== marker.id) return own;
        if (operation.op !== 'edit') return undefined;
        const changed = { ...marker, ...operation.changes };
        return changed.duration === null ? { ...own, marker: changed } : undefined;
      });
    },
  });

  return {
    counts,
    write(picture, observations) {
      const { pts } = picture;
      places.note(picture, last);
      last = pts;
      first ??= pts;
      for (const observation of observations) {
        if (observation.type === 'begin') begin(observation, pts);
        else if (observation.type === 'event') instant(observation);
        else end(observation);
      }
      beginAgain(picture);
      if (orphans.length > 0 && pts - first > recognition) closeOrphans(first);
    },
    sourceEnded() {
      for (const own of live.values()) close(own, last ?? own.marker.pts);
      live.clear();
      closeOrphans(last ?? lastSeen ?? 0);
    },
    async close() {
      await outbox.close();
      stop.abort();
      await following;
    },
  };
}

/** An entry of the same detector that speaks of the same moment of another run is another one. */
function appendId({ marker, run }: OwnMarker, what: 'open' | 'close'): string {
  return `${marker.id}/${what}${run === undefined ? '' : `@${run.id}`}`;
}
