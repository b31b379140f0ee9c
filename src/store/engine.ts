import type { HlsStreamError } from '../errors.ts';
import type { Store } from './store.ts';

/** How a process uses the store. */
export interface StoreUse {
  /** Begins all keys. */
  readonly prefix: string;
  /** How many replicas must have an entry before it is acknowledged, where the engine has replicas. */
  readonly replicas: number;
  /** Ends the wait for a server that cannot be reached: the store is given as it is, down. */
  readonly timeout: AbortSignal;
  /** Told once in a while that the server cannot be reached, and why. */
  readonly onTrouble: (error: HlsStreamError) => void;
}

/** An engine of the store that a URL chooses: all that the rest of the program needs to know of it. */
export interface StoreEngine {
  readonly name: string;
  /** What its URLs look like, for `--help`. */
  readonly help: string;
  /** What they begin with, for messages. */
  readonly urls: readonly string[];
  /** Whether a URL chooses it. */
  takes(url: string): boolean;
  /** Whether all processes that are given the same URL have the same data. */
  readonly shared: boolean;
  /** Resolves to what answers, for `doctor`; rejects with what to do. Undefined where there is nothing to look at. */
  readonly look?: (url: string) => Promise<string>;
  /**
   * Opens it; waits until a server can be reached.
   * @throws HlsStreamError USAGE for a URL that is none; the STORE_ code of a server that answers what waiting
   *   cannot help
   */
  open(url: string, use: StoreUse): Promise<Store>;
}
