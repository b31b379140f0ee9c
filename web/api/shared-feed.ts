import { type EpochMicroseconds, fromSeconds, type Microseconds } from '../../src/clock.ts';
import type { HubMessage, TabMessage } from './feed-hub.ts';
import type { FeedConditions, MarkerFeed, MarkerFeedListener } from './marker-feed.ts';
import { openFeed } from './object-feed.ts';

/** A feed that this tab shares with others. */
export interface SharedFeed extends MarkerFeed {
  /** Markers that ended before `date` left the window. */
  forgetBefore(date: EpochMicroseconds): void;
}

/** How often the tab gives a sign of life, and how long it waits for the worker's, in milliseconds. */
const BEAT = 3000;
const LOST_AFTER = 10_000;
/** A worker that never answers is tried so many times; then the tab has a feed of its own. */
const TRIES = 2;
/** The worker need not know of every step of the window. */
const FORGET_EVERY: Microseconds = fromSeconds(10);
/** Tabs with another number have another worker: to be raised when the messages change. */
const PROTOCOL = 2;

/**
 * Opens the feed of `url` (an absolute `…/markers`, or `…/objects/events`) by way of the worker that all tabs of this
 * browser share, or, where there are no such workers, for this tab alone.
 */
export function openSharedFeed(url: string, listener: MarkerFeedListener, first: FeedConditions): SharedFeed {
  let conditions = first;
  let worker: SharedWorker | undefined;
  let own: MarkerFeed | undefined;
  let heardAt = 0;
  let unanswered = 0;
  let forgotten: EpochMicroseconds = 0;
  let timer: ReturnType<typeof setInterval> | undefined;

  function connect(): void {
    worker?.port.close();
    heardAt = performance.now();
    unanswered += 1;
    try {
      if (unanswered > TRIES) throw new Error('no worker answers');
      worker = new SharedWorker(new URL('feed-worker.js', document.baseURI), `hlsstream feed ${PROTOCOL}`);
    } catch {
      alone();
      return;
    }
    worker.onerror = alone;
    worker.port.onmessage = ({ data }: MessageEvent<HubMessage>) => take(data);
    postToWorker();
  }

  function take(message: HubMessage): void {
    heardAt = performance.now();
    unanswered = 0;
    if (message.type === 'reset') listener.reset(message.markers);
    else if (message.type === 'change') listener.change(message.changes);
    else if (message.type === 'stream') listener.stream(message.entry);
    else if (message.type === 'objects') listener.objects?.(message.epoch, message.frames);
    else if (message.type === 'connected') listener.connected(message.up);
  }

  function postToWorker(more: Pick<TabMessage, 'forgetBefore'> = {}): void {
    worker?.port.postMessage({ url, ...conditions, ...more } satisfies TabMessage);
  }

  /** Without a worker. */
  function alone(): void {
    if (own !== undefined) return;
    clearInterval(timer);
    worker?.port.close();
    worker = undefined;
    own = openFeed(url, listener, conditions);
  }

  function beat(): void {
    if (!conditions.seen) return;
    // The worker goes when the process that it lives in crashes, and nobody is told.
    if (performance.now() - heardAt > LOST_AFTER) {
      listener.connected(false);
      connect();
    } else postToWorker();
  }

  timer = setInterval(beat, BEAT);
  connect();
  return {
    update(next) {
      if (next.seen === conditions.seen && next.reachable === conditions.reachable) return;
      if (next.seen && !conditions.seen) heardAt = performance.now();
      conditions = next;
      own?.update(next);
      postToWorker();
    },
    forgetBefore(date) {
      if (date < forgotten + FORGET_EVERY) return;
      forgotten = date;
      postToWorker({ forgetBefore: date });
    },
    close() {
      clearInterval(timer);
      conditions = { ...conditions, seen: false };
      postToWorker();
      worker?.port.close();
      own?.close();
    },
  };
}
