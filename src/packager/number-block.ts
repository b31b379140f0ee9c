import type { Milliseconds } from '../clock.ts';
import type { MediaState } from '../hls/playlist-log.ts';
import type { StreamEntry } from '../hls/stream-log.ts';
import type { Store } from '../store/store.ts';

/** How many media sequence numbers are reserved at a time, and how many of these are left when the next are. */
const BLOCK = 16;
const LEFT = 8;

/** How often it is looked, in milliseconds: well below the time of {@link LEFT} segments. */
const LOOK_MS: Milliseconds = 1000;

/** Where the store has what is reserved of an epoch. */
export function numbersKey(name: string, epoch: string): string {
  return `numbers/${name}/${epoch}`;
}

interface Reserved {
  /** Numbers below this may have been served. */
  readonly below: number;
  /** The life of the machine in which they were reserved. */
  readonly boot: string;
}

/** Numbers that the media of an epoch may have had before this process. */
export interface UsedNumbers {
  /** Those below this may have been seen, whatever is listed. */
  readonly seenBelow: number;
  /** Those below this that are not listed were never: the store has lost nothing of what it had. */
  readonly unseenBelow: number;
}

/**
 * Media sequence numbers that are reserved before they are used, by a write that outlives a power cut: what was listed
 * last may be lost with the power, and yet have been seen. While the machine runs on nothing of it is lost.
 */
export class NumberBlock {
  readonly #store: Store;
  readonly #key: string;
  readonly #boot: string;
  #below = 0;

  /** @param boot names this life of the machine; empty where that is not known */
  constructor(store: Store, { name, epoch }: StreamEntry, boot: string) {
    this.#store = store;
    this.#key = numbersKey(name, epoch);
    this.#boot = boot;
  }

  /** Reserves numbers behind those of `state`, and behind what may have been seen. Rejects with STORE_*. */
  async open({ nextMsn }: MediaState): Promise<UsedNumbers> {
    const { below = nextMsn, boot } = ((await this.#store.get(this.#key)) ?? {}) as Partial<Reserved>;
    const isSame = boot === this.#boot;
    const seenBelow = isSame ? nextMsn : Math.max(nextMsn, below);
    await this.#reserve(seenBelow + BLOCK);
    // Without a name for it nobody knows whether the machine ran on.
    return { seenBelow, unseenBelow: isSame && boot !== '' ? below : nextMsn };
  }

  /** Reserves more as the stream goes on; returns what ends that in good order: nothing is unsure then. */
  watch(state: MediaState, failed: (error: unknown) => void): () => Promise<void> {
    let reserving: Promise<void> | undefined;
    const timer = setInterval(() => {
      if (state.nextMsn + LEFT < this.#below || reserving !== undefined) return;
      reserving = this.#reserve(state.nextMsn + BLOCK)
        .catch(failed)
        .finally(() => {
          reserving = undefined;
        });
    }, LOOK_MS);
    timer.unref();
    return async () => {
      clearInterval(timer);
      await reserving;
      await this.#reserve(state.nextMsn).catch(() => {});
    };
  }

  async #reserve(below: number): Promise<void> {
    const reserved: Reserved = { below, boot: this.#boot };
    await this.#store.set(this.#key, reserved, { synced: true });
    this.#below = below;
  }
}
