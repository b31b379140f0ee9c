import type { EpochMicroseconds } from '../src/clock.ts';
import {
  applyChanges,
  dropBefore,
  type MarkerChange,
  type MarkerList,
  markerList,
  readMarker,
} from './marker-list.ts';
import { readStreamInfo, type StreamInfo } from './stream-info.ts';

/** Markers of one stream, kept up to date by server-sent events. Whoever opens it closes it. */
export interface MarkerFeed {
  /** Forgets markers that ended before `date`: they left the window. */
  forgetBefore(date: EpochMicroseconds): void;
  /** Connects at once if it is waiting to try again (the network came back). */
  wake(): void;
  close(): void;
}

/** What the feed tells. */
export interface MarkerFeedListener {
  /** The markers changed; `fresh` are those that opened just now. */
  markers(list: MarkerList, fresh: MarkerList): void;
  /** The stream began a new epoch or its status changed. */
  stream(info: StreamInfo): void;
  /** The connection came (true) or went. */
  connected(up: boolean): void;
}

const FIRST_DELAY = 500;
const LONGEST_DELAY = 8000;

/**
 * Opens the feed of a stream: the server sends all there is, then every change. The browser resumes a
 * connection that broke by the last event's id; one that was refused is tried again here, with back-off.
 */
export function openMarkerFeed(name: string, listener: MarkerFeedListener): MarkerFeed {
  let list: MarkerList = [];
  let cursor = '';
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let delay = FIRST_DELAY;

  function connect(): void {
    clearTimeout(retry);
    retry = undefined;
    const query = cursor === '' ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    source = new EventSource(`/streams/${encodeURIComponent(name)}/markers/events${query}`);
    source.addEventListener('open', () => {
      delay = FIRST_DELAY;
      listener.connected(true);
    });
    source.addEventListener('error', onError);
    source.addEventListener('markers', onMarkers);
    source.addEventListener('reset', onReset);
    source.addEventListener('stream', onStream);
  }

  function onError(): void {
    listener.connected(false);
    if (source?.readyState !== EventSource.CLOSED) return;
    source = undefined;
    retry = setTimeout(connect, delay * (0.75 + Math.random() / 2));
    delay = Math.min(delay * 2, LONGEST_DELAY);
  }

  function onMarkers(event: MessageEvent<string>): void {
    const data = parse(event.data);
    if (event.lastEventId !== '') cursor = event.lastEventId;
    const changes = array(data.changes).flatMap((value): MarkerChange[] => {
      const { op, marker: raw } = (value ?? {}) as Record<string, unknown>;
      const marker = readMarker(raw);
      return marker === undefined ? [] : [{ op: String(op), marker }];
    });
    const known = new Set(list.map((marker) => marker.id));
    list = applyChanges(list, changes);
    const fresh = changes.filter(({ op, marker }) => op === 'open' && !known.has(marker.id));
    listener.markers(
      list,
      fresh.map(({ marker }) => marker),
    );
  }

  function onReset(event: MessageEvent<string>): void {
    const data = parse(event.data);
    cursor = typeof data.cursor === 'string' ? data.cursor : event.lastEventId;
    list = markerList(array(data.markers).flatMap((value) => readMarker(value) ?? []));
    listener.markers(list, []);
  }

  function onStream(event: MessageEvent<string>): void {
    const info = readStreamInfo(parse(event.data));
    if (info !== undefined) listener.stream(info);
  }

  connect();
  return {
    forgetBefore(date) {
      const kept = dropBefore(list, date);
      if (kept === list) return;
      list = kept;
      listener.markers(list, []);
    },
    wake() {
      if (retry !== undefined) connect();
    },
    close() {
      clearTimeout(retry);
      source?.close();
    },
  };
}

function parse(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
