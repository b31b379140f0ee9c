import type { EpochMicroseconds, Microseconds } from '../../src/clock.ts';
import { fromIsoDate, fromSeconds } from '../../src/clock.ts';
import type { MarkerJson } from '../../src/hls/marker-query.ts';
import { type Box, boxOfData } from './box.ts';

/** A marker as the page uses it. Texts are data: they are only ever shown as text. */
export interface Marker {
  readonly id: string;
  readonly pts: Microseconds;
  readonly date: EpochMicroseconds;
  /** Null while the event goes on; 0 for an instant. */
  readonly duration: Microseconds | null;
  readonly text: string;
  readonly class: string;
  readonly source: string;
  /** Round what it is about, in its first frame. */
  readonly box?: Box;
  /** Its frame got lost with an encoder: there is no media where it lies. */
  readonly frameLost?: true;
}

/** Markers by (pts, id), ascending; never changed in place. */
export type MarkerList = readonly Marker[];

/** What happened to a marker: as in the events of `/streams/<name>/markers/events`. */
export interface MarkerChange {
  readonly op: string;
  readonly marker: Marker;
}

/** Reads a marker from the API's JSON; undefined if it is none. */
export function readMarker(value: unknown): Marker | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const {
    id,
    time,
    date,
    duration,
    text,
    class: kind,
    source,
    data,
  } = value as Partial<Record<keyof MarkerJson, unknown>>;
  const at = typeof date === 'string' ? fromIsoDate(date) : undefined;
  if (typeof id !== 'string' || typeof time !== 'number' || at === undefined) return undefined;
  const box = boxOfData(data);
  const { frameLost } = (data ?? {}) as { frameLost?: unknown };
  return {
    id,
    ...(box && { box }),
    ...(frameLost === true && { frameLost }),
    pts: fromSeconds(time),
    date: at,
    duration: typeof duration === 'number' ? fromSeconds(duration) : null,
    text: typeof text === 'string' ? text : '',
    class: typeof kind === 'string' ? kind : '',
    source: typeof source === 'string' ? source : '',
  };
}

/** A list of these markers; of two with one id the later wins. */
export function markerList(markers: Iterable<Marker>): MarkerList {
  const byId = new Map<string, Marker>();
  for (const marker of markers) byId.set(marker.id, marker);
  return [...byId.values()].sort(byTime);
}

/** The list after `changes`, in their order; the same list if nothing changed. One pass, nothing is sorted anew. */
export function applyChanges(list: MarkerList, changes: readonly MarkerChange[]): MarkerList {
  if (changes.length === 0) return list;
  const byId = new Map(changes.map(({ op, marker }) => [marker.id, op === 'delete' ? undefined : marker]));
  const changed = [...byId.values()].filter((marker) => marker !== undefined).sort(byTime);
  const merged: Marker[] = [];
  let next = 0;
  for (const marker of list) {
    if (byId.has(marker.id)) continue;
    for (let one = changed[next]; one !== undefined && byTime(one, marker) < 0; one = changed[next]) {
      merged.push(one);
      next += 1;
    }
    merged.push(marker);
  }
  for (const marker of changed.slice(next)) merged.push(marker);
  return merged;
}

/**
 * The list without markers that ended before `date`; the same list if there are none. Looks only at those that
 * began before it.
 */
export function dropBefore(list: MarkerList, date: EpochMicroseconds): MarkerList {
  const later = list.findIndex((marker) => marker.date >= date);
  const earlier = later === -1 ? list : list.slice(0, later);
  const kept = earlier.filter(({ date: at, duration }) => duration === null || at + duration >= date);
  return kept.length === earlier.length ? list : [...kept, ...list.slice(earlier.length)];
}

function byTime(a: Marker, b: Marker): number {
  return a.pts - b.pts || (a.id < b.id ? -1 : 1);
}
