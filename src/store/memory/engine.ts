import type { StoreEngine } from '../engine.ts';
import { MemoryStore } from './memory-store.ts';

/** A store of this process's own. */
export const memoryEngine: StoreEngine = {
  name: 'memory',
  help: 'memory:',
  urls: ['memory:'],
  takes: (url) => url === 'memory:',
  shared: false,
  open: async () => new MemoryStore(),
};
