import { markerLogName } from '../hls/marker-log.ts';
import { followLog } from '../store/log/follow.ts';
import type { Store } from '../store/store.ts';
import { storeAgain } from '../store/store-return.ts';
import { type MarkerNews, MarkerReader, type MarkerReaderOptions } from './marker-reader.ts';

/** What {@link followMarkers} works with. */
export interface FollowMarkersOptions extends MarkerReaderOptions {
  readonly store: Store;
  readonly signal: AbortSignal;
  readonly take: (news: MarkerNews) => void;
  readonly failed: (error: unknown) => void;
}

/** So many entries without news are read again after a restart at most. */
const QUIET = 500;

/** Follows the marker log of a stream until the signal; returns what it says now. */
export function followMarkers(options: FollowMarkersOptions): Pick<MarkerReader, 'classes'> {
  const { store, stream, signal, take, failed } = options;
  const log = markerLogName(stream);
  const reader = new MarkerReader(options);
  let quiet = 0;
  let asked = 0;
  const heed = (all: readonly MarkerNews[]) => {
    for (const news of all) {
      quiet += 1;
      if (news.events.length === 0 && news.begins !== true && quiet < QUIET) continue;
      quiet = 0;
      take(news);
    }
  };
  const askForEnd = async () => {
    asked += 1;
    const question = asked;
    const newest = await storeAgain(store, signal, () => store.read(log, { latest: true, limit: 1 }));
    if (newest !== undefined && question === asked) heed(reader.endsAt(newest[0]?.cursor));
  };
  if (reader.asksForEnd) askForEnd().catch(failed);
  void followLog({
    ...{ store, log, signal, failed },
    take(event) {
      heed(reader.take(event));
      if (event.type === 'reset') askForEnd().catch(failed);
    },
  });
  return reader;
}
