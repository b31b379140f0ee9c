import { toErrorRecord } from '../errors.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import type { Child } from './child.ts';

/**
 * Opens the store of a child process and logs while it cannot be reached.
 * @param timeout ends the wait; the store may be down then
 */
export function openChildStore(
  { config, log, stopping }: Pick<Child, 'config' | 'log' | 'stopping'>,
  timeout = stopping,
): Promise<Store> {
  return openStore({
    url: config.store,
    prefix: config.storePrefix,
    replicas: config.storeReplicas,
    timeout,
    onTrouble: (error) => log.warn(toErrorRecord(error), 'waiting for the store'),
  });
}
