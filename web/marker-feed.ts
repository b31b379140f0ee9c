import type { EpochMicroseconds } from '../src/clock.ts';
import {
  applyChanges,
  dropBefore,
  type Marker,
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
  /** Connects anew from where it stands, whatever the old connection seems to be. */
  renew(): void;
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
const PATIENCE = 10_000;
/** Markers fetched at a time: the most the server gives. */
const PAGE = 10_000;

/**
 * Opens the feed of a stream: all markers there are, page by page, then every change from there on. The
 * browser resumes a connection that broke by the last event's id; one that was refused is tried again here,
 * with back-off.
 */
export function openMarkerFeed(name: string, listener: MarkerFeedListener): MarkerFeed {
  const base = `streams/${encodeURIComponent(name)}/markers`;
  const stop = new AbortController();
  let list: MarkerList = [];
  let cursor = '';
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let delay = FIRST_DELAY;

  async function connect(): Promise<void> {
    clearTimeout(retry);
    retry = undefined;
    try {
      if (cursor === '') await fetchAll();
    } catch {
      again();
      return;
    }
    if (stop.signal.aborted) return;
    source = new EventSource(`${base}/events?cursor=${encodeURIComponent(cursor)}`);
    source.addEventListener('open', () => {
      delay = FIRST_DELAY;
      listener.connected(true);
    });
    source.addEventListener('error', onError);
    source.addEventListener('markers', onMarkers);
    source.addEventListener('reset', onReset);
    source.addEventListener('stream', onStream);
  }

  async function fetchAll(): Promise<void> {
    const found: Marker[] = [];
    let from = '';
    let page: unknown;
    do {
      const query = typeof page === 'string' ? `&page=${encodeURIComponent(page)}` : '';
      const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(PATIENCE)]);
      const response = await fetch(`${base}?limit=${PAGE}${query}`, { signal, cache: 'no-store' });
      if (!response.ok) throw new Error(`${base} answered ${response.status}`);
      const data = parse(await response.text());
      found.push(...array(data.markers).flatMap((value) => readMarker(value) ?? []));
      // What changed while later pages were fetched comes again by the events after the first page.
      from ||= String(data.cursor ?? '');
      page = data.next;
    } while (typeof page === 'string');
    cursor = from;
    list = markerList(found);
    listener.markers(list, []);
  }

  function again(): void {
    if (stop.signal.aborted) return;
    retry = setTimeout(() => void connect(), delay * (0.75 + Math.random() / 2));
    delay = Math.min(delay * 2, LONGEST_DELAY);
  }

  function onError(): void {
    listener.connected(false);
    if (source?.readyState !== EventSource.CLOSED) return;
    source = undefined;
    again();
  }

  function onMarkers(event: MessageEvent<string>): void {
    const data = parse(event.data);
    if (event.lastEventId !== '') cursor = event.lastEventId;
    const changes = array(data.changes).flatMap((value): MarkerChange[] => {
      const { op, marker: raw } = (value ?? {}) as Record<string, unknown>;
      const marker = readMarker(raw);
      return marker === undefined ? [] : [{ op: String(op), marker }];
    });
    const opened = new Map(
      changes.filter(({ op }) => op === 'open').map(({ marker }) => [marker.id, marker]),
    );
    for (const { id } of list) opened.delete(id);
    list = applyChanges(list, changes);
    listener.markers(list, [...opened.values()]);
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

  void connect();
  return {
    forgetBefore(date) {
      const kept = dropBefore(list, date);
      if (kept === list) return;
      list = kept;
      listener.markers(list, []);
    },
    wake() {
      if (retry !== undefined) void connect();
    },
    renew() {
      if (source === undefined) return;
      source.close();
      source = undefined;
      void connect();
    },
    close() {
      stop.abort();
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
