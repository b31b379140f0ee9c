import { LRUCache } from 'lru-cache';
import type { StreamEntry } from '../../hls/stream-log.ts';
import { renderStoryboard, thumbnailsToJson } from '../../hls/thumbnail-list.ts';
import {
  applyThumbnailEntry,
  emptyThumbnailState,
  type ThumbnailEntry,
  type ThumbnailState,
  thumbnailLogName,
} from '../../hls/thumbnail-log.ts';
import { followLog } from '../../store/log/follow.ts';
import { Refold } from '../../store/log/refold.ts';
import type { LogEvent, Store } from '../../store/store.ts';
import { TextResponse } from '../http/text-response.ts';

/** Texts kept at most: two kinds for each prefix that proxies name, of which there is mostly one. */
const KEPT = 8;

/** The texts of one version of the list. */
interface Texts {
  readonly state: ThumbnailState;
  readonly version: number;
  /** By kind and what its paths begin with. */
  readonly made: LRUCache<string, TextResponse>;
}

/**
 * The thumbnails of one epoch as this process has folded them. When the log begins anew (`reset`) the old list is
 * served until the new one reaches as far.
 */
export class LiveThumbnails {
  readonly #fold = new Refold<ThumbnailState, ThumbnailEntry>(emptyThumbnailState(), {
    begin: emptyThumbnailState,
    apply: applyThumbnailEntry,
    caughtUp: (anew, present, { type }) => type === 'off' || newestTile(anew) >= newestTile(present),
  });
  readonly #stream: StreamEntry;
  readonly #stop = new AbortController();
  #texts: Texts | undefined;

  /** @param failed told of every failure of the store */
  constructor(store: Store, stream: StreamEntry, failed: (error: unknown) => void) {
    this.#stream = stream;
    const log = thumbnailLogName(stream.name, stream.epoch);
    const take = (event: LogEvent) => this.#fold.take(event);
    void followLog({ store, log, signal: this.#stop.signal, take, failed });
  }

  /** What can be fetched now. The object may be replaced. */
  get state(): ThumbnailState {
    return this.#fold.state;
  }

  /**
   * The list as JSON, made once for all who ask; undefined where no thumbnails are made.
   * @param prefix what its paths begin with
   */
  json(prefix: string): TextResponse | undefined {
    return this.#text(`json ${prefix}`, () => {
      const list = thumbnailsToJson(this.state, { ...this.#stream, prefix });
      return list && JSON.stringify(list);
    });
  }

  /** The list as WebVTT; see {@link json}. */
  storyboard(prefix: string): TextResponse | undefined {
    return this.#text(`storyboard ${prefix}`, () =>
      renderStoryboard(this.state, { ...this.#stream, prefix }),
    );
  }

  /** Stops following; what was folded stays. */
  close(): void {
    this.#stop.abort();
  }

  #text(key: string, render: () => string | undefined): TextResponse | undefined {
    const { state } = this;
    if (this.#texts?.state !== state || this.#texts.version !== state.version)
      this.#texts = { state, version: state.version, made: new LRUCache({ max: KEPT }) };
    const made = this.#texts.made.get(key);
    if (made !== undefined) return made;
    const text = render();
    if (text === undefined) return undefined;
    const fresh = new TextResponse(text);
    this.#texts.made.set(key, fresh);
    return fresh;
  }
}

function newestTile({ sheets }: ThumbnailState): number {
  return sheets.at(-1)?.tiles.at(-1)?.pts ?? Number.NEGATIVE_INFINITY;
}
