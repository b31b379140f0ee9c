import { jitteredBackOff } from './back-off.ts';
import type { FeedConditions, MarkerFeed } from './marker-feed.ts';
import { type ObjectFrame, readObjectFrames } from './object-json.ts';

/** What a feed of objects tells. */
export interface ObjectFeedListener {
  /** Frames of this epoch in which something was looked for. */
  objects(epoch: string, frames: readonly ObjectFrame[]): void;
  /** The connection came (true) or went: what is missed meanwhile is only in the sidecars. */
  connected(up: boolean): void;
}

/**
 * Opens the feed of objects at `url`, as the frames come; what no sidecar has yet comes first. A connection that broke
 * is made anew with back-off.
 */
export function openObjectFeed(url: string, listener: ObjectFeedListener, first: FeedConditions): MarkerFeed {
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let conditions = first;
  let failures = 0;

  function connect(): void {
    disconnect();
    if (!conditions.seen || !conditions.reachable) return;
    source = new EventSource(url);
    source.addEventListener('open', () => {
      failures = 0;
      listener.connected(true);
    });
    source.addEventListener('error', () => {
      disconnect();
      failures += 1;
      retry = setTimeout(connect, jitteredBackOff(failures));
    });
    source.addEventListener('objects', ({ data }: MessageEvent<string>) => {
      const told: unknown = JSON.parse(data);
      listener.objects(String((told as { epoch?: unknown } | null)?.epoch), readObjectFrames(told));
    });
  }

  function disconnect(): void {
    clearTimeout(retry);
    if (source === undefined) return;
    source.close();
    source = undefined;
    listener.connected(false);
  }

  connect();
  return {
    update(next) {
      if (next.seen === conditions.seen && next.reachable === conditions.reachable) return;
      conditions = next;
      failures = 0;
      connect();
    },
    close: disconnect,
  };
}
