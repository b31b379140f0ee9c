import type { SeenObjects } from '../../src/objects/shown.ts';
import { type Marker, type MarkerChange, readMarker } from '../markers/marker-list.ts';
import { jitteredBackOff } from './back-off.ts';

/** Markers of one stream as the server sends them (server-sent events). Whoever opens it closes it. */
export interface MarkerFeed {
  /** Says how things are: it holds a connection while the page is seen, and makes one anew when the server is back. */
  update(conditions: FeedConditions): void;
  close(): void;
}

/** What a feed needs to know of page and server. */
export interface FeedConditions {
  /** Somebody may be looking: while nobody does the connection is given up, and resumed from where it was. */
  readonly seen: boolean;
  /** The server answers: while it does not, nothing is tried here. */
  readonly reachable: boolean;
}

/** What the feed tells. */
export interface MarkerFeedListener {
  /** These are all markers there are. */
  reset(markers: readonly Marker[]): void;
  change(changes: readonly MarkerChange[]): void;
  /** The stream began a new epoch or its status changed: an entry of `GET /streams`. */
  stream(entry: unknown): void;
  /** Of a feed of objects: frames of this epoch in which something was looked for. */
  objects?(epoch: string, frames: readonly SeenObjects[]): void;
  /** The connection came (true) or went. */
  connected(up: boolean): void;
}

const TIMEOUT = 10_000;
/** Markers fetched at a time: the most the server gives. */
const PAGE = 10_000;

/**
 * Opens the feed below `url`, an absolute `…/markers`: all markers there are, page by page, then every change from
 * there on. A connection that broke is made anew here, with back-off, and goes on behind the last event: the browser
 * by itself would try every second for ever.
 */
export function openMarkerFeed(
  url: string,
  listener: MarkerFeedListener,
  first: FeedConditions = { seen: true, reachable: true },
): MarkerFeed {
  let conditions = first;
  /** The connection, or the attempt to get one; aborted when it is over. */
  let connection: AbortController | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  /** In a row, without a change between them. */
  let resets = 0;
  let cursor = '';

  async function connect(): Promise<void> {
    clearTimeout(retry);
    const mine = new AbortController();
    const { signal } = mine;
    connection = mine;
    try {
      if (cursor === '') await fetchAll(signal);
    } catch {
      if (!signal.aborted) again();
      return;
    }
    if (signal.aborted) return;
    const source = new EventSource(`${url}/events?cursor=${encodeURIComponent(cursor)}`);
    signal.addEventListener('abort', () => source.close());
    source.addEventListener('open', () => {
      failures = 0;
      listener.connected(true);
    });
    source.addEventListener('error', again);
    source.addEventListener('markers', onMarkers);
    source.addEventListener('reset', onReset);
    source.addEventListener('stream', ({ data }) => listener.stream(parse(data)));
  }

  async function fetchAll(signal: AbortSignal): Promise<void> {
    const found: Marker[] = [];
    let from = '';
    let page: unknown;
    do {
      const query = typeof page === 'string' ? `&page=${encodeURIComponent(page)}` : '';
      const either = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]);
      const response = await fetch(`${url}?limit=${PAGE}${query}`, { signal: either, cache: 'no-store' });
      if (!response.ok) throw new Error(`${url} answered ${response.status}`);
      const data = parse(await response.text());
      found.push(...array(data.markers).flatMap((value) => readMarker(value) ?? []));
      // What changed while later pages were fetched comes again by the events after the first page.
      from ||= String(data.cursor ?? '');
      page = data.next;
    } while (typeof page === 'string');
    cursor = from;
    listener.reset(found);
  }

  function disconnect(): void {
    clearTimeout(retry);
    connection?.abort();
    connection = undefined;
  }

  function again(): void {
    disconnect();
    listener.connected(false);
    failures += 1;
    if (conditions.seen && conditions.reachable)
      retry = setTimeout(() => void connect(), jitteredBackOff(failures));
  }

  function onMarkers(event: MessageEvent<string>): void {
    const data = parse(event.data);
    resets = 0;
    if (event.lastEventId !== '') cursor = event.lastEventId;
    listener.change(
      array(data.changes).flatMap((value): MarkerChange[] => {
        const { op, marker: raw } = (value ?? {}) as Record<string, unknown>;
        const marker = readMarker(raw);
        return marker === undefined ? [] : [{ op: String(op), marker }];
      }),
    );
  }

  /** The place is not known any more: all is fetched anew, not by every viewer at once. */
  function onReset(): void {
    disconnect();
    cursor = '';
    resets += 1;
    retry = setTimeout(() => void connect(), jitteredBackOff(resets));
  }

  if (first.seen && first.reachable) void connect();
  return {
    update(next) {
      const before = conditions;
      conditions = next;
      // A connection that was cut without a word looks open for ever: after an outage it is made anew.
      const isBack = next.reachable && !before.reachable;
      if (!next.seen || isBack) disconnect();
      if (!next.seen || !next.reachable) clearTimeout(retry);
      else if (connection === undefined && (isBack || !before.seen)) {
        failures = 0;
        void connect();
      }
    },
    close: disconnect,
  };
}

function parse(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
