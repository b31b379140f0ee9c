import type { RequestListener } from '../api/server/web-server.ts';
import type { HlsStreamError } from '../errors.ts';
import type { WrittenFrames } from '../source/written-frames.ts';
import type { LogEntry } from './log-entry.ts';
import type { Chosen } from './serve-options.ts';

/** A stream that runs, wherever it does. */
export interface Running {
  /** Answers requests that another server takes; undefined where it listens itself. */
  readonly answer?: RequestListener | undefined;
  /** Where it listens, if it does. */
  readonly port?: number | undefined;
  viewers(): number;
  /** Ends it in good order: frames that were written are listed first. With `end` the stream is over for good. */
  close(end: boolean): Promise<void>;
}

/** What a stream is run with. */
export interface RunOptions {
  readonly chosen: Chosen;
  /** The frames; undefined where these come from elsewhere. */
  readonly written: WrittenFrames | undefined;
  /** Is told what an operator should know. */
  readonly report: (entry: LogEntry) => void;
  /** It cannot go on. */
  readonly failed: (error: HlsStreamError) => void;
  /** Requests are taken by another server, below this path. */
  readonly prefix?: string | undefined;
  /** What its URLs begin with there. */
  readonly base?: (() => string) | undefined;
}

/** Frames that were written have so long to get out when the stream is closed, in milliseconds. */
export const DRAIN_MS = 5000;
