import { HlsStreamError } from '../errors.ts';
import { limitReports } from '../redis/limited-reports.ts';
import { RedisConnection } from '../redis/redis-connection.ts';
import { goneError } from '../redis/redis-failure.ts';
import { objectPath } from './object-path.ts';
import { type ObjectWrite, RecentWrites, sizeOf } from './recent-writes.ts';
import { RedisObjects } from './redis-objects.ts';
import { storageScripts } from './redis-scripts.ts';
import type { LossListener, Storage, WriteOptions } from './storage.ts';

/** How much of the newest is kept for a Redis that comes back empty, in bytes. */
const RECENT_LIMIT = 16 * 1024 * 1024;

/** How often the expiry of what is kept is put off at least, in milliseconds. */
const LONGEST_PAUSE_MS = 6 * 3_600_000;

/** How media lies in Redis. */
export interface RedisStorageOptions {
  /** Begins all keys. @default hlsstream */
  readonly prefix?: string;
  /** How long an object stays that nobody removes and whose writer is gone, in milliseconds. */
  readonly expiry: number;
  /**
   * Folder that this process writes to: nothing below it expires while the process lives. Without one it only
   * reads, which a replica allows as well.
   */
  readonly keep?: string | undefined;
  /** How much of the newest is kept for a Redis that comes back empty, in bytes. @default 16 MiB */
  readonly recentLimit?: number;
  /** Of a cluster: the stream that it is for; {@link prefix} holds it already. */
  readonly tag?: string;
  /** Told now and then while Redis takes nothing, or cannot be reached. */
  readonly onTrouble?: ((error: HlsStreamError) => void) | undefined;
}

/**
 * Media bytes in a Redis (6.2 or later): API hosts need no shared folder. Bytes that a Media Segment shares with
 * its Partial Segments are sent and kept once. While Redis is away every call rejects.
 */
export class RedisStorage implements Storage {
  readonly #connection: RedisConnection;
  readonly #objects: RedisObjects;
  readonly #recent: RecentWrites;
  readonly #onTrouble: (error: HlsStreamError) => void;
  readonly #losses = new Set<LossListener>();
  /** Redis came back without some of its media, and not all who listen know what that means for them. */
  #lossy = false;
  #renewing: NodeJS.Timeout | undefined;

  private constructor(connection: RedisConnection, objects: RedisObjects, options: RedisStorageOptions) {
    const { keep, expiry, onTrouble = () => {} } = options;
    this.#recent = new RecentWrites(options.recentLimit ?? RECENT_LIMIT);
    this.#connection = connection;
    this.#objects = objects;
    this.#onTrouble = onTrouble;
    if (keep === undefined) return;
    // What fails now is tried again well before anything expires.
    const renew = () => void objects.renew(keep).catch(() => {});
    this.#renewing = setInterval(renew, Math.min(expiry / 4, LONGEST_PAUSE_MS));
    this.#renewing.unref();
    connection.onState((state) => {
      if (state === 'down') return;
      renew();
      void this.#reportLosses();
    });
  }

  /** Begins to connect; see {@link settled}. Throws USAGE for a URL that is none. */
  static async open(url: string, options: RedisStorageOptions): Promise<RedisStorage> {
    return (await RedisStorage.opener())(url, options);
  }

  /** {@link open}, for whoever opens some as they are needed. */
  static async opener(): Promise<(url: string, options: RedisStorageOptions) => RedisStorage> {
    const open = await RedisConnection.opener();
    return (url, options) => {
      const { prefix = 'hlsstream', expiry, keep, tag } = options;
      const onTrouble = limitReports(options.onTrouble ?? (() => {}), ({ code }: HlsStreamError) => code);
      let storage: RedisStorage | undefined;
      // It does not count as up yet.
      const early = (connection: RedisConnection) =>
        new RedisObjects((...call) => connection.send(...call), prefix, expiry);
      const prepare = async (connection: RedisConnection) => {
        await storageScripts.load(connection);
        const objects = early(connection);
        if (keep !== undefined) await objects.tryWriting();
        await storage?.restore(objects);
      };
      const connection = open(url, {
        ...{ prepare, onTrouble },
        ...(keep !== undefined && { probe: (old: RedisConnection) => early(old).tryWriting() }),
        ...(tag !== undefined && { tag }),
      });
      const objects = new RedisObjects((...call) => connection.call(...call), prefix, expiry);
      storage = new RedisStorage(connection, objects, { ...options, onTrouble });
      return storage;
    };
  }

  /** Resolves when it is up or `timeout` has aborted; rejects with what waiting cannot help. */
  settled(timeout: AbortSignal): Promise<void> {
    return this.#connection.settled(timeout);
  }

  /** Rejects with STORE_GONE while Redis is away: nobody knows what it will come back with. */
  async reachable(): Promise<void> {
    if (!this.#connection.up) throw this.#connection.failure ?? goneError('media');
  }

  async write(path: string, chunks: readonly Uint8Array[], options: WriteOptions = {}): Promise<void> {
    const write = { path: objectPath(path), chunks, madeOf: (options.madeOf ?? []).map(objectPath) };
    await this.#reporting(put(this.#objects, write));
    this.#recent.add(write);
  }

  async read(path: string): Promise<Buffer | undefined> {
    return this.#objects.read(path);
  }

  async remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) this.#recent.forget(objectPath(path));
    await this.#reporting(this.#objects.remove(paths));
  }

  removeFolder(path: string): Promise<void> {
    return this.#objects.removeFolder(path);
  }

  folders(path: string): Promise<string[]> {
    return this.#objects.folders(path);
  }

  /** Writes the newest media again where Redis came back without it; older media is gone with its data. */
  async restore(objects: RedisObjects): Promise<void> {
    const recent = this.#recent.all();
    const newest = recent.at(-1);
    if (newest === undefined || (await objects.has(newest.path))) return;
    for (const write of recent) await put(objects, write);
    this.#lossy = true;
  }

  /**
   * Calls `listener` whenever Redis came back without some of what it held, and once now: nobody knows what was lost
   * while another process wrote. Returns the unsubscribe.
   */
  onLoss(listener: LossListener): () => void {
    this.#losses.add(listener);
    this.#lossy = true;
    if (this.#connection.up) void this.#reportLosses();
    return () => this.#losses.delete(listener);
  }

  async close(): Promise<void> {
    clearInterval(this.#renewing);
    this.#connection.close();
  }

  async #reportLosses(): Promise<void> {
    if (!this.#lossy) return;
    const has = async (path: string) => this.#recent.has(path) || (await this.#objects.has(path));
    this.#lossy = false;
    try {
      for (const listener of this.#losses) await listener(has);
    } catch (error) {
      if (!(error instanceof HlsStreamError)) throw error;
      // Redis is away again; they are told when it is back.
      this.#lossy = true;
    }
  }

  async #reporting(writing: Promise<void>): Promise<void> {
    await writing.catch((error: unknown) => {
      if (error instanceof HlsStreamError) this.#onTrouble(error);
      throw error;
    });
  }
}

async function put(objects: RedisObjects, write: ObjectWrite): Promise<void> {
  const { path, chunks, madeOf } = write;
  if (madeOf.length > 0 && (await objects.join(path, sizeOf(write), madeOf))) return;
  await objects.put(path, Buffer.concat(chunks));
}
