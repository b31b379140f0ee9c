import { type Milliseconds, within } from '../clock.ts';
import { HlsStreamError } from '../errors.ts';
import { type LoggedObjects, type ObjectsEntry, objectsLogName } from '../hls/objects-log.ts';
import type { Fence, Store } from '../store/store.ts';
import { isAway, storeBack } from '../store/store-return.ts';

/** What an {@link ObjectsWriter} works with. */
export interface ObjectsWriterOptions {
  readonly store: Store;
  /** Name of the stream. */
  readonly stream: string;
  /** Keeps all others out who write in this one's place; see {@link ../lease/lease.ts}. */
  readonly lease?: { readonly fence: Fence; renewFence(): Promise<'held' | 'lost' | 'unknown'> } | undefined;
  /** Told of an entry that the store refused, and of one that waits for it. */
  readonly failed: (error: unknown) => void;
}

/** How long objects wait for others to share their entry, in milliseconds. */
const GATHER_MS: Milliseconds = 100;

/** An entry holds about so many bytes at most, so that what comes behind it does not wait for long. */
const ENTRY_BYTES = 256 * 1024;

/** How much waits while the store is away, in bytes; beyond that the oldest goes, for it would be too late anyway. */
const MOST_WAITING = 8 * 1024 * 1024;

/**
 * Writes the objects of frames into their log, a few frames at a time, never more than one entry at once: what else a
 * process writes to the store waits for no more than that.
 */
export class ObjectsWriter {
  /** Frames of which objects were given, and those of them that were dropped because the store was away for too long. */
  readonly counts = { frames: 0, dropped: 0 };
  readonly #options: ObjectsWriterOptions;
  readonly #stop = new AbortController();
  #waiting: LoggedObjects[] = [];
  #bytes = 0;
  #gathering: NodeJS.Timeout | undefined;
  #pumping: Promise<void> | undefined;

  constructor(options: ObjectsWriterOptions) {
    this.#options = options;
  }

  /** Writes what is said of a frame. Never waits, never throws. */
  add(frame: LoggedObjects): void {
    if (this.#stop.signal.aborted) return;
    this.counts.frames += 1;
    this.#waiting.push(frame);
    this.#bytes += frame.objects.length;
    while (this.#bytes > MOST_WAITING && this.#waiting.length > 1) {
      this.#bytes -= this.#waiting.shift()?.objects.length ?? 0;
      this.counts.dropped += 1;
    }
    if (this.#pumping !== undefined) return;
    if (this.#bytes >= ENTRY_BYTES) this.#begin();
    else this.#gathering ??= setTimeout(() => this.#begin(), GATHER_MS).unref();
  }

  /** Resolves when the store has taken all that was added so far, or it was dropped. */
  async flush(): Promise<void> {
    if (this.#waiting.length > 0) this.#begin();
    await this.#pumping;
  }

  /** Gives what waits `grace` milliseconds to go, then stops. */
  async close(grace: Milliseconds = 1000): Promise<void> {
    await within(this.flush(), grace);
    clearTimeout(this.#gathering);
    this.#stop.abort();
  }

  #begin(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = undefined;
    });
  }

  async #pump(): Promise<void> {
    const { store, stream, lease } = this.#options;
    while (this.#waiting.length > 0 && !this.#stop.signal.aborted) {
      const frames = this.#next();
      const entry: ObjectsEntry = { type: 'frames', frames };
      try {
        const fence = lease && { fence: lease.fence };
        await store.append(objectsLogName(stream), entry, { ephemeral: true, ...fence });
        // Meanwhile the oldest may have been dropped.
        const written = new Set(frames);
        this.#waiting = this.#waiting.filter((frame) => !written.has(frame));
        this.#bytes = this.#waiting.reduce((sum, { objects }) => sum + objects.length, 0);
      } catch (error) {
        await this.#retry(error);
      }
    }
  }

  #next(): LoggedObjects[] {
    let bytes = 0;
    const count = this.#waiting.findIndex(({ objects }) => {
      bytes += objects.length;
      return bytes > ENTRY_BYTES;
    });
    return this.#waiting.slice(0, count === -1 ? undefined : Math.max(1, count));
  }

  /** Resolves when it may be attempted again; gives up where that is of no use. */
  async #retry(error: unknown): Promise<void> {
    const { store, lease, failed } = this.#options;
    const { signal } = this.#stop;
    const code = error instanceof HlsStreamError ? error.code : undefined;
    if (code === 'STORE_FENCED' && lease !== undefined) {
      const state = await lease.renewFence();
      if (state === 'held') return;
      if (state === 'unknown') return storeBack(store, signal);
    } else if (isAway(error)) return storeBack(store, signal);
    // Whoever took over says it; a closed store takes nothing.
    else if (code !== 'STORE_CLOSED') failed(error);
    if (code === 'STORE_FENCED' || code === 'STORE_CLOSED') this.#stop.abort();
    this.counts.dropped += this.#waiting.length;
    this.#waiting = [];
    this.#bytes = 0;
  }
}
