import type { IncomingMessage } from 'node:http';
import { HlsStreamError } from '../../errors.ts';

/** Who reads, as far as a request shows, and what that allows. */
export interface Reader {
  /** By what: it is open to all, a signed path, a session, a token; or nothing that allows it. */
  readonly by: 'public' | 'path' | 'session' | 'token' | 'nothing';
  /** The streams that may be read; all if undefined. */
  readonly streams: ReadonlySet<string> | undefined;
  /** Path prefix that carries the signature, or ''. */
  readonly prefix: string;
  /** Until when, in milliseconds since the Unix epoch. */
  readonly expires: number;
  /** Why nothing may be read. */
  readonly refusal?: HlsStreamError;
}

/** Anybody, where reading is open to all. */
export const anybody: Reader = {
  by: 'public',
  streams: undefined,
  prefix: '',
  expires: Number.POSITIVE_INFINITY,
};

/** One who may read nothing, and why. */
export function refused(refusal: HlsStreamError): Reader {
  return { ...anybody, by: 'nothing', streams: new Set(), refusal };
}

/** Whether answers to this reader are for nobody else: no cache that others ask may keep them. */
export function isPersonal({ by }: Reader): boolean {
  return by !== 'public' && by !== 'path';
}

/** Cache-Control for who alone may have the answer. */
export function personal(cacheControl = ''): string {
  const shared = /^(?:public|private|s-maxage=\d+)$/i;
  const kept = cacheControl.split(/\s*,\s*/).filter((part) => part !== '' && !shared.test(part));
  return ['private', ...kept].join(', ');
}

/** @throws HlsStreamError FORBIDDEN, or the reader's own refusal, where a stream may not be read */
export function checkReads({ streams, refusal }: Reader, name: string): void {
  if (refusal !== undefined) throw refusal;
  if (streams === undefined || streams.has(name)) return;
  throw new HlsStreamError('FORBIDDEN', `this signature, session or token does not open the stream ${name}`);
}

/** @throws HlsStreamError FORBIDDEN, or the reader's own refusal, where not all streams may be read */
export function checkReadsAll({ streams, refusal }: Reader): void {
  if (refusal !== undefined) throw refusal;
  if (streams === undefined) return;
  throw new HlsStreamError('FORBIDDEN', 'this is for those who may read all streams');
}

/** The readers of requests that are under way. */
const readers = new WeakMap<IncomingMessage, Reader>();

/** Notes who asks. */
export function setReader(request: IncomingMessage, reader: Reader): void {
  readers.set(request, reader);
}

/** Who asks. */
export function readerOf(request: IncomingMessage): Reader {
  return readers.get(request) ?? anybody;
}
