import { HlsStreamError } from '../errors.ts';

/** How long after a refused write the next attempt is made, in milliseconds. */
const RETRY_AFTER = 1000;

/** An object to be written. */
export interface PendingWrite {
  readonly path: string;
  readonly chunks: readonly Uint8Array[];
  readonly madeOf: readonly string[];
}

/** What a {@link WriteBuffer} works with. */
export interface WriteBufferOptions {
  /** Makes one write; may be called again after it rejected. */
  readonly perform: (write: PendingWrite) => Promise<void>;
  readonly remove: (paths: readonly string[]) => Promise<void>;
  /** How much may wait, in bytes. */
  readonly limit: number;
  /** Told of each failed attempt. */
  readonly onTrouble: (error: HlsStreamError) => void;
}

/**
 * Writes on their way to a server that may be away: they go at once while they can, and wait in memory, in order,
 * while they cannot. Beyond the limit a write waits for room.
 */
export class WriteBuffer {
  readonly #options: WriteBufferOptions;
  readonly #waiting = new Map<string, PendingWrite>();
  readonly #removals = new Set<string>();
  #bytes = 0;
  #draining: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #room: (() => void)[] = [];
  #closed = false;

  constructor(options: WriteBufferOptions) {
    this.#options = options;
  }

  /** Objects that wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Resolves when it is written or waits. Rejects with STORAGE_FAILED when closed without room for it. */
  async write(write: PendingWrite): Promise<void> {
    const bytes = sizeOf(write);
    for (;;) {
      // What came before must be there before what comes after.
      if (this.#waiting.size === 0 && (await this.#attempt(() => this.#options.perform(write)))) return;
      if (this.#waiting.size === 0 || this.#bytes + bytes <= this.#options.limit) break;
      if (this.#closed) throw noRoom(write.path);
      await new Promise<void>((resolve) => this.#room.push(resolve));
    }
    this.#add(write);
    this.#retryLater();
  }

  /** Has these written (again) before long; they may exceed the limit. */
  again(writes: Iterable<PendingWrite>): void {
    for (const write of writes) if (!this.#waiting.has(write.path)) this.#add(write);
  }

  /** The bytes of an object that waits. */
  held(path: string): Buffer | undefined {
    const write = this.#waiting.get(path);
    return write && Buffer.concat(write.chunks);
  }

  /** Removes objects now, or as soon as it can be done. */
  async remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) this.#forget(path);
    if (await this.#attempt(() => this.#options.remove(paths))) return;
    for (const path of paths) this.#removals.add(path);
  }

  /** Attempts all that waits, oldest first; stops at the first failure. Never rejects. */
  drain(): Promise<void> {
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  /** Makes a last attempt; whoever waits for room is told that there is none. */
  async close(): Promise<void> {
    await this.drain();
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#tellRoom();
  }

  async #drain(): Promise<void> {
    for (const write of this.#waiting.values()) {
      if (!(await this.#attempt(() => this.#options.perform(write)))) return;
      if (this.#waiting.get(write.path) === write) this.#forget(write.path);
      this.#tellRoom();
    }
    const gone = [...this.#removals];
    if (gone.length === 0 || !(await this.#attempt(() => this.#options.remove(gone)))) return;
    for (const path of gone) this.#removals.delete(path);
  }

  /** Whether it went well; if not, all is attempted again in a while. */
  async #attempt(act: () => Promise<void>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      if (!(error instanceof HlsStreamError) || this.#closed) throw error;
      this.#options.onTrouble(error);
      this.#retryLater();
      return false;
    }
  }

  #retryLater(): void {
    if (this.#closed) return;
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      void this.drain();
    }, RETRY_AFTER);
  }

  #add(write: PendingWrite): void {
    this.#forget(write.path);
    this.#removals.delete(write.path);
    this.#waiting.set(write.path, write);
    this.#bytes += sizeOf(write);
  }

  #forget(path: string): void {
    const write = this.#waiting.get(path);
    if (write !== undefined && this.#waiting.delete(path)) this.#bytes -= sizeOf(write);
  }

  #tellRoom(): void {
    const room = this.#room;
    this.#room = [];
    for (const resolve of room) resolve();
  }
}

/** In bytes. */
export function sizeOf({ chunks }: PendingWrite): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

function noRoom(path: string): HlsStreamError {
  return new HlsStreamError(
    'STORAGE_FAILED',
    `${path} was not written: Redis was away for so long that no more media fits into memory`,
  );
}
