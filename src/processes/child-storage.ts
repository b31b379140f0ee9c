import { secondsToMilliseconds } from '../clock.ts';
import { toErrorRecord } from '../errors.ts';
import { openStorage } from '../storage/open.ts';
import type { OpenStorage } from '../storage/storage.ts';
import type { Child } from './child.ts';

/** What removed segments are kept for beyond twice the window, and clocks and restarts take, in seconds. */
const SLACK = 60;

/** How a child uses the storage. */
interface ChildStorageOptions {
  /** It writes media of its stream; else it only reads. @default false */
  readonly writes?: boolean;
  /** Ends the wait; the storage may be down then. @default the child's stop */
  readonly timeout?: AbortSignal;
}

/** Opens the media storage of a child process and logs while it cannot be reached. */
export function openChildStorage(
  { config, log, stopping }: Child,
  { writes = false, timeout = stopping }: ChildStorageOptions = {},
): Promise<OpenStorage> {
  const { window, name } = config;
  return openStorage(config, {
    timeout,
    // A segment is listed for the window, and as long again for those who still have a playlist that lists it.
    expiry: secondsToMilliseconds(2 * window + SLACK),
    keep: writes ? name : undefined,
    onTrouble: (error) => log.warn(toErrorRecord(error), 'media waits for its storage'),
  });
}
