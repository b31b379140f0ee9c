import { HlsStreamError } from '../../errors.ts';
import type { Cursor, LogEvent, Store } from '../store.ts';
import { storeBack } from '../store-return.ts';

/** How long to wait at most before following again after an engine failed outright, in milliseconds. */
const RETRY_MS = 1000;

/** What {@link followLog} needs. */
export interface FollowLogOptions {
  readonly store: Store;
  readonly log: string;
  /** Where to go on. Default: from the oldest entry. */
  readonly after?: Cursor | undefined;
  /** Ends the following. */
  readonly signal: AbortSignal;
  /** Takes each event, in order. */
  readonly take: (event: LogEvent) => void;
  /** Told of every failure; following goes on from where it was when the store is back. */
  readonly failed: (error: unknown) => void;
}

/** Feeds a log into `take` for as long as `signal` allows and the store is open. Never rejects. */
export async function followLog(options: FollowLogOptions): Promise<void> {
  const { store, log, signal, take, failed } = options;
  let { after } = options;
  while (!signal.aborted) {
    try {
      const from = after === undefined ? { signal } : { signal, after };
      for await (const event of store.follow(log, from)) {
        if (signal.aborted) return;
        after = event.type === 'entry' ? event.cursor : undefined;
        take(event);
      }
      return;
    } catch (error) {
      const code = error instanceof HlsStreamError ? error.code : undefined;
      if (signal.aborted || code === 'STORE_CLOSED') return;
      failed(error);
      // Whoever does not know what an entry means must not go on behind it.
      if (code === 'STORE_NEWER') return;
      await storeBack(store, signal, RETRY_MS);
    }
  }
}
