import { type ErrorCode, HlsStreamError } from '../errors.ts';
import type { Store } from './store.ts';

/** What a call itself is to blame for, or what somebody else has by now: made again, it fails again. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  'STORE_CLOSED',
  'STORE_FENCED',
  'STORE_BAD_CURSOR',
  'STORE_BAD_VALUE',
  'STORE_NEWER',
]);

/**
 * Whether a call failed because of how the store is for now: away, full, read-only, loading, without its replicas. The
 * same call made again may succeed, if only when somebody has seen to it, so nothing is to be dropped.
 */
export function isAway(error: unknown): error is HlsStreamError {
  return error instanceof HlsStreamError && error.code.startsWith('STORE_') && !FINAL.has(error.code);
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
