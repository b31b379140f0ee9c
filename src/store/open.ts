import { HlsStreamError } from '../errors.ts';
import { maskUrl } from '../redis/redis-url.ts';
import { tellSometimes } from '../redis/tell-sometimes.ts';
import { IpcStore } from './ipc/ipc-client.ts';
import type { StorePort } from './ipc/messages.ts';
import { MemoryStore } from './memory/memory-store.ts';
import type { Store } from './store.ts';

/** Which store, and how it is reached. */
export interface OpenStoreOptions {
  /** `redis:` or `rediss:`, or `memory:` for one of this process's own. Default: the launcher's. */
  readonly url?: string | undefined;
  /** Begins all keys in Redis. @default hlsstream */
  readonly prefix?: string | undefined;
  /** Ends the wait for a Redis that cannot be reached: the store is given as it is, down. @default never */
  readonly timeout?: AbortSignal | undefined;
  /** Is told once in a while that Redis cannot be reached, and why. */
  readonly onTrouble?: ((error: HlsStreamError) => void) | undefined;
  /** The launcher's channel. @default this process's, if a launcher started it */
  readonly port?: StorePort | undefined;
}

/**
 * Opens the store a process is to use; waits until a Redis can be reached.
 * @throws HlsStreamError USAGE when there is none to be had; STORE_DENIED, STORE_READ_ONLY, STORE_FULL or
 *   STORE_WRONG_TYPE when a Redis answers and waiting cannot help
 */
export async function openStore({
  url,
  prefix = 'hlsstream',
  timeout = new AbortController().signal,
  onTrouble = () => {},
  port = launcherPort(),
}: OpenStoreOptions = {}): Promise<Store> {
  if (url === 'memory:') return new MemoryStore();
  if (url !== undefined && /^rediss?:/.test(url)) return openRedis(url, { prefix, timeout, onTrouble });
  if (url !== undefined) {
    const known = 'redis://…, rediss://…, memory:, or none at all under hlsstream start';
    throw new HlsStreamError('USAGE', `--store ${maskUrl(url)}: there is no such store; it takes ${known}`);
  }
  if (port !== undefined) return new IpcStore(port);
  throw new HlsStreamError(
    'USAGE',
    'this process was not started by the launcher, so it has no store; run hlsstream start, or name one with --store redis://… or memory:',
  );
}

interface RedisOpening {
  readonly prefix: string;
  readonly timeout: AbortSignal;
  readonly onTrouble: (error: HlsStreamError) => void;
}

async function openRedis(url: string, { prefix, timeout, onTrouble }: RedisOpening): Promise<Store> {
  const { RedisStore } = await import('./redis/redis-store.ts');
  const store = await RedisStore.open(url, { prefix, onTrouble: tellSometimes(onTrouble) });
  try {
    await store.settled(timeout);
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

function launcherPort(): StorePort | undefined {
  return process.env.HLSSTREAM_LAUNCHED === '1' && process.send !== undefined ? process : undefined;
}
