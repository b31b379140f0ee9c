import { type Microseconds, toIsoDate, toSeconds } from '../clock.ts';
import { HlsStreamError } from '../errors.ts';
import type { Marker, MarkerState } from './marker-log.ts';
import { firstAtOrAfter, markerAt } from './marker-order.ts';

/** Which markers to list; see `GET /markers`. */
export interface MarkerQuery {
  /** Only markers that begin strictly after this PTS, in microseconds. */
  readonly after?: Microseconds | undefined;
  /** Only markers that begin at this PTS or before, in microseconds: `(a, b]` and `(b, c]` meet without overlap. */
  readonly before?: Microseconds | undefined;
  /** Also markers that begin at `after` or earlier and last beyond it, or still go on. */
  readonly overlapping?: boolean | undefined;
  /** Only markers of this class. */
  readonly class?: string | undefined;
  /** At most this many, 1 or more. */
  readonly limit: number;
  /** Go on behind the marker this token stands for ({@link MarkerPage.next}). */
  readonly page?: string | undefined;
}

/** One page of markers, ascending by (pts, id). */
export interface MarkerPage {
  readonly markers: readonly Marker[];
  /** Token of the next page, or null when this is the last. */
  readonly next: string | null;
}

/**
 * Lists markers. Pages are stable: a marker that comes or goes meanwhile shifts no other over a border.
 * @throws HlsStreamError BAD_PARAMETER for a `page` that is no token of ours.
 */
export function queryMarkers(state: MarkerState, query: MarkerQuery): MarkerPage {
  const after = query.after ?? Number.NEGATIVE_INFINITY;
  const before = query.before ?? Number.POSITIVE_INFINITY;
  const overlapping = query.overlapping === true;
  const markers: Marker[] = [];
  let index = overlapping ? firstReaching(state, after) : firstAfter(state, after);
  if (query.page !== undefined) index = Math.max(index, placeBehind(state, query.page));
  for (; index < state.order.length; index += 1) {
    const marker = markerAt(state, index);
    if (marker.pts > before) break;
    if (marker.pts <= after && !(overlapping && endOf(marker) > after)) continue;
    if (query.class !== undefined && marker.class !== query.class) continue;
    const last = markers.at(-1);
    if (last !== undefined && markers.length >= query.limit) return { markers, next: pageToken(last) };
    markers.push(marker);
  }
  return { markers, next: null };
}

/** Place of the first marker that begins after `pts`. */
function firstAfter(state: MarkerState, pts: Microseconds): number {
  return firstAtOrAfter(state, pts + 1);
}

/** Place of the first marker that may last beyond `pts`: bounded by the longest, and by those still open. */
export function firstReaching(state: MarkerState, pts: Microseconds): number {
  let index = firstAfter(state, pts - state.longest - 1);
  for (const id of state.open) {
    const marker = state.markers.get(id);
    if (marker !== undefined) index = Math.min(index, firstAtOrAfter(state, marker.pts, id));
  }
  return index;
}

/** PTS where a marker's event ends; infinity while it goes on. */
export function endOf(marker: Marker): Microseconds {
  return marker.duration === null ? Number.POSITIVE_INFINITY : marker.pts + marker.duration;
}

/** Opaque to clients; a position, so it holds even when the marker it was made from is gone. */
function pageToken(last: Marker): string {
  return `${last.pts}:${last.id}`;
}

function placeBehind(state: MarkerState, token: string): number {
  const match = /^(-?\d{1,16}):([A-Za-z0-9_.:-]{1,128})$/.exec(token);
  if (match === null) {
    throw new HlsStreamError('BAD_PARAMETER', 'page is not a token of an earlier answer; take its "next"');
  }
  const [, pts = '', id = ''] = match;
  const index = firstAtOrAfter(state, Number(pts), id);
  return state.order[index] === id ? index + 1 : index;
}

/** A marker as JSON clients see it. */
export interface MarkerJson {
  readonly id: string;
  readonly stream: string;
  /** PTS of the first frame, in seconds, exact to the microsecond. */
  readonly time: number;
  /** The same instant in ISO 8601, milliseconds, UTC. */
  readonly date: string;
  /** In seconds; null while the event goes on. */
  readonly duration: number | null;
  readonly text: string;
  readonly class: string;
  readonly source: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Its media is not kept any more; missing while it is. */
  readonly mediaGone?: true | undefined;
}

/** Whether what a marker points to ended before `from`, where media begins. */
function isGone(marker: Marker, from: Microseconds | undefined): boolean {
  return from !== undefined && endOf(marker) < from;
}

/**
 * A marker as `GET /markers` and the event stream write it.
 * @param from PTS where media begins
 */
export function markerToJson(marker: Marker, from?: Microseconds): MarkerJson {
  const { id, stream, text, source, data } = marker;
  return {
    id,
    stream,
    time: toSeconds(marker.pts),
    date: toIsoDate(marker.date),
    duration: marker.duration === null ? null : toSeconds(marker.duration),
    text,
    class: marker.class,
    source,
    data,
    ...(isGone(marker, from) && { mediaGone: true }),
  };
}
