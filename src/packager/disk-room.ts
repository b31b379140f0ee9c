import type { Space } from '../storage/storage.ts';

/** What a {@link DiskRoom} works with. */
export interface DiskRoomOptions {
  /** How much room there is; undefined where the storage sees to that by itself. Rejects with STORAGE_FAILED. */
  readonly space?: (() => Promise<Space>) | undefined;
  /** How much stays free, in bytes. @default 5 % of the disk, at most 1 GB */
  readonly reserve?: number | undefined;
  /**
   * What lets the oldest media go, in this order; each resolves to how many bytes that is.
   * @param atOnce nothing can be written: now, whoever may still ask for it
   */
  readonly release: readonly ((bytes: number, atOnce: boolean) => Promise<number>)[];
  /** Told when the room gets short, and when there is enough again. */
  readonly short: (isShort: boolean, space: Space) => void;
}

const [DEFAULT_SHARE, DEFAULT_MOST] = [0.05, 1e9];

/** It is enough again when so many times the reserve is free: not said with each segment that comes and goes. */
const ENOUGH = 1.5;

/** Keeps a disk from running full: the oldest media goes before its time. */
export class DiskRoom {
  readonly #options: DiskRoomOptions;
  #isShort = false;
  #looking: Promise<void> | undefined;

  constructor(options: DiskRoomOptions) {
    this.#options = options;
  }

  /** Makes room where less is free than should be. Rejects with STORAGE_FAILED. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Something of this size found no room. Whether there is more now; rejects with STORAGE_FAILED. */
  async make(bytes: number): Promise<boolean> {
    return (await this.#release(bytes, true)) > 0;
  }

  async #look(): Promise<void> {
    const space = await this.#options.space?.();
    if (space === undefined) return;
    const { reserve = Math.min(DEFAULT_MOST, DEFAULT_SHARE * space.size) } = this.#options;
    const isShort = space.free < reserve * (this.#isShort ? ENOUGH : 1);
    if (isShort !== this.#isShort) this.#options.short(isShort, space);
    this.#isShort = isShort;
    if (space.free < reserve) await this.#release(reserve - space.free, false);
  }

  async #release(bytes: number, atOnce: boolean): Promise<number> {
    let freed = 0;
    for (const release of this.#options.release)
      if (freed < bytes) freed += await release(bytes - freed, atOnce);
    return freed;
  }
}
