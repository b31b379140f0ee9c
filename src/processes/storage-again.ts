import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Milliseconds } from '../clock.ts';
import { HlsStreamError, toErrorRecord } from '../errors.ts';
import { isStorageFailure } from '../storage/storage.ts';

/** How often it is tried again, in milliseconds. */
const AGAIN_MS: Milliseconds = 500;

/** What the disk, or a folder on it, fails with for now. */
function isTrouble(error: unknown): boolean {
  const isFolder =
    error instanceof HlsStreamError && ['DATA_DIR_NOT_WRITABLE', 'STORE_FAILED'].includes(error.code);
  return isFolder || isStorageFailure(error);
}

/**
 * Makes a call again until the disk is well: whoever takes the place of a process that served does not end because
 * nothing can be written for now. Rejects with the signal's reason when that comes first, and as the call does for all else.
 * @param waits told, once, what it waits for
 */
export async function storageAgain<T>(
  signal: AbortSignal,
  log: Logger,
  call: () => Promise<T>,
  waits: (error: unknown) => void = () => {},
): Promise<T> {
  for (let reported = false; ; reported = true) {
    try {
      return await call();
    } catch (error) {
      if (!isTrouble(error)) throw error;
      if (!reported) {
        log.warn(toErrorRecord(error), 'waiting for the disk');
        waits(error);
      }
      await delay(AGAIN_MS);
      signal.throwIfAborted();
    }
  }
}
