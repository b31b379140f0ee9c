import type { HlsStreamError } from '../errors.ts';
import { DiskStorage } from './disk.ts';
import type { OpenStorage } from './storage.ts';

/** Where media goes. */
export interface OpenStorageOptions {
  readonly media: 'disk' | 'redis';
  /** Folder of the media on disk. */
  readonly dataDir: string;
  /** `redis:` or `rediss:`; needed for Redis. */
  readonly url?: string | undefined;
  /** Begins all keys in Redis. */
  readonly prefix: string;
  /** How long media in Redis stays that nobody removes and whose writer is gone, in milliseconds. */
  readonly expiry: number;
  /** Folder that this process writes to; without one it only reads. */
  readonly keep?: string | undefined;
  /** Ends the wait for a Redis that cannot be reached: the storage is given as it is. */
  readonly timeout: AbortSignal;
  /** Told once in a while that Redis cannot be reached or takes nothing, and why. */
  readonly onTrouble: (error: HlsStreamError) => void;
}

/**
 * Opens the media storage a process is to use; waits until a Redis can be reached.
 * @throws HlsStreamError USAGE for a URL that is none; STORE_DENIED, STORE_READ_ONLY or STORE_FULL when a Redis
 *   answers and waiting cannot help
 */
export async function openStorage(options: OpenStorageOptions): Promise<OpenStorage> {
  const { media, dataDir, url = '', timeout, ...rest } = options;
  if (media === 'disk')
    return { storage: new DiskStorage(dataDir), reachable: none, onLoss: () => () => {}, close: none };
  const { RedisStorage } = await import('./redis.ts');
  const storage = await RedisStorage.open(url, rest);
  try {
    await storage.settled(timeout);
  } catch (error) {
    await storage.close();
    throw error;
  }
  return {
    storage,
    reachable: () => storage.reachable(),
    onLoss: (listener) => storage.onLoss(listener),
    close: () => storage.close(),
  };
}

async function none(): Promise<void> {}
