import type { Holder } from './holder.ts';

/** What the store holds of a lease; changed by compareAndSet alone. */
export interface LeaseRecord {
  readonly holder: Holder;
  /** Counts the signs of life. */
  readonly beat: number;
  /** After so many milliseconds without a new one the holder counts as gone. */
  readonly ttl: number;
  /** The holder has given it back: whoever waits may have it at once. */
  readonly released?: boolean;
}

/** Something only one process may do at a time: `stream/<name>`, `detect/<name>/<detector>`. */
export type LeaseSubject = string;

/** The store's key of a {@link LeaseRecord}. */
export function leaseKey(subject: LeaseSubject): string {
  return `lease/${subject}`;
}

/**
 * The store's key that fences writing: it changes only when the lease changes hands, so that signs of life
 * never outdate the token that writes under way carry.
 */
export function fenceKey(subject: LeaseSubject): string {
  return `fence/${subject}`;
}
