import { type Milliseconds, secondsToMilliseconds } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { keptBy } from '../config/kept.ts';
import { toErrorRecord } from '../errors.ts';
import { openStorage } from '../storage/open.ts';
import type { OpenStorage } from '../storage/storage.ts';
import type { Child } from './child.ts';

/** What removed segments are kept for beyond twice the window, and clocks and restarts take, in seconds. */
const SLACK = 60;

/** Ten years, in seconds. */
const UNTIL_CROWDED = 3650 * 86_400;

/** How a child uses the storage. */
interface ChildStorageOptions {
  /** It writes media of its stream; else it only reads. @default false */
  readonly writes?: boolean;
  /** Ends the wait; the storage may be down then. @default the child's stop */
  readonly timeout?: AbortSignal;
}

/** Opens the media storage of a child process and logs while it cannot be reached. */
export function openChildStorage(
  { config, log, stopping }: Pick<Child, 'config' | 'log' | 'stopping'>,
  { writes = false, timeout = stopping }: ChildStorageOptions = {},
): Promise<OpenStorage> {
  return openStorage(config, {
    timeout,
    expiry: expiryOf(config),
    keep: writes ? config.name : undefined,
    onTrouble: (error) => log.warn(toErrorRecord(error), 'media waits for its storage'),
  });
}

/** How long media stays that nobody runs any more. */
export function expiryOf(config: Config): Milliseconds {
  const { retain, retainSize } = keptBy(config);
  // What is kept for its size alone goes when room is needed.
  const kept = retain ?? (retainSize === undefined ? 0 : UNTIL_CROWDED);
  // A segment is listed for the window, and as long again for those who still have a playlist that lists it.
  return secondsToMilliseconds(Math.max(2 * config.window, kept) + SLACK);
}
