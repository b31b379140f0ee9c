import { HlsStreamError } from '../errors.ts';
import type { Storage, WriteOptions } from '../storage/storage.ts';
import { within } from './within.ts';

/** How long a write waits to hear whether the lease still holds, in milliseconds. */
const ANSWER_MS = 300;

/** A lease, as far as writing heeds it. */
export interface HeldLease {
  /** Whether it surely holds, by the holder's own clock. */
  readonly held: boolean;
  /** Aborts, with an HlsStreamError as its reason, when somebody else has it. */
  readonly lost: AbortSignal;
  /** Asks the store how it stands; `unknown` when the store is away. */
  confirm(): Promise<'held' | 'lost' | 'unknown'>;
}

/** An object that waits to be written. */
interface Waiting {
  readonly chunks: readonly Uint8Array[];
  readonly options: WriteOptions | undefined;
  readonly bytes: number;
}

/** How a {@link GuardedStorage} is set up. */
export interface GuardedStorageOptions {
  readonly storage: Storage;
  readonly lease: HeldLease;
  /** Gives up on writes that wait for room. */
  readonly signal: AbortSignal;
  /** How much may wait in memory, in bytes. @default 64 MiB, minutes of video */
  readonly limit?: number;
}

/**
 * Media storage under a lease: two encoders of one stream use the same object names, so nothing is written while
 * it is not certain who has the lease. Until then it waits in memory, and encoding goes on; beyond the limit
 * writes wait for room. Whoever has lost the lease writes nothing any more.
 */
export class GuardedStorage implements Storage {
  readonly #options: GuardedStorageOptions;
  readonly #limit: number;
  readonly #waiting = new Map<string, Waiting>();
  readonly #removals = new Set<string>();
  readonly #over: AbortSignal;
  #bytes = 0;
  #asking = false;
  #roomy: (() => void)[] = [];

  constructor(options: GuardedStorageOptions) {
    this.#options = options;
    this.#limit = options.limit ?? 64 * 1024 * 1024;
    this.#over = AbortSignal.any([options.lease.lost, options.signal]);
    this.#over.addEventListener('abort', () => this.#tellRoom(), { once: true });
  }

  /** Whether an object waits in memory. */
  holds(path: string): boolean {
    return this.#waiting.has(path);
  }

  /** Objects that wait in memory. */
  get waiting(): number {
    return this.#waiting.size;
  }

  async write(path: string, chunks: readonly Uint8Array[], options?: WriteOptions): Promise<void> {
    if (await this.#mayWrite()) return this.#options.storage.write(path, chunks, options);
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    while (this.#bytes + bytes > this.#limit && this.#waiting.size > 0) {
      if (this.#options.signal.aborted) throw full(path);
      await new Promise<void>((resolve) => this.#roomy.push(resolve));
      this.#refuseIfLost();
    }
    this.#waiting.set(path, { chunks, options, bytes });
    this.#bytes += bytes;
  }

  /** Writes what waits, oldest first. Call it once the lease is certain. Rejects with STORAGE_FAILED. */
  async flush(): Promise<void> {
    for (const [path, { chunks, options, bytes }] of this.#waiting) {
      this.#refuseIfLost();
      await this.#options.storage.write(path, chunks, options);
      this.#waiting.delete(path);
      this.#bytes -= bytes;
    }
    const gone = [...this.#removals];
    this.#removals.clear();
    if (gone.length > 0) await this.#options.storage.remove(gone);
    this.#tellRoom();
  }

  async read(path: string): Promise<Buffer | undefined> {
    const waiting = this.#waiting.get(path);
    return waiting === undefined ? this.#options.storage.read(path) : Buffer.concat(waiting.chunks);
  }

  async remove(paths: readonly string[]): Promise<void> {
    if (this.#options.lease.held && this.#waiting.size === 0) return this.#options.storage.remove(paths);
    for (const path of paths) this.#removals.add(path);
  }

  async removeFolder(path: string): Promise<void> {
    this.#refuseIfLost();
    await this.#options.storage.removeFolder(path);
  }

  folders(path: string): Promise<string[]> {
    return this.#options.storage.folders(path);
  }

  async #mayWrite(): Promise<boolean> {
    const { lease } = this.#options;
    this.#refuseIfLost();
    if (!lease.held && !this.#asking) {
      this.#asking = true;
      const asked = lease.confirm().finally(() => {
        this.#asking = false;
      });
      await within(asked, ANSWER_MS);
      this.#refuseIfLost();
    }
    // What came before must be there before what comes after.
    return lease.held && this.#waiting.size === 0;
  }

  #refuseIfLost(): void {
    this.#options.lease.lost.throwIfAborted();
  }

  #tellRoom(): void {
    const roomy = this.#roomy;
    this.#roomy = [];
    for (const resolve of roomy) resolve();
  }
}

function full(path: string): HlsStreamError {
  return new HlsStreamError(
    'STORAGE_FAILED',
    `${path} was not written: the store was away for so long that no more media fits into memory`,
  );
}
