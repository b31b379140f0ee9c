import { createHash } from 'node:crypto';
import type { Marker } from '../hls/marker-log.ts';
import { type MarkerJson, markerToJson } from '../hls/marker-query.ts';

/** How a stream stands, as other systems are told. */
export type StreamCondition = 'up' | 'lost' | 'ended';

/** What happened. */
export type EventType = 'marker.begun' | 'marker.ended' | 'marker.changed' | `stream.${StreamCondition}`;

/** What happened to a marker or a stream, as it waits to be sent. Plain JSON. */
export interface HookEvent {
  /** The same each time it is sent; `[A-Za-z0-9_-]`. */
  readonly id: string;
  readonly type: EventType;
  /** When, in ISO 8601. */
  readonly timestamp: string;
  readonly stream: string;
  /** As it stands after that, or stood before it was deleted. */
  readonly marker?: MarkerJson;
  /** With `marker.changed`. */
  readonly change?: 'edited' | 'deleted';
  /** With `stream.lost`: why. */
  readonly reason?: string;
}

/** An event as it goes out. */
export interface SentEvent extends HookEvent {
  /** Opens the page at the moment of the event. */
  readonly link: string;
  /** A small JPEG of the moment, or the first after it; answers 404 where no thumbnails are made. */
  readonly picture: string;
}

/** What waits for each other: the events of one marker, or of one stream. */
export function laneOf({ stream, marker }: Pick<HookEvent, 'stream' | 'marker'>): string {
  return marker === undefined ? stream : `${stream}/${marker.id}`;
}

/** What is to be told when a marker was `before` and is `after`; undefined where it is not there. */
export function markerEvents(
  before: Marker | undefined,
  after: Marker | undefined,
): readonly Pick<HookEvent, 'type' | 'change' | 'marker'>[] {
  if (after === undefined) {
    return before === undefined
      ? []
      : [{ type: 'marker.changed', change: 'deleted', marker: markerToJson(before) }];
  }
  const marker = markerToJson(after);
  const ends = after.duration !== null && (before === undefined || before.duration === null);
  const ended = ends ? [{ type: 'marker.ended', marker } as const] : [];
  // What has begun is not over yet: the end is told by itself.
  if (before === undefined) return [{ type: 'marker.begun', marker }, ...ended];
  if (!isEdited(before, after, ends)) return ended;
  return [{ type: 'marker.changed', change: 'edited', marker }, ...ended];
}

function isEdited(before: Marker, after: Marker, ends: boolean): boolean {
  if (before.text !== after.text || before.class !== after.class) return true;
  if (!ends && before.duration !== after.duration) return true;
  return JSON.stringify(before.data) !== JSON.stringify(after.data);
}

/** An id that comes out the same whoever makes it of the same facts. */
export function eventId(...facts: readonly (string | number)[]): string {
  return `evt_${createHash('sha256').update(facts.join('\n')).digest('base64url').slice(0, 24)}`;
}
