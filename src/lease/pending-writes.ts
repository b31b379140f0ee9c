import { within } from '../clock.ts';
import { HlsStreamError, hasCode } from '../errors.ts';
import type { OpenStorage, Storage, WriteOptions } from '../storage/storage.ts';
import type { WriteLease } from './lease.ts';

/** How long a write waits to hear whether the lease still holds, in milliseconds. */
const ANSWER_MS = 300;

/** How often what waits is attempted again, in milliseconds. */
const RETRY_AFTER = 1000;

/** How {@link PendingWrites} are set up. */
export interface PendingWritesOptions {
  readonly media: Pick<OpenStorage, 'storage' | 'reachable'>;
  /** Nothing is written unless it surely holds. Not needed where nobody else can write. */
  readonly lease?: Pick<WriteLease, 'held' | 'lost' | 'confirm'> | undefined;
  /** Gives up on writes that wait for room. */
  readonly signal: AbortSignal;
  /** How much may wait in memory, in bytes. @default 64 MiB, minutes of video */
  readonly limit?: number;
}

/** An object that waits to be written. */
interface Waiting {
  readonly chunks: readonly Uint8Array[];
  readonly options: WriteOptions | undefined;
  readonly bytes: number;
}

/**
 * The one rule about who writes media while things are uncertain. Two encoders of one stream use the same object names:
 *
 * - who surely holds the lease writes at once;
 * - while nobody knows who holds it, because the store is away, and while the storage itself is away, objects wait in
 *   memory, in order; beyond the limit a write waits for room;
 * - who has lost the lease drops what waits, and writes nothing any more.
 *
 * Playlist entries follow the same rule by awaiting {@link flush}.
 */
export class PendingWrites implements Storage {
  readonly #options: PendingWritesOptions;
  readonly #limit: number;
  /** Called when the disk has no room for so many bytes; resolves to whether there may be some now. @default there is none */
  makeRoom: (bytes: number) => Promise<boolean> = async () => false;
  readonly #waiting = new Map<string, Waiting>();
  readonly #removals = new Set<string>();
  /** No room will be made any more. */
  readonly #over: AbortSignal;
  readonly #closing = new AbortController();
  #bytes = 0;
  #draining: Promise<void> | undefined;
  #asking = false;
  #retry: NodeJS.Timeout | undefined;
  #roomy: (() => void)[] = [];

  constructor(options: PendingWritesOptions) {
    this.#options = options;
    this.#limit = options.limit ?? 64 * 1024 * 1024;
    const { lost } = options.lease ?? {};
    this.#over = AbortSignal.any([options.signal, this.#closing.signal, ...(lost ? [lost] : [])]);
    this.#over.addEventListener('abort', () => this.#announceRoom(), { once: true });
    lost?.addEventListener('abort', () => this.#drop(), { once: true });
  }

  /** Whether an object waits in memory. */
  holds(path: string): boolean {
    return this.#waiting.has(path);
  }

  /**
   * Resolves when it is written or waits. Rejects with STREAM_TAKEN when somebody else has the lease; with
   * STORAGE_FAILED when the storage refuses it, or there is no room and none will be made.
   */
  async write(path: string, chunks: readonly Uint8Array[], options?: WriteOptions): Promise<void> {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const attemptOnce = () => this.#options.media.storage.write(path, chunks, options);
    const write = () =>
      attemptOnce().catch(async (error: unknown) => {
        if (!isFull(error) || !(await this.makeRoom(bytes).catch(() => false))) throw error;
        await attemptOnce();
      });
    for (;;) {
      const mayWrite = await this.#mayWrite(options);
      this.#refuseIfLost();
      // What came before must be there before what comes after.
      if (mayWrite && this.#waiting.size === 0 && (await attempt(write))) return;
      this.#refuseIfLost();
      if (this.#waiting.size === 0 || this.#bytes + bytes <= this.#limit) break;
      if (this.#over.aborted) throw full(path);
      await new Promise<void>((resolve) => this.#roomy.push(resolve));
    }
    this.#forget(path);
    this.#removals.delete(path);
    this.#waiting.set(path, { chunks, options, bytes });
    this.#bytes += bytes;
    this.#retryLater();
  }

  /**
   * Resolves when all that was written can be read by everyone; attempts what waits, oldest first. Rejects with
   * STREAM_TAKEN when somebody else has the lease; with a STORE_ code or STORAGE_FAILED while something waits: no
   * playlist may list it yet.
   */
  async flush(): Promise<void> {
    this.#refuseIfLost();
    if (this.#waiting.size + this.#removals.size > 0) await this.#drain();
    this.#refuseIfLost();
    if (this.#waiting.size > 0) throw away();
    await this.#options.media.reachable();
  }

  async read(path: string): Promise<Buffer | undefined> {
    const waiting = this.#waiting.get(path);
    return waiting === undefined ? this.#options.media.storage.read(path) : Buffer.concat(waiting.chunks);
  }

  /** Removes objects now, or as soon as it may and can be done. */
  async remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) this.#forget(path);
    const { lease, media } = this.#options;
    if (lease?.lost.aborted) return;
    if (lease?.held !== false && (await attempt(() => media.storage.remove(paths)))) return;
    for (const path of paths) this.#removals.add(path);
    this.#retryLater();
  }

  async removeFolder(path: string): Promise<void> {
    this.#refuseIfLost();
    await this.#options.media.storage.removeFolder(path);
  }

  folders(path: string): Promise<string[]> {
    return this.#options.media.storage.folders(path);
  }

  /** Makes a last attempt; who waits for room is told that there is none. */
  async close(): Promise<void> {
    await this.#drain().catch(() => {});
    this.#closing.abort();
    clearTimeout(this.#retry);
  }

  #drain(): Promise<void> {
    this.#draining ??= this.#writeWaiting().finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  async #writeWaiting(): Promise<void> {
    const { storage } = this.#options.media;
    for (const [path, waiting] of this.#waiting) {
      if (!(await this.#mayWrite(waiting.options))) return;
      if (!(await attempt(() => storage.write(path, waiting.chunks, waiting.options)))) return;
      if (this.#waiting.get(path) === waiting) this.#forget(path);
      this.#announceRoom();
    }
    const gone = [...this.#removals];
    if (gone.length === 0 || !(await this.#mayWrite())) return;
    if (!(await attempt(() => storage.remove(gone)))) return;
    for (const path of gone) this.#removals.delete(path);
  }

  /**
   * Whether the lease surely holds; asks once where it does not. For what is made of others it always asks: a successor
   * makes the same of what is listed by then, so it must not be there already because the store could not be reached.
   */
  async #mayWrite(options?: WriteOptions): Promise<boolean> {
    const { lease } = this.#options;
    if (lease === undefined) return true;
    if (options?.madeOf !== undefined && lease.held)
      return (await within(lease.confirm(), ANSWER_MS)) === 'held' && lease.held;
    if (!lease.held && !this.#asking) {
      this.#asking = true;
      const asked = lease.confirm().finally(() => {
        this.#asking = false;
      });
      await within(asked, ANSWER_MS);
    }
    return lease.held;
  }

  #refuseIfLost(): void {
    this.#options.lease?.lost.throwIfAborted();
  }

  /** What fails meanwhile is told by the next {@link flush}, which no playlist entry goes without. */
  #retryLater(): void {
    if (this.#closing.signal.aborted) return;
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      void this.#drain()
        .catch(() => {})
        .then(() => {
          if (this.#waiting.size + this.#removals.size > 0) this.#retryLater();
        });
    }, RETRY_AFTER).unref();
  }

  #drop(): void {
    clearTimeout(this.#retry);
    this.#waiting.clear();
    this.#removals.clear();
    this.#bytes = 0;
  }

  #forget(path: string): void {
    const waiting = this.#waiting.get(path);
    if (waiting !== undefined && this.#waiting.delete(path)) this.#bytes -= waiting.bytes;
  }

  #announceRoom(): void {
    const roomy = this.#roomy;
    this.#roomy = [];
    for (const resolve of roomy) resolve();
  }
}

/** Whether it went well; false where the server that the storage needs is away, and later it may. */
async function attempt(act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof HlsStreamError && error.code.startsWith('STORE_')) return false;
    throw error;
  }
}

function isFull(error: unknown): boolean {
  return hasCode(error, 'STORAGE_FULL');
}

function away(): HlsStreamError {
  return new HlsStreamError('STORE_GONE', 'media waits in memory until it can be written');
}

function full(path: string): HlsStreamError {
  return new HlsStreamError(
    'STORAGE_FAILED',
    `${path} was not written: the store or the storage was away for so long that no more media fits into memory`,
  );
}
