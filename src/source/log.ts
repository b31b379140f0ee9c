import type { HlsStreamError } from '../errors.ts';

/** Where a source says what its operator should know; a pino logger fits. */
export interface SourceLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  /** The source cannot be read now; it is tried again. */
  broken?(error: HlsStreamError): void;
}

/** Says nothing. */
export const silent: SourceLog = { info: () => {}, warn: () => {} };
