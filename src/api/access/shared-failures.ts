import { randomUUID } from 'node:crypto';
import type { Store } from '../../store/store.ts';
import type { AddressLimits } from './address-limits.ts';

const CHANNEL = 'failed-tokens';

/** How many may wait to be heard; more come only from as many addresses. */
const QUEUE = 1000;

/**
 * Has all API processes of a store count the wrong tokens of an address together: whoever guesses might ask one after the
 * other. While the store is away each counts for itself. Returns what ends it.
 */
export function shareFailedTokens(store: Store, limits: AddressLimits): () => void {
  const self = randomUUID();
  const stop = new AbortController();
  const unsubscribe = limits.onTokenFailed((address) => {
    store.publish(CHANNEL, { self, address }).catch(() => {});
  });
  const hear = async () => {
    for await (const { value } of store.subscribe(CHANNEL, { queue: QUEUE, signal: stop.signal })) {
      const { self: by, address } = (value ?? {}) as { readonly self?: unknown; readonly address?: unknown };
      if (by !== self && typeof address === 'string') limits.tokenFailedElsewhere(address);
    }
  };
  hear().catch(() => {});
  return () => {
    unsubscribe();
    stop.abort();
  };
}
