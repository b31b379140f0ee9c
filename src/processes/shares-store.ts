import type { Config } from '../config/config.ts';
import { storeEngine } from '../store/open.ts';

/** Whether other processes, on this host or another, may use the same store without this launcher. */
export function sharesStore({ store }: Pick<Config, 'store'>): boolean {
  return storeEngine(store)?.shared === true;
}

/** How a process calls itself in `/metrics`: where streams share a store, their names tell them apart. */
export function statsName(role: string, config: Config, more?: string): string {
  return sharesStore(config) ? [role, config.name, more].filter(Boolean).join(' ') : role;
}
