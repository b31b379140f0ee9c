import type { EpochMicroseconds } from '../clock.ts';
import { HlsStreamError } from '../errors.ts';

/** How the folder of an epoch is called, in that of its stream: nothing else in there is media, or is ever removed. */
export const EPOCH_FOLDER = /^e[0-9a-f]{10}$/;

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
   * `[A-Za-z0-9_.-]`, none beginning with a dot. Rejects with STORAGE_FAILED; with STORAGE_FULL where removing
   * what is old makes room, which is then tried.
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

/** Length of an object in bytes; undefined for none, or what is no file. Rejects with STORAGE_FAILED. */
export type ObjectSize = (path: string) => Promise<number | undefined>;

/** What a stream has in a room that others use as well. */
export interface Usage {
  /** Of all its media, in bytes. */
  readonly bytes: number;
  /** Date of the oldest that it may delete; null for none. */
  readonly oldest: EpochMicroseconds | null;
  /** What all streams may use together, in bytes, as far as this one was told; null for any amount. */
  readonly limit: number | null;
  /** Nobody runs it. @default false */
  readonly left?: boolean;
}

/** What another stream has. */
export interface OthersUsage extends Usage {
  readonly name: string;
  /** It said so a moment ago: somebody runs it. */
  readonly live: boolean;
}

/** The room that all streams share, whoever runs them. */
export interface SharedUsage {
  /** Says what a stream has, for the others. */
  write(name: string, usage: Usage): Promise<void>;
  /** What all streams but this one have. */
  others(own: string): Promise<OthersUsage[]>;
  /**
   * Removes the oldest media of a stream that nobody runs, until so many bytes are free; the lock on its folder is the
   * lease for that. Resolves to how many files went; none where somebody runs it after all.
   */
  shrink(name: string, bytes: number): Promise<number>;
}

/** Whether an error says that the storage takes nothing. */
export function isStorageFailure(error: unknown): error is HlsStreamError {
  return error instanceof HlsStreamError && error.code.startsWith('STORAGE_');
}

/** Room on a disk, in bytes. */
export interface Space {
  /** What may still be written. */
  readonly free: number;
  readonly size: number;
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
  /** See {@link ObjectSize}. Undefined where objects are always whole. */
  readonly size?: ObjectSize;
  /** How much room there is. Undefined where the storage sees to that by itself. */
  readonly space?: () => Promise<Space>;
  /** How many calls have failed so far, by the operating system's code, where there is such a thing. */
  readonly failures?: ReadonlyMap<string, number>;
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
  /** What all streams that share the room have in it. Undefined where the room is not the storage's own affair. */
  readonly usage?: SharedUsage;
  close(): Promise<void>;
}
