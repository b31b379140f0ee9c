import type { HlsStreamError } from '../errors.ts';
import type { OpenStorage } from './storage.ts';

/** The settings that say where media goes; a part of the configuration. */
export interface StorageSettings {
  readonly dataDir: string;
  readonly mediaUrl?: string | undefined;
  /** URL of the store, for an engine that may be the same server. */
  readonly store?: string | undefined;
  readonly storePrefix: string;
}

/** How a process uses the storage. */
export interface StorageUse {
  /** How long media on a server stays that nobody removes and whose writer is gone, in milliseconds. */
  readonly expiry: number;
  /** Folder that this process writes to; without one it only reads. */
  readonly keep?: string | undefined;
  /** Ends the wait for a server that cannot be reached: the storage is given as it is. */
  readonly timeout: AbortSignal;
  /** Told once in a while that the server cannot be reached or takes nothing, and why. */
  readonly onTrouble: (error: HlsStreamError) => void;
}

/** An engine of the media storage: all that the rest of the program needs to know of it. */
export interface StorageEngine {
  /** What `--media` calls it. */
  readonly name: string;
  /** Where its media lies, for `--help`. */
  readonly place: string;
  /** What `--media-url` means to it, for `--help`; undefined if nothing. */
  readonly url?: string;
  /** Its room is that of the data directory, which `--retain-size` bounds. */
  readonly inDataDir: boolean;
  /** Throws USAGE where the settings do not say enough. */
  check?(settings: StorageSettings): void;
  /** What {@link look} looks at, for `doctor`. */
  readonly subject: string;
  /** Resolves to what is there for it; rejects with what to do. Writes no media. */
  look(settings: StorageSettings): Promise<string>;
  /** What {@link look} finds wrong does not come right by waiting, so `start` looks, too. */
  readonly lookAtStart: boolean;
  /**
   * Opens it; waits until a server can be reached.
   * @throws HlsStreamError USAGE for a URL that is none; the STORE_ code of a server that answers what waiting
   *   cannot help
   */
  open(settings: StorageSettings, use: StorageUse): Promise<OpenStorage>;
}
