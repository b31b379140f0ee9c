import { jitteredBackOff } from './back-off.ts';
import {
  type FeedConditions,
  type MarkerFeed,
  type MarkerFeedListener,
  openMarkerFeed,
} from './marker-feed.ts';
import { readObjectFrames } from './object-json.ts';

/** Opens the feed of a stream's markers or of its objects, whichever is at `url`. */
export function openFeed(url: string, listener: MarkerFeedListener, first: FeedConditions): MarkerFeed {
  return (url.endsWith('/objects/events') ? openObjectFeed : openMarkerFeed)(url, listener, first);
}

/**
 * Opens the feed of objects at `url`, as the frames come; what no sidecar has yet comes first. A connection that broke
 * is made anew with back-off: what was missed is in the sidecars.
 */
function openObjectFeed(
  url: string,
  listener: Pick<MarkerFeedListener, 'objects' | 'connected'>,
  first: FeedConditions,
): MarkerFeed {
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
      const parsed: unknown = JSON.parse(data);
      listener.objects?.(String((parsed as { epoch?: unknown } | null)?.epoch), readObjectFrames(parsed));
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
