import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Child } from '../processes/child.ts';
import { openChildStorage } from '../processes/child-storage.ts';
import { openChildStore } from '../processes/child-store.ts';
import type { OpenStorage, Storage } from '../storage/storage.ts';
import { openKeptStore } from '../store/kept/kept-store.ts';
import { MemoryStore } from '../store/memory/memory-store.ts';
import type { Store } from '../store/store.ts';

/** Closes what was opened. */
export type Closer = () => unknown;

/** For whom it is opened. */
export type Place = Pick<Child, 'config' | 'log' | 'stopping'>;

/** Gives it a temporary folder, which goes with it. */
export async function withTemporaryFolder(config: Config, closers: Closer[]): Promise<Config> {
  const dataDir = await mkdtemp(join(tmpdir(), 'hlsstream-live-'));
  closers.push(() => rm(dataDir, { recursive: true, force: true, maxRetries: 3 }));
  return { ...config, dataDir };
}

/** Opens the store: the one that the settings name, or a Map in this process, which a folder of the caller's keeps. */
export async function openFacts(place: Place, isTemporary: boolean): Promise<Store> {
  const { dataDir, durability, fresh, name, store } = place.config;
  if (store !== undefined) return openChildStore(place);
  if (isTemporary) return new MemoryStore();
  return openKeptStore({
    ...{ folder: join(dataDir, name, '.store'), durability, fresh, signal: place.stopping },
    notice: (sentence) => place.log.warn(sentence),
  });
}

/** Opens the storage for media: the caller's own, or what the settings say. */
export async function openMedia(place: Place, storage: Storage | undefined): Promise<OpenStorage> {
  if (storage === undefined) return openChildStorage(place, { writes: true });
  return {
    storage,
    reachable: async () => {},
    onLoss: () => () => {},
    lock: async () => async () => {},
    close: async () => {},
  };
}
