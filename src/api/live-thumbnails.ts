import type { StreamEntry } from '../hls/playlist-log.ts';
import { renderStoryboard, thumbnailsToJson } from '../hls/thumbnail-list.ts';
import {
  applyThumbnailEntry,
  emptyThumbnailState,
  type ThumbnailEntry,
  type ThumbnailState,
  thumbnailLogName,
} from '../hls/thumbnail-log.ts';
import type { LogEvent, Store } from '../store/store.ts';
import { followLog } from './follow-log.ts';
import { PreparedText } from './prepared-text.ts';

/** The texts of one version of the list. */
interface Texts {
  readonly state: ThumbnailState;
  readonly version: number;
  json?: PreparedText | undefined;
  storyboard?: PreparedText | undefined;
}

/**
 * The thumbnails of one epoch as this process has folded them. When the log begins anew (`reset`) the old list is
 * served until the new one reaches as far.
 */
export class LiveThumbnails {
  state: ThumbnailState = emptyThumbnailState();
  readonly #stream: StreamEntry;
  readonly #stop = new AbortController();
  #aside: ThumbnailState | undefined;
  #texts: Texts | undefined;

  /** @param failed told of every failure of the store */
  constructor(store: Store, stream: StreamEntry, failed: (error: unknown) => void) {
    this.#stream = stream;
    const log = thumbnailLogName(stream.name, stream.epoch);
    const take = (event: LogEvent) => this.#take(event);
    void followLog({ store, log, signal: this.#stop.signal, take, failed });
  }

  /** The list as JSON, made once for all who ask; undefined where no thumbnails are made. */
  get json(): PreparedText | undefined {
    const texts = this.#current();
    if (texts.json === undefined) {
      const list = thumbnailsToJson(this.state, this.#stream);
      texts.json = list && new PreparedText(JSON.stringify(list));
    }
    return texts.json;
  }

  /** The list as WebVTT, made once for all who ask; undefined where no thumbnails are made. */
  get storyboard(): PreparedText | undefined {
    const texts = this.#current();
    if (texts.storyboard === undefined) {
      const list = renderStoryboard(this.state, this.#stream);
      texts.storyboard = list === undefined ? undefined : new PreparedText(list);
    }
    return texts.storyboard;
  }

  /** Stops following; what was folded stays. */
  close(): void {
    this.#stop.abort();
  }

  #current(): Texts {
    const { state } = this;
    if (this.#texts?.state !== state || this.#texts.version !== state.version)
      this.#texts = { state, version: state.version };
    return this.#texts;
  }

  #take(event: LogEvent): void {
    if (event.type === 'reset') {
      this.#aside = emptyThumbnailState();
      return;
    }
    const entry = event.value as ThumbnailEntry;
    if (this.#aside === undefined) {
      applyThumbnailEntry(this.state, entry);
      return;
    }
    applyThumbnailEntry(this.#aside, entry);
    if (entry.type !== 'off' && newestTile(this.#aside) < newestTile(this.state)) return;
    this.state = this.#aside;
    this.#aside = undefined;
  }
}

function newestTile({ sheets }: ThumbnailState): number {
  return sheets.at(-1)?.tiles.at(-1)?.pts ?? Number.NEGATIVE_INFINITY;
}
