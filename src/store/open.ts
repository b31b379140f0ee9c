import { HlsStreamError } from '../errors.ts';
import { maskUrl } from '../redis/redis-url.ts';
import type { StoreEngine, StoreUse } from './engine.ts';
import { IpcStore } from './ipc/ipc-client.ts';
import type { StorePort } from './ipc/messages.ts';
import { memoryEngine } from './memory/engine.ts';
import { redisStoreEngine } from './redis/engine.ts';
import type { Store } from './store.ts';

/** The engines that a URL can choose; without one the store is the launcher's. */
export const storeEngines: readonly StoreEngine[] = [redisStoreEngine, memoryEngine];

/** The engine that a URL chooses; undefined where none does. */
export function storeEngine(url: string | undefined): StoreEngine | undefined {
  return url === undefined ? undefined : storeEngines.find((engine) => engine.takes(url));
}

/** Which store, and how it is reached. */
export interface OpenStoreOptions extends Partial<StoreUse> {
  /** One that an engine takes. Default: the launcher's. */
  readonly url?: string | undefined;
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
  replicas = 0,
  timeout = new AbortController().signal,
  onTrouble = () => {},
  port = launcherPort(),
}: OpenStoreOptions = {}): Promise<Store> {
  if (url !== undefined) {
    const engine = storeEngine(url);
    if (engine !== undefined) return engine.open(url, { prefix, timeout, onTrouble, replicas });
    const known = `${storeEngines.flatMap(({ urls }) => urls).join(', ')}, or none at all under hlsstream start`;
    throw new HlsStreamError('USAGE', `--store ${maskUrl(url)}: there is no such store; it takes ${known}`);
  }
  if (port !== undefined) return new IpcStore(port);
  throw new HlsStreamError(
    'USAGE',
    'this process was not started by the launcher, so it has no store; run hlsstream start, or name one with --store redis://… or memory:',
  );
}

function launcherPort(): StorePort | undefined {
  return process.env.HLSSTREAM_LAUNCHED === '1' && process.send !== undefined ? process : undefined;
}
