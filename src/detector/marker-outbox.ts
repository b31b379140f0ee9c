import { within } from '../clock.ts';
import { HlsStreamError } from '../errors.ts';
import type { MarkerEntry } from '../hls/marker-log.ts';
import type { Fence, Store } from '../store/store.ts';
import { isAway, storeBack } from '../store/store-return.ts';

/** What the outbox says of its troubles. */
export interface OutboxLog {
  info(facts: object, text: string): void;
  warn(facts: object, text: string): void;
}

/** A lease that keeps all other writers out; see {@link ../lease/lease.ts}. */
export interface WriterLease {
  /** What every entry carries. */
  readonly fence: Fence;
  /** The store refused the fence: asks for a new one. `lost`: somebody else writes from now on. */
  renewFence(): Promise<'held' | 'lost' | 'unknown'>;
}

/** Marker entries on their way to the store, in order, kept while it is away. */
export interface MarkerOutbox {
  /** Writes an entry after all before it; `id` makes a repeated attempt harmless. Never waits, never throws. */
  add(id: string, entry: MarkerEntry): void;
  /** Entries not yet acknowledged by the store. */
  readonly waiting: number;
  /** Gives what waits `grace` milliseconds to go, then stops. */
  close(grace?: number): Promise<void>;
}

/**
 * Appends entries to a marker log in order, and keeps them while the store is away: at most `limit`, beyond
 * which the oldest go (an entry that closes an event repeats its opening, so the newer say more).
 */
export function createMarkerOutbox(
  store: Store,
  log: string,
  report: OutboxLog,
  { limit = 10_000, lease }: { readonly limit?: number; readonly lease?: WriterLease | undefined } = {},
): MarkerOutbox {
  const queue: { readonly id: string; readonly entry: MarkerEntry }[] = [];
  const stop = new AbortController();
  let pumping: Promise<void> | undefined;
  let dropped = 0;
  let away = false;

  const failed = async (error: unknown) => {
    const code = error instanceof HlsStreamError ? error.code : undefined;
    if (code === 'STORE_CLOSED') return stop.abort();
    if (code === 'STORE_FENCED' && lease !== undefined) return fenced(lease);
    if (!isAway(error)) {
      const lost = queue.shift();
      report.warn({ error, id: lost?.id }, 'the store refused a marker entry');
      return;
    }
    if (!away) report.warn({ waiting: queue.length, code: error.code }, 'the store is away; markers wait');
    away = true;
    await storeBack(store, stop.signal);
  };

  const fenced = async (refused: WriterLease) => {
    const state = await refused.renewFence();
    if (state === 'unknown') return storeBack(store, stop.signal);
    if (state === 'held') return;
    if (queue.length > 0)
      report.warn({ waiting: queue.length }, 'another detector has taken over; it marks these');
    queue.length = 0;
    stop.abort();
  };

  const pump = async () => {
    while (!stop.signal.aborted) {
      const next = queue[0];
      if (next === undefined) break;
      try {
        await store.append(log, next.entry, { id: next.id, ...(lease && { fence: lease.fence }) });
        // While it was away the oldest may have gone, this one among them.
        if (queue[0] === next) queue.shift();
        if (away) report.info({ waiting: queue.length, dropped }, 'the store is back; markers go on');
        away = false;
      } catch (error) {
        await failed(error);
      }
    }
    pumping = undefined;
  };

  return {
    get waiting() {
      return queue.length;
    },
    add(id, entry) {
      queue.push({ id, entry });
      if (queue.length > limit) {
        queue.shift();
        dropped += 1;
      }
      pumping ??= pump();
    },
    async close(grace = 1000) {
      // A call that is under way may take longer than there is time.
      if (pumping !== undefined) await within(pumping, grace);
      stop.abort();
      if (queue.length > 0) report.warn({ waiting: queue.length }, 'markers were not written before leaving');
    },
  };
}
