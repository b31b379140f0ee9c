import type { LeaseRecord } from './lease-record.ts';

/**
 * What a waiter makes of a lease. `free`: nobody holds it. `held`: nothing can be said yet. `alive`: the holder
 * gave a sign of life while it was watched. `expired`: it gave none for longer than its time to live.
 */
export type Verdict = 'free' | 'held' | 'alive' | 'expired';

/**
 * Judges by one's own monotonic clock whether the holder of a lease is gone: clocks of two hosts are never
 * compared. Pure.
 */
export class HolderWatch {
  #watched: { readonly record: LeaseRecord | undefined; readonly since: number } | undefined;
  #ttl: number | undefined;

  /** What the store holds, at `now` milliseconds of any monotonic clock. */
  look(record: LeaseRecord | undefined, now: number): Verdict {
    this.#ttl = record?.ttl ?? this.#ttl;
    // A record that vanished is no free lease: the store came back empty, and its holder will say so in a moment.
    if (record?.released || this.#ttl === undefined) return 'free';
    const before = this.#watched;
    if (before === undefined || !same(record, before.record)) {
      this.#watched = { record, since: now };
      return before !== undefined && record !== undefined ? 'alive' : 'held';
    }
    return now - before.since > this.#ttl ? 'expired' : 'held';
  }

  /** The store could not be asked. Its holder could not tell it anything either, so watching begins anew. */
  away(): void {
    this.#watched = undefined;
  }
}

function same(one: LeaseRecord | undefined, other: LeaseRecord | undefined): boolean {
  return one?.holder.id === other?.holder.id && one?.beat === other?.beat;
}
