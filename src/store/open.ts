import { HlsStreamError } from '../errors.ts';
import { IpcStore } from './ipc-client.ts';
import { MemoryStore } from './memory.ts';
import type { StorePort } from './messages.ts';
import type { Store } from './store.ts';

/** Which store, and how it is reached. */
export interface OpenStoreOptions {
  /** Which store: `memory:` for one of this process's own. Default: the launcher's. */
  readonly url?: string | undefined;
  /** The launcher's channel. @default this process's, if a launcher started it */
  readonly port?: StorePort | undefined;
}

/** Opens the store a process is to use. Throws USAGE when there is none to be had. */
export async function openStore({ url, port = launcherPort() }: OpenStoreOptions = {}): Promise<Store> {
  if (url === 'memory:') return new MemoryStore();
  if (url !== undefined) {
    const known = 'memory:, or none at all under hlsstream start';
    const reason = url.startsWith('redis') ? 'Redis is not among the stores yet' : 'there is no such store';
    throw new HlsStreamError('USAGE', `--store ${withoutPassword(url)}: ${reason}; it takes ${known}`);
  }
  if (port !== undefined) return new IpcStore(port);
  throw new HlsStreamError(
    'USAGE',
    'this process was not started by the launcher, so it has no store; run hlsstream start, or name one with --store memory:',
  );
}

function launcherPort(): StorePort | undefined {
  return process.env.HLSSTREAM_LAUNCHED === '1' && process.send !== undefined ? process : undefined;
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}
