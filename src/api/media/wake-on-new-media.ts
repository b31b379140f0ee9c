import { mediaFolder } from '../../hls/playlist-log.ts';
import type { LiveMedia } from '../live/live-media.ts';
import type { LiveState } from '../live/live-state.ts';
import type { LiveStream } from '../live/live-stream.ts';
import type { BlockedRequests } from './blocked-requests.ts';
import type { MediaFiles } from './media.ts';
import type { MediaCache } from './media-cache.ts';

/** Has new media read and those answered who wait for it, whenever the log says that there is some. */
export function wakeOnNewMedia(
  live: LiveState,
  { media, cache, blocked }: { media: MediaFiles; cache: MediaCache; blocked: BlockedRequests },
): void {
  const served = new WeakMap<LiveStream, LiveMedia>();
  live.onChange((stream, change) => {
    if (change.type !== 'media' || stream.media === undefined) return;
    const before = served.get(stream);
    if (before !== stream.media) {
      served.set(stream, stream.media);
      if (before !== undefined) {
        blocked.wake(before);
        cache.forget(mediaFolder(before.stream.name, before.stream.epoch));
      }
    }
    media.fill(stream.media);
    blocked.wake(stream.media);
  });
}
