import { HlsStreamError } from '../errors.ts';
import type { Store } from './store.ts';

/** Whether a call failed because the store is away for now, so that trying again may help. */
export function isAway(error: unknown): error is HlsStreamError {
  return (
    error instanceof HlsStreamError &&
    (error.code === 'STORE_GONE' || error.code === 'STORE_TIMEOUT' || error.code === 'STORE_FAILED')
  );
}

/**
 * Resolves when the store says it is up again, or with the signal, or after `most` milliseconds: half a second
 * unless told otherwise.
 */
export async function storeBack(store: Store, signal: AbortSignal, most = 500): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      unsubscribe();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, most);
    const unsubscribe = store.onState((state) => {
      if (state === 'up') done();
    });
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}

/** Makes a call again until the store is not away; `undefined` when the signal came first. */
export async function storeAgain<T>(
  store: Store,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T | undefined> {
  while (!signal.aborted) {
    try {
      return await call();
    } catch (error) {
      if (!isAway(error)) throw error;
      await storeBack(store, signal);
    }
  }
  return undefined;
}
