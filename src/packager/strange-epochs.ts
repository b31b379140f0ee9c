import { type EpochMicroseconds, type Milliseconds, systemDate, toEpochMilliseconds } from '../clock.ts';
import { EPOCH_FOLDER, type Storage } from '../storage/storage.ts';
import { STORE_DAMAGED_KEY, type Store } from '../store/store.ts';

/** What {@link StrangeEpochs} work with. */
export interface StrangeEpochsOptions {
  readonly store: Store;
  readonly storage: Storage;
  /** Name of the stream. */
  readonly stream: string;
  /** Told how many were removed. */
  readonly removed: (count: number) => void;
  /** Told how many stay, though the store does not know them, and until when. */
  readonly spared?: ((count: number, until: Date) => void) | undefined;
  /** How long they stay where the store was damaged. @default not at all */
  readonly keepFor?: Milliseconds | undefined;
  readonly now?: () => EpochMicroseconds;
}

/**
 * Folders of epochs that the store does not know. No URL leads to them, and they go at once; but where the store was
 * damaged they are not waste, but all that is left of what it knew: they stay as long as media does that nobody runs any
 * more, for somebody to get them out, unless there is no room.
 */
export class StrangeEpochs {
  readonly #options: StrangeEpochsOptions;
  #spared: string[] = [];
  #until: Milliseconds = 0;

  constructor(options: StrangeEpochsOptions) {
    this.#options = options;
  }

  /** Removes those that are not among the known ones, or spares them. Rejects with STORE_*, STORAGE_FAILED. */
  async look(known: ReadonlySet<string>): Promise<void> {
    const { store, storage, stream, spared, keepFor = 0 } = this.#options;
    const folders = await storage.folders(stream);
    const strange = folders.filter((folder) => EPOCH_FOLDER.test(folder) && !known.has(folder));
    const damagedAt = (await store.get(STORE_DAMAGED_KEY)) as Milliseconds | undefined;
    this.#until = damagedAt === undefined ? 0 : damagedAt + keepFor;
    this.#spared = this.#until > this.#now() ? strange : [];
    if (this.#spared.length > 0) spared?.(strange.length, new Date(Math.min(this.#until, LAST_DATE)));
    else await this.#remove(strange);
  }

  /** Removes those whose time is over. Rejects with STORAGE_FAILED. */
  async removeOver(): Promise<void> {
    if (this.#spared.length > 0 && this.#until <= this.#now()) await this.#remove(this.#spared);
  }

  /** For want of room removes one of them; says whether there was one. Rejects with STORAGE_FAILED. */
  async release(): Promise<boolean> {
    const [first] = this.#spared;
    if (first === undefined) return false;
    await this.#remove([first]);
    return true;
  }

  #now(): Milliseconds {
    return toEpochMilliseconds((this.#options.now ?? systemDate)());
  }

  async #remove(folders: readonly string[]): Promise<void> {
    const { storage, stream, removed } = this.#options;
    for (const folder of folders) await storage.removeFolder(`${stream}/${folder}`);
    this.#spared = this.#spared.filter((folder) => !folders.includes(folder));
    if (folders.length > 0) removed(folders.length);
  }
}

/** The last that JavaScript knows. */
const LAST_DATE: Milliseconds = 8.64e15;
