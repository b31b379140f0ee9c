import type { HlsStreamError } from '../errors.ts';

/**
 * The seam between the processes: a dictionary, ordered logs and channels. Small facts only; media bytes
 * go to {@link ../storage/storage.ts}. Every engine passes `tests/store/store-contract.ts`.
 */

/** Structured data that survives `structuredClone`: plain objects, arrays, scalars, typed arrays. */
export type StoreValue = unknown;

/** A place in a log, opaque: `<generation>-<n>`. A generation is one life of the store's data. */
export type Cursor = string;

/** An entry of a log together with its place. */
export interface LogEntry {
  readonly cursor: Cursor;
  readonly value: StoreValue;
}

/** What {@link Store.follow} yields. `reset`: forget what you folded, the log begins anew after this. */
export type LogEvent = ({ readonly type: 'entry' } & LogEntry) | { readonly type: 'reset' };

/** What {@link Store.subscribe} yields; `dropped` counts messages lost to a full queue just before this one. */
export interface ChannelMessage {
  readonly value: StoreValue;
  readonly dropped: number;
}

/** How {@link Store.append} adds an entry. */
export interface AppendOptions {
  /** An id of the sender's choosing (unique per log); appending the same id again returns the first cursor. */
  readonly id?: string;
  /** Refuse with STORE_FENCED unless this is the newest fence of the key named (see compareAndSet). */
  readonly fence?: Fence;
  /** Refuse with STORE_FULL where it would live in memory only, because what keeps it takes nothing for now. @default false */
  readonly lasting?: boolean;
  /**
   * The log is not kept on the disk of this machine, for it is short-lived and would cost more than it is worth: should
   * the engine die it begins anew, empty. Say so with every entry of a log, or with none. @default false
   */
  readonly ephemeral?: boolean;
}

/** Proof of a lease: the number {@link Store.compareAndSet} gave for `key`. */
export interface Fence {
  readonly key: string;
  readonly token: number;
}

/** How {@link Store.set} sets. */
export interface SetOptions {
  /** Where the engine keeps its data on this machine: let it outlive a power cut before it is acknowledged. @default false */
  readonly synced?: boolean;
}

/** Which entries {@link Store.read} gives. */
export interface ReadOptions {
  /** Only entries after this cursor (STORE_BAD_CURSOR if some of them are gone). Default: from the oldest. */
  readonly after?: Cursor;
  /** At most this many entries (1 to 10,000). @default 1000 */
  readonly limit?: number;
  /** Read the newest `limit` entries instead of the oldest (still in ascending order). */
  readonly latest?: boolean;
}

/** Where {@link Store.follow} begins and ends. */
export interface FollowOptions {
  /** Go on after this cursor; if it was trimmed away or belongs to another generation, `reset` comes first. */
  readonly after?: Cursor;
  /** Ends the iteration quietly. */
  readonly signal?: AbortSignal;
}

/** How {@link Store.subscribe} queues. */
export interface SubscribeOptions {
  /** How many messages may wait for this subscriber before the oldest are dropped. @default 64 */
  readonly queue?: number;
  /** Ends the iteration quietly. */
  readonly signal?: AbortSignal;
}

/** What {@link Store.publish} tells beside the message. */
export interface PublishOptions {
  /** Messages the sender had to drop just before this one; subscribers see them in `dropped`. @default 0 */
  readonly lost?: number;
}

/** How the connection to the engine stands; engines inside the same process are always up. */
export type StoreState = 'up' | 'down';

/**
 * The store. All calls reject with an HlsStreamError whose code begins with STORE_. A value handed over must
 * not be changed before the call has settled; a value received is to be read only (other readers in the
 * process may hold it too). Iterations begin with their `[Symbol.asyncIterator]()`, each its own.
 */
export interface Store {
  /** The value at `key`, or `undefined`. */
  get(key: string): Promise<StoreValue>;
  /** Sets `key`. `undefined` is refused with STORE_BAD_VALUE: delete instead. */
  set(key: string, value: StoreValue, options?: SetOptions): Promise<void>;
  /** Removes `key`; says whether it was there. */
  delete(key: string): Promise<boolean>;
  /** All keys that begin with `prefix`, sorted. */
  keys(prefix: string): Promise<string[]>;
  /** Merges `entries` into the dictionary at `key` (made if missing). STORE_BAD_VALUE if it is no dictionary. */
  update(key: string, entries: Readonly<Record<string, StoreValue>>): Promise<void>;
  /**
   * Sets `key` to `after` if it now equals `before` (deep equality; `undefined` = absent, on either side).
   * Success gives a fence token, higher than any given for this key before; failure gives the value found.
   */
  compareAndSet(
    key: string,
    before: StoreValue,
    after: StoreValue,
  ): Promise<
    { readonly ok: true; readonly token: number } | { readonly ok: false; readonly found: StoreValue }
  >;
  /** Adds `value` to the end of `log`, atomically, from any client. */
  append(log: string, value: StoreValue, options?: AppendOptions): Promise<Cursor>;
  /** Entries of `log`, ascending. */
  read(log: string, options?: ReadOptions): Promise<LogEntry[]>;
  /** Drops all entries before `before` (which stays); says how many went. */
  trim(log: string, before: Cursor, options?: { readonly fence?: Fence }): Promise<number>;
  /** Removes `log` for good, if it is there: its name is not to be used again. */
  drop(log: string, options?: { readonly fence?: Fence }): Promise<void>;
  /** The log from a cursor on, then live: nothing missed, nothing twice, also across a lost connection. */
  follow(log: string, options?: FollowOptions): AsyncIterable<LogEvent>;
  /**
   * Sends to all who listen now; ephemeral, and lost while the connection is. Says how many subscribers there
   * are. A publisher that outruns the connection loses messages instead of heaping them up; subscribers are
   * told how many.
   */
  publish(channel: string, value: StoreValue, options?: PublishOptions): Promise<number>;
  /** Messages published from now on, through a bounded queue. */
  subscribe(channel: string, options?: SubscribeOptions): AsyncIterable<ChannelMessage>;
  /** How many subscribers `channel` has now. */
  subscribers(channel: string): Promise<number>;
  /** Why the store is away, or what it answered last other than yes; undefined while all is well, as far as is known. */
  readonly trouble?: HlsStreamError | undefined;
  /** Calls `listener` when the connection is lost or back; returns the unsubscribe. */
  onState(listener: (state: StoreState) => void): () => void;
  /** Ends all iterations; calls after it reject with STORE_CLOSED. */
  close(): Promise<void>;
}

/**
 * Key under which a store says when it was found damaged last, in milliseconds since the Unix epoch: what it does not
 * know it may have known.
 */
export const STORE_DAMAGED_KEY = 'store/damaged';
