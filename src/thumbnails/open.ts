import { fromSeconds } from '../clock.ts';
import type { Publisher } from '../packager/publisher.ts';
import type { Storage } from '../storage/storage.ts';
import type { Store } from '../store/store.ts';
import { type PictureSize, tileSize } from './scale.ts';
import { beginLayout, readThumbnails, ThumbnailPublisher } from './thumbnail-publisher.ts';
import { Thumbnailer } from './thumbnailer.ts';

/** What the settings say of thumbnails. */
export interface ThumbnailSettings {
  /** Seconds from tile to tile; 0 for none. */
  readonly thumbnailInterval: number;
  /** Of a tile, in pixels. */
  readonly thumbnailHeight: number;
}

/** What thumbnails are made with. */
export interface ThumbnailPlaces {
  readonly store: Store;
  readonly storage: Storage;
  readonly publisher: Publisher;
  /** Told of every failure; the stream is none the worse for it. */
  readonly failed: (error: unknown) => void;
}

/** Tiles side by side, and one above the other. */
const SIDE = 5;

/** Begins making thumbnails, or makes known that none are made. Rejects with STORE_*. */
export async function openThumbnails(
  { thumbnailInterval, thumbnailHeight }: ThumbnailSettings,
  picture: PictureSize,
  { store, storage, publisher, failed }: ThumbnailPlaces,
): Promise<Thumbnailer | undefined> {
  const known = await readThumbnails(store, publisher.state.stream);
  const facts = new ThumbnailPublisher(publisher, known);
  const interval = fromSeconds(thumbnailInterval);
  const last = known.sheets.at(-1)?.number ?? -1;
  const layout = { columns: SIDE, rows: SIDE, interval, ...tileSize(picture, thumbnailHeight) };
  await beginLayout(facts, interval === 0 ? undefined : { type: 'layout', ...layout });
  if (facts.state.layout === undefined) return undefined;
  return new Thumbnailer({ facts, storage, stream: publisher.state, next: last + 1, failed });
}
