/** What an engine may know of an object that is written. */
export interface WriteOptions {
  /**
   * Objects that were written before and hold, one after another, the same bytes: an engine that pays for each
   * byte keeps them once. They stay readable until they or the whole are removed.
   */
  readonly madeOf?: readonly string[];
}

/**
 * The seam for media bytes: init segments, Media Segments, Partial Segments. Objects are written once,
 * whole, and never change. Every engine passes `tests/storage/storage-contract.ts`. Besides STORAGE_FAILED an
 * engine over a server rejects with the STORE_ code of what ails that server, and tries nothing twice.
 */
export interface Storage {
  /**
   * Stores an object; it is visible only when it is whole. `path` is relative, `/`-separated, each part of
   * `[A-Za-z0-9_.-]`, none beginning with a dot. Rejects with STORAGE_FAILED.
   */
  write(path: string, chunks: readonly Uint8Array[], options?: WriteOptions): Promise<void>;
  /** The whole object, or `undefined` if there is none. Rejects with STORAGE_FAILED. */
  read(path: string): Promise<Buffer | undefined>;
  /** Removes objects; those that are not there are no error. Rejects with STORAGE_FAILED. */
  remove(paths: readonly string[]): Promise<void>;
  /** Removes all objects below a folder, and the folder. Rejects with STORAGE_FAILED. */
  removeFolder(path: string): Promise<void>;
  /** Names of the folders directly below `path` (empty if there is none), sorted. */
  folders(path: string): Promise<string[]>;
}

/**
 * Told when storage lost objects that nobody removed, as a server without persistence does that was restarted.
 * `has` tells whether one is there, or will be in a moment. What is rejected is told again later.
 */
export type LossListener = (has: (path: string) => Promise<boolean>) => Promise<void>;

/** What lies below a folder. */
export interface Stock {
  /** Paths of all objects. */
  readonly objects: readonly string[];
  /** How many half written ones were removed. */
  readonly discarded: number;
}

/** Storage that is open. */
export interface OpenStorage {
  readonly storage: Storage;
  /** Rejects with a STORE_ code while what was written cannot be read, and may have been lost. */
  reachable(): Promise<void>;
  /** Calls `listener` now and whenever objects were lost, as when somebody deleted them; returns the unsubscribe. */
  onLoss(listener: LossListener): () => void;
  /**
   * What lies below a folder, and how much there was of half written objects, which are removed. Undefined where
   * objects that nobody lists go by themselves.
   */
  readonly stock?: (folder: string) => Promise<Stock>;
  /**
   * Keeps every other process of this host from writing below a folder; resolves to what gives it back. Needed where no
   * lease does so. Rejects with STREAM_BUSY.
   */
  lock(folder: string): Promise<() => Promise<void>>;
  /**
   * Removes what streams other than `own` have left that nobody runs any more, once it is as old as they were to keep it;
   * resolves to their names. Undefined where that goes by itself.
   */
  readonly removeAbandoned?: (own: string) => Promise<string[]>;
  close(): Promise<void>;
}
