import type { Microseconds } from '../clock.ts';
import {
  listedOpenParts,
  type MediaState,
  partsLogName,
  playlistLogName,
  type SegmentEntry,
} from '../hls/playlist-log.ts';
import { nextRetained } from '../hls/retained-log.ts';
import { LARGEST_PAGE, retained } from '../hls/retained-page.ts';
import { STREAMS_LOG, type StreamEntry, streamFromLog } from '../hls/stream-log.ts';
import { thumbnailLogName } from '../hls/thumbnail-log.ts';
import { readAll } from '../store/log/read-all.ts';
import type { Fence } from '../store/store.ts';
import { closeSegment, readEpoch, readEpochs } from './epoch.ts';
import { joinParts } from './join-parts.ts';
import { numbersKey } from './number-block.ts';
import type { RetainedPublisher } from './retained-publisher.ts';
import { StrangeEpochs, type StrangeEpochsOptions } from './strange-epochs.ts';

/** What {@link EarlierEpochs} work with. */
export interface EarlierEpochsOptions extends Omit<StrangeEpochsOptions, 'removed'> {
  /** What changes of the store carry. */
  readonly fence?: (() => Fence) | undefined;
  /** Told how many epochs were removed, and why. */
  readonly removed: (count: number, why: 'over' | 'unknown') => void;
}

interface EarlierEpoch {
  readonly stream: StreamEntry;
  /** PTS where what its own log lists begins; undefined where nothing is listed. */
  readonly from: Microseconds | undefined;
  /** All that it lists is kept in pages. */
  paged: boolean;
}

/**
 * The epochs of a stream before the present one: what they list is kept in pages, which is all that is left of them, and
 * they go with the last of these.
 */
export class EarlierEpochs {
  readonly #options: EarlierEpochsOptions;
  readonly #strange: StrangeEpochs;
  #present = '';
  #epochs: readonly EarlierEpoch[] = [];

  constructor(options: EarlierEpochsOptions) {
    this.#options = options;
    this.#strange = new StrangeEpochs({ ...options, removed: (count) => options.removed(count, 'unknown') });
  }

  /** Of all that are left, the longest window: what they listed stays for so long. */
  get window(): Microseconds {
    return Math.max(0, ...this.#epochs.map(({ stream }) => stream.window));
  }

  /** PTS where the oldest begins of what is not kept in pages yet. */
  get from(): Microseconds | undefined {
    const begins = this.#epochs.flatMap(({ from, paged }) => (from === undefined || paged ? [] : [from]));
    return begins.length === 0 ? undefined : Math.min(...begins);
  }

  /** Finds them. Rejects with STORE_*. */
  async find(present: string): Promise<void> {
    const { store, stream } = this.#options;
    this.#present = present;
    const known = (await readEpochs(store, stream)).filter(({ epoch }) => epoch !== present);
    this.#epochs = await Promise.all(
      known.map(async (entry) => {
        const { segments } = await readEpoch(store, entry);
        return { stream: entry, from: segments[0]?.pts, paged: false };
      }),
    );
  }

  /** Keeps in pages what they list, and of their logs no more than where they ended. Rejects with STORE_*, STORAGE_FAILED. */
  async page(pages: RetainedPublisher): Promise<void> {
    for (const epoch of this.#epochs) {
      if (epoch.paged) continue;
      const state = await readEpoch(this.#options.store, epoch.stream);
      const segments = [...state.segments, ...(await this.#joinOpen(state))];
      const next = nextRetained(pages.state, epoch.stream.epoch);
      const left = segments.filter(({ msn }) => msn >= next);
      for (let at = 0; at < left.length; at += LARGEST_PAGE) {
        const some = left.slice(at, at + LARGEST_PAGE);
        pages.page(
          some.map((segment) => retained(segment, epoch.stream.epoch)),
          epoch.stream,
        );
      }
      epoch.paged = true;
      await this.#shorten(epoch.stream);
    }
  }

  /** Removes those of which nothing is kept any more. Rejects likewise. */
  async removeOver({ state }: RetainedPublisher): Promise<void> {
    const { storage, stream, removed } = this.#options;
    const kept = new Set(state.pages.map(({ epoch }) => epoch));
    const over = this.#epochs.filter((one) => one.paged && !kept.has(one.stream.epoch));
    for (const { stream: entry } of over) {
      // The media first: of what the store does not know the next process removes it.
      await storage.removeFolder(`${stream}/${entry.epoch}`);
      await this.#forget(entry);
    }
    const count = over.filter(({ from }) => from !== undefined).length;
    if (count > 0) removed(count, 'over');
    await this.#strange.removeOver();
  }

  /** See {@link StrangeEpochs.look}. */
  removeStrange(): Promise<void> {
    return this.#strange.look(this.#known);
  }

  /** See {@link StrangeEpochs.release}. */
  releaseStrange(): Promise<boolean> {
    return this.#strange.release();
  }

  /** The segment that was open when the epoch ended, from the parts of it that are listed. */
  async #joinOpen(state: MediaState): Promise<SegmentEntry[]> {
    const parts = listedOpenParts(state);
    const segment = closeSegment(parts, true);
    if (segment === undefined) return [];
    return (await joinParts(this.#options.storage, state.stream, segment)) ? [segment] : [];
  }

  /** Where it ended is what a start after it goes on from. */
  async #shorten({ name, epoch }: StreamEntry): Promise<void> {
    const { store } = this.#options;
    const log = playlistLogName(name, epoch);
    const entries = await readAll(store, log);
    const last = entries.findLast(({ value }) => (value as { readonly type: string }).type === 'segment');
    if (last !== undefined) await store.trim(log, last.cursor, this.#held());
  }

  async #forget({ name, epoch }: StreamEntry): Promise<void> {
    const { store } = this.#options;
    const held = this.#held();
    for (const log of [playlistLogName, partsLogName, thumbnailLogName])
      await store.drop(log(name, epoch), held);
    await store.delete(numbersKey(name, epoch));
    this.#epochs = this.#epochs.filter((one) => one.stream.epoch !== epoch);
    const kept = this.#known;
    const announced = await readAll(store, STREAMS_LOG);
    const first = announced.find(({ value }) => {
      const entry = streamFromLog(value);
      return entry.name !== name || kept.has(entry.epoch);
    });
    if (first !== undefined) await store.trim(STREAMS_LOG, first.cursor, held);
  }

  /** The present one, and all before it. */
  get #known(): ReadonlySet<string> {
    return new Set([this.#present, ...this.#epochs.map((one) => one.stream.epoch)]);
  }

  #held(): { readonly fence: Fence } | undefined {
    const { fence } = this.#options;
    return fence && { fence: fence() };
  }
}
