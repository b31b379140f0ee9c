import { type EpochMicroseconds, type Microseconds, type Milliseconds, systemDate } from '../clock.ts';
import { listedOpenParts, partsLogName, playlistLogName } from '../hls/playlist-log.ts';
import { STREAMS_LOG, type StreamEntry, streamFromLog } from '../hls/stream-log.ts';
import { thumbnailLogName } from '../hls/thumbnail-log.ts';
import type { Storage } from '../storage/storage.ts';
import { readAll } from '../store/log/read-all.ts';
import type { Fence, Store } from '../store/store.ts';
import { readEpoch, readEpochs } from './epoch.ts';
import { numbersKey } from './number-block.ts';

/** How the folder of an epoch is called: nothing else is ever removed. */
const EPOCH_FOLDER = /^e[0-9a-f]{10}$/;

/** How often it is looked whether the time of an epoch is over, in milliseconds. */
const LOOK_MS: Milliseconds = 10_000;

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
  readonly failed: (error: unknown) => void;
  readonly now?: () => EpochMicroseconds;
}

interface EarlierEpoch {
  readonly stream: StreamEntry;
  /** PTS where it begins; undefined where nothing is listed. */
  readonly from: Microseconds | undefined;
  /** When its media may go. */
  readonly over: EpochMicroseconds;
}

/**
 * The epochs of a stream before the present one: their media and their markers stay for as long as their window was, and
 * then go with their logs. Folders of epochs that the store does not know go at once, for no URL leads to them.
 */
export class EarlierEpochs {
  readonly #options: EarlierEpochsOptions;
  #present = '';
  #epochs: readonly EarlierEpoch[] = [];
  #looking: Promise<void> | undefined;

  constructor(options: EarlierEpochsOptions) {
    this.#options = options;
  }

  /** PTS where the oldest of them begins. */
  get from(): Microseconds | undefined {
    const begins = this.#epochs.flatMap(({ from }) => (from === undefined ? [] : [from]));
    return begins.length === 0 ? undefined : Math.min(...begins);
  }

  /** Finds them. Rejects with STORE_*. */
  async find(present: string): Promise<void> {
    const { store, stream } = this.#options;
    this.#present = present;
    const known = (await readEpochs(store, stream)).filter(({ epoch }) => epoch !== present);
    this.#epochs = await Promise.all(known.map((entry) => this.#read(entry)));
  }

  /**
   * Removes them as their time is over; returns the stop.
   * @param changed called when some have gone
   */
  watch(changed: () => void): () => void {
    const { failed } = this.#options;
    const look = (remove: () => Promise<void>) => {
      this.#looking ??= remove()
        .catch(failed)
        .finally(() => {
          this.#looking = undefined;
        });
    };
    const removeOver = async () => {
      if (await this.#removeOver()) changed();
    };
    look(async () => {
      await this.#removeStrange();
      await removeOver();
    });
    const timer = setInterval(() => look(removeOver), LOOK_MS);
    timer.unref();
    return () => clearInterval(timer);
  }

  async #read(stream: StreamEntry): Promise<EarlierEpoch> {
    const state = await readEpoch(this.#options.store, stream);
    const last = listedOpenParts(state).at(-1) ?? state.segments.at(-1);
    const end = last === undefined ? stream.startedAt : last.date + last.duration;
    return { stream, from: state.segments[0]?.pts, over: end + stream.window + stream.holdBack };
  }

  async #removeStrange(): Promise<void> {
    const { storage, stream, removed } = this.#options;
    const known = new Set([this.#present, ...this.#epochs.map((one) => one.stream.epoch)]);
    const folders = await storage.folders(stream);
    const strange = folders.filter((folder) => EPOCH_FOLDER.test(folder) && !known.has(folder));
    for (const folder of strange) await storage.removeFolder(`${stream}/${folder}`);
    if (strange.length > 0) removed(strange.length, 'unknown');
  }

  /** Says whether some have gone. */
  async #removeOver(): Promise<boolean> {
    const { now = systemDate, storage, stream, removed } = this.#options;
    const over = this.#epochs.filter((epoch) => epoch.over <= now());
    for (const { stream: entry } of over) {
      // The media first: of what the store does not know the next process removes it.
      await storage.removeFolder(`${stream}/${entry.epoch}`);
      await this.#forget(entry);
    }
    const count = over.filter(({ from }) => from !== undefined).length;
    if (count > 0) removed(count, 'over');
    return over.length > 0;
  }

  async #forget({ name, epoch }: StreamEntry): Promise<void> {
    const { store, fence } = this.#options;
    const held = fence && { fence: fence() };
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
}
