import type { Logger } from 'pino';
import type { ErrorRecord } from '../errors.ts';

/** Whoever runs a part of the system: a child process, or a program that has the part within. */
export interface Host {
  readonly log: Logger;
  /** Aborts when the part is to end in good order. */
  readonly stopping: AbortSignal;
  /** How the one before this ended, if this is not the first. */
  readonly predecessor: Predecessor | undefined;
  /** Rejects when it cannot go on, for a reason of the host's; never resolves. */
  readonly crashed: Promise<never>;
  /** The part works; `facts` are its own. */
  ready(facts?: Readonly<Record<string, unknown>>): void;
  /** Whether the stream is left open when its source ends. @default it ends then */
  leavesOpen?(): boolean;
  /** The source has ended, and all that it gave is listed. */
  drained?(): void;
}

/** How the process before this one ended. */
export interface Predecessor extends ErrorRecord {
  /** Its source failed, and is not to be opened before this time, in milliseconds since the Unix epoch. */
  readonly sourceAt?: number;
}
