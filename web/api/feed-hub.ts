import type { EpochMicroseconds } from '../../src/clock.ts';
import type { SeenObjects } from '../../src/objects/shown.ts';
import { foldMarkers, type MarkerFold } from '../markers/marker-fold.ts';
import type { Marker, MarkerChange } from '../markers/marker-list.ts';
import type { FeedConditions, MarkerFeed, MarkerFeedListener } from './marker-feed.ts';
import { openFeed } from './object-feed.ts';

/**
 * Shares one feed of a stream's markers, and one of its objects, among all tabs that show it: over plain HTTP/1.1 a
 * browser has six connections to a server, for all its tabs, and an event stream holds one for as long as it lasts. It
 * runs in a SharedWorker, which outlives whichever tab made it.
 */

/** What a tab says: when it comes, when something changes, and every few seconds, as a sign of life. */
export interface TabMessage extends FeedConditions {
  /** Of the markers, or of the events of objects. */
  readonly url: string;
  /** Markers that ended before this left the window. */
  readonly forgetBefore?: EpochMicroseconds | undefined;
}

/** What a tab is told. */
export type HubMessage =
  | { readonly type: 'reset'; readonly markers: readonly Marker[] }
  | { readonly type: 'change'; readonly changes: readonly MarkerChange[] }
  | { readonly type: 'stream'; readonly entry: unknown }
  | { readonly type: 'objects'; readonly epoch: string; readonly frames: readonly SeenObjects[] }
  | { readonly type: 'connected'; readonly up: boolean }
  /** The answer to a sign of life. */
  | { readonly type: 'here' };

/** A tab that has given no sign of life for so long is gone, in milliseconds; it is taken on again if it is not. */
export const GONE_AFTER = 20_000;

/**
 * So many event streams at once leave connections for playlists and media. Where tabs show more streams than that, as
 * on a wall of cameras, their feeds take turns from sweep to sweep, each going on where it was.
 */
export const MOST_FEEDS = 3;

/** The end of a message channel at which the hub listens. */
export interface HubPort {
  postMessage(message: HubMessage): void;
}

interface Room {
  readonly feed: MarkerFeed;
  readonly fold: MarkerFold;
  readonly tabs: Map<HubPort, { readonly conditions: FeedConditions; readonly at: number }>;
  up: boolean;
  stream: unknown;
}

/** All feeds of a browser. */
export class FeedHub {
  readonly #rooms = new Map<string, Room>();
  readonly #open: typeof openFeed;

  constructor(open = openFeed) {
    this.#open = open;
  }

  /** Takes what a tab says. `now` in milliseconds. */
  take(port: HubPort, { url, seen, reachable, forgetBefore }: TabMessage, now: number): void {
    const room = this.#rooms.get(url) ?? this.#make(url);
    const isNew = room.tabs.get(port)?.conditions.seen !== true;
    room.tabs.set(port, { conditions: { seen, reachable }, at: now });
    if (forgetBefore !== undefined) room.fold.forgetBefore(forgetBefore);
    if (seen && isNew) greet(port, room);
    if (seen) port.postMessage({ type: 'here' });
    this.#settle(url, room);
  }

  /** Lets go of tabs that have not been heard of for too long, and passes the turn on; every few seconds. */
  sweep(now: number): void {
    for (const [url, room] of this.#rooms) {
      for (const [port, { at }] of room.tabs) if (now - at > GONE_AFTER) room.tabs.delete(port);
      this.#settle(url, room);
    }
    const looked = [...this.#rooms].filter(([, room]) => isSeen(room));
    if (looked.length <= MOST_FEEDS) return;
    for (const [url, room] of looked.slice(0, MOST_FEEDS)) {
      this.#rooms.delete(url);
      this.#rooms.set(url, room);
    }
    for (const [url, room] of looked) this.#settle(url, room);
  }

  /** Whether a room may hold a connection now: it is among the first that somebody looks at. */
  #hasTurn(room: Room): boolean {
    return [...this.#rooms.values()].filter(isSeen).slice(0, MOST_FEEDS).includes(room);
  }

  #make(url: string): Room {
    const post = (message: HubMessage) => {
      for (const [port, { conditions }] of room.tabs) if (conditions.seen) port.postMessage(message);
    };
    const listener: MarkerFeedListener = {
      reset(markers) {
        room.fold.reset(markers);
        post({ type: 'reset', markers });
      },
      change(changes) {
        room.fold.change(changes);
        post({ type: 'change', changes });
      },
      stream(entry) {
        room.stream = entry;
        post({ type: 'stream', entry });
      },
      // Who comes later finds what was before in the sidecars.
      objects: (epoch, frames) => post({ type: 'objects', epoch, frames }),
      connected(up) {
        room.up = up;
        post({ type: 'connected', up });
      },
    };
    // It begins when the first tab is taken on.
    const feed = this.#open(url, listener, { seen: false, reachable: true });
    const room: Room = { feed, fold: foldMarkers(() => {}), tabs: new Map(), up: false, stream: undefined };
    this.#rooms.set(url, room);
    return room;
  }

  /** The feed is held for whoever looks, and ends with the last tab. */
  #settle(url: string, room: Room): void {
    const tabs = [...room.tabs.values()].map(({ conditions }) => conditions);
    const seen = this.#hasTurn(room);
    if (!isSeen(room)) room.up = false;
    room.feed.update({ seen, reachable: tabs.some((tab) => tab.seen && tab.reachable) });
    if (tabs.length > 0) return;
    room.feed.close();
    this.#rooms.delete(url);
  }
}

function isSeen({ tabs }: Room): boolean {
  return [...tabs.values()].some(({ conditions }) => conditions.seen);
}

function greet(port: HubPort, { fold, up, stream }: Room): void {
  const markers = fold.list();
  if (markers !== undefined) port.postMessage({ type: 'reset', markers });
  if (stream !== undefined) port.postMessage({ type: 'stream', entry: stream });
  if (up) port.postMessage({ type: 'connected', up });
}
