import type { Logger } from 'pino';
import { liveEdge } from '../hls/live-edge.ts';
import type { MarkerState } from '../hls/marker-log.ts';
import { dateAtPts } from '../hls/media-time.ts';
import { FrameMarkers, type FrameObjectsTaker } from '../packager/frame-markers.ts';
import { MarkingWriter } from '../packager/marking-writer.ts';
import type { Publisher } from '../packager/publisher.ts';
import type { Source } from '../source/source.ts';
import type { Store } from '../store/store.ts';
import { storeAgain } from '../store/store-return.ts';

/** What {@link openFrameMarkers} works with. */
export interface FrameMarkerPlaces {
  readonly log: Logger;
  readonly store: Store;
  /** Name of the stream. */
  readonly stream: string;
  readonly signal: AbortSignal;
  /** Takes the objects that came with frames. */
  readonly objects: FrameObjectsTaker;
  /** The markers, as far as they are known. */
  readonly known: () => MarkerState;
}

/** Opens what writes the markers that come with frames; undefined for a source whose frames say nothing. */
export async function openFrameMarkers(
  { log, store, stream, signal, objects, known }: FrameMarkerPlaces,
  publisher: Publisher,
  source: Source | undefined,
): Promise<FrameMarkers | undefined> {
  const session = source?.session;
  if (session === undefined) return undefined;
  const { state } = publisher;
  const key = `input/${stream}`;
  const before = await storeAgain(store, signal, () => store.get(key));
  if (before !== session) await storeAgain(store, signal, () => store.set(key, session));
  const writer = new MarkingWriter({
    ...{ stream, session, known },
    dateAt: (pts) => dateAtPts(state, pts) ?? 0,
    refused: (id, why) => log.warn({ id }, `a marker that came with a frame is not ended: ${why}`),
  });
  const markers = new FrameMarkers({
    ...{ publisher, writer, objects, continues: before === session },
    othersEnd: before === undefined || before === session ? undefined : liveEdge(state),
    settled: (number, heard) => source?.settled?.(number, heard),
  });
  source?.onLate?.((late) => markers.late(late));
  return markers;
}
