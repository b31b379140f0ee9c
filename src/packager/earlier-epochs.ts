import type { Microseconds } from '../clock.ts';
import {
  listedOpenParts,
  type MediaState,
  mediaFolder,
  partFile,
  partsLogName,
  playlistLogName,
  type SegmentEntry,
  segmentFile,
} from '../hls/playlist-log.ts';
import { nextRetained } from '../hls/retained-log.ts';
import { LARGEST_PAGE, retained } from '../hls/retained-page.ts';
import { STREAMS_LOG, type StreamEntry, streamFromLog } from '../hls/stream-log.ts';
import { thumbnailLogName } from '../hls/thumbnail-log.ts';
import type { Storage } from '../storage/storage.ts';
import { readAll } from '../store/log/read-all.ts';
import type { Fence, Store } from '../store/store.ts';
import { closeSegment, readEpoch, readEpochs } from './epoch.ts';
import { numbersKey } from './number-block.ts';
import type { RetainedPublisher } from './retained-publisher.ts';

/** How the folder of an epoch is called: nothing else is ever removed. */
const EPOCH_FOLDER = /^e[0-9a-f]{10}$/;

/** What {@link EarlierEpochs} work with. */
export interface EarlierEpochsOptions {
  readonly store: Store;
  readonly storage: Storage;
  /** Name of the stream. */
  readonly stream: string;
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
 * they go with the last of these. Folders of epochs that the store does not know go at once, for no URL leads to them.
 */
export class EarlierEpochs {
  readonly #options: EarlierEpochsOptions;
  #present = '';
  #epochs: readonly EarlierEpoch[] = [];

  constructor(options: EarlierEpochsOptions) {
    this.#options = options;
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
      const segments = [...state.segments, ...(await this.#joinOpen(state, pages))];
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

  /** Removes those of which nothing is kept any more, and folders that the store does not know. Rejects likewise. */
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
  }

  /** Removes folders of epochs that the store does not know. Rejects with STORAGE_FAILED. */
  async removeStrange(): Promise<void> {
    const { storage, stream, removed } = this.#options;
    const known = new Set([this.#present, ...this.#epochs.map((one) => one.stream.epoch)]);
    const folders = await storage.folders(stream);
    const strange = folders.filter((folder) => EPOCH_FOLDER.test(folder) && !known.has(folder));
    for (const folder of strange) await storage.removeFolder(`${stream}/${folder}`);
    if (strange.length > 0) removed(strange.length, 'unknown');
  }

  /** The segment that was open when the epoch ended, from the parts of it that are listed. */
  async #joinOpen(state: MediaState, pages: RetainedPublisher): Promise<SegmentEntry[]> {
    const parts = listedOpenParts(state);
    const segment = closeSegment(parts, true);
    if (segment === undefined) return [];
    const folder = mediaFolder(state.stream.name, state.stream.epoch);
    const paths = parts.map(({ msn, part }) => `${folder}/${partFile(msn, part)}`);
    const whole = `${folder}/${segmentFile(segment.msn)}`;
    return (await pages.join(paths, whole)) ? [segment] : [];
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
    const kept = new Set([this.#present, ...this.#epochs.map((one) => one.stream.epoch)]);
    const announced = await readAll(store, STREAMS_LOG);
    const first = announced.find(({ value }) => {
      const entry = streamFromLog(value);
      return entry.name !== name || kept.has(entry.epoch);
    });
    if (first !== undefined) await store.trim(STREAMS_LOG, first.cursor, held);
  }

  #held(): { readonly fence: Fence } | undefined {
    const { fence } = this.#options;
    return fence && { fence: fence() };
  }
}
