import type { StreamEntry } from '../hls/stream-log.ts';
import {
  applyThumbnailEntry,
  emptyThumbnailState,
  sameLayout,
  type ThumbnailEntry,
  type ThumbnailLayoutEntry,
  type ThumbnailState,
  thumbnailLogName,
} from '../hls/thumbnail-log.ts';
import type { Publisher } from '../packager/publisher.ts';
import { readAll } from '../store/log/read-all.ts';
import type { Cursor, Store } from '../store/store.ts';

/** After how many removals the log is trimmed. */
const TRIM_EVERY = 8;

/** Appends thumbnails to their log, in the publisher's own queue: what it could not append follows with the rest. */
export class ThumbnailPublisher {
  /** What can be fetched; folded before the store has it. */
  readonly state: ThumbnailState;
  readonly #publisher: Publisher;
  readonly #log: string;
  readonly #firstTiles = new Map<number, Cursor>();
  #removals = 0;
  /** Sheets below this number were removed. */
  #first = 0;

  /** @param state what the log holds already */
  constructor(publisher: Publisher, state: ThumbnailState) {
    this.#publisher = publisher;
    this.state = state;
    const { name, epoch } = publisher.state.stream;
    this.#log = thumbnailLogName(name, epoch);
    publisher.alsoAppend(() => this.#appendAll());
  }

  /** Appends a fact; resolves when the store has taken it, or is known to be away. */
  append(entry: ThumbnailEntry): Promise<void> {
    applyThumbnailEntry(this.state, entry);
    if (entry.type === 'removed') this.#first = entry.before;
    return this.#publisher.inTurn(async () => {
      await this.#appendNow(entry);
      if (entry.type === 'removed') await this.#trim();
    });
  }

  async #appendAll(): Promise<void> {
    const { layout, sheets } = this.state;
    if (layout === undefined) return;
    const entries: ThumbnailEntry[] = [layout, { type: 'removed', before: sheets[0]?.number ?? this.#first }];
    for (const { number, tiles } of sheets)
      tiles.forEach((tile, index) => {
        entries.push({ type: 'tile', sheet: number, index, ...tile, ...(index === 0 ? { layout } : {}) });
      });
    await Promise.all(entries.map((entry) => this.#appendNow(entry)));
  }

  async #appendNow(entry: ThumbnailEntry): Promise<void> {
    const cursor = await this.#publisher.append(this.#log, entry, idOf(entry));
    if (entry.type === 'tile' && entry.index === 0) this.#firstTiles.set(entry.sheet, cursor);
  }

  async #trim(): Promise<void> {
    this.#removals += 1;
    const first = this.state.sheets[0];
    const cursor = first && this.#firstTiles.get(first.number);
    if (this.#removals % TRIM_EVERY !== 0 || first === undefined || cursor === undefined) return;
    for (const number of this.#firstTiles.keys()) if (number < first.number) this.#firstTiles.delete(number);
    await this.#publisher.trim(this.#log, cursor);
  }
}

/** Layouts have no id: one may come back after another. Told twice, it changes nothing. */
function idOf(entry: ThumbnailEntry): string | undefined {
  return entry.type === 'tile' ? `${entry.sheet}.${entry.index}` : undefined;
}

/** Folds what the store holds of an epoch's thumbnails. Rejects with STORE_*. */
export async function readThumbnails(store: Store, { name, epoch }: StreamEntry): Promise<ThumbnailState> {
  const state = emptyThumbnailState();
  for (const { value } of await readAll(store, thumbnailLogName(name, epoch)))
    applyThumbnailEntry(state, value as ThumbnailEntry);
  return state;
}

/** Begins with this layout, or (undefined) makes known that there are no thumbnails any more. */
export async function beginLayout(
  publisher: ThumbnailPublisher,
  layout: ThumbnailLayoutEntry | undefined,
): Promise<void> {
  const known = publisher.state.layout;
  if (layout !== undefined && !sameLayout(known, layout)) await publisher.append(layout);
  if (layout === undefined && known !== undefined) await publisher.append({ type: 'off' });
}
