import { setTimeout as delay } from 'node:timers/promises';
import type { Cursor, LogEvent, Store } from '../../store/store.ts';

/** How long to wait before following again after an engine failed outright, in milliseconds. */
const RETRY_MS = 1000;

/** What {@link followLog} needs. */
export interface FollowLogOptions {
  readonly store: Store;
  readonly log: string;
  /** Ends the following. */
  readonly signal: AbortSignal;
  /** Takes each event, in order. */
  readonly take: (event: LogEvent) => void;
  /** Told of every failure; following goes on a second later from where it was. */
  readonly failed: (error: unknown) => void;
}

/** Feeds a log into `take` for as long as `signal` allows and the store is open. Never rejects. */
export async function followLog({ store, log, signal, take, failed }: FollowLogOptions): Promise<void> {
  let after: Cursor | undefined;
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
      if (signal.aborted) return;
      failed(error);
      await delay(RETRY_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }
}
