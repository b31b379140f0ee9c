import type { HlsStreamError } from '../../errors.ts';
import type { StoreValue } from '../store.ts';

/** An entry of a log as it is kept. */
export interface KeptEntry {
  readonly number: number;
  readonly value: StoreValue;
  readonly id?: string | undefined;
  /** Number of the entry before it, when it came; −1 for none. */
  readonly previous: number;
}

/** A log as it was kept. */
export interface KeptLog {
  readonly entries: readonly KeptEntry[];
  /** The next entry gets this number, or one above. */
  readonly next: number;
  /** Numbers below this are reserved: none of them is given by a later life unless it is known not to have been used. */
  readonly reserved: number;
}

/** What the Map held when it was kept last. */
export interface KeptState {
  readonly generation: string;
  readonly values: ReadonlyMap<string, StoreValue>;
  readonly tokens: ReadonlyMap<string, number>;
  /** Fence tokens below this may have been given. */
  readonly tokensReserved: number;
  readonly logs: ReadonlyMap<string, KeptLog>;
}

/** Is told of every change of the Map, in order, and keeps it where it outlives the process. */
export interface Journal {
  /** `key` has this value now; undefined: it is gone. Where it is to be `synced`, kept also over a power cut. */
  value(key: string, value: StoreValue, synced?: boolean): void;
  /** This is the newest fence of `key`. */
  token(key: string, token: number): void;
  /** Fence tokens below this may be given; kept before any is, also over a power cut. */
  reserveTokens(below: number): void;
  entry(log: string, entry: KeptEntry): void;
  /** These entries were trimmed away. */
  gone(log: string, numbers: readonly number[]): void;
  /** The log was removed, after all of its entries. */
  dropped(log: string): void;
  /** The same for the numbers of a log. */
  reserveNumbers(log: string, below: number): void;
  /** Resolves when all changes so far are kept, or cannot be for now; undefined where they are already. */
  kept(): Promise<void> | undefined;
  /** Why nothing can be kept for now. */
  readonly trouble: HlsStreamError | undefined;
}
