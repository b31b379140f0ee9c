import type { IncomingHttpHeaders } from 'node:http';
import type { AnswerHeaders } from './exchange.ts';
import { evaluate } from './preconditions.ts';

/** What a request may get, in all its forms. */
export interface Content {
  /** Its Content-Type. */
  readonly type: string;
  readonly cacheControl: string;
  readonly bytes: Buffer;
  /** Entity tag of the bytes. */
  readonly tag: string;
  /** Its gzip, for those who accept that; made when asked for. */
  readonly gzip?: { readonly tag: string; readonly bytes: () => Buffer | Promise<Buffer> } | undefined;
  /** Ranges of the bytes may be asked for. @default false */
  readonly ranges?: boolean;
}

/** The part of a request that decides which form it gets. */
export interface Conditions {
  readonly method: string;
  readonly headers: Readonly<IncomingHttpHeaders>;
}

/** An answer as it goes out. The headers are the caller's own; the body may be shared and is left out for HEAD. */
export interface Negotiated {
  readonly status: 200 | 206 | 304 | 416;
  readonly headers: AnswerHeaders;
  readonly body: Buffer | Promise<Buffer> | undefined;
}

/**
 * Chooses what a request gets: coding, conditions (RFC 9110 §13.2.2) and range (§14), in that order. The one place
 * that does, for Koa and for the hot path.
 * @returns undefined where a condition of the request does not hold (412)
 */
export function negotiate({ method, headers }: Conditions, content: Content): Negotiated | undefined {
  const { bytes, tag, gzip } = content;
  const zipped = gzip !== undefined && acceptsGzip(headers['accept-encoding']);
  const head: AnswerHeaders = {
    'Content-Type': content.type,
    'Cache-Control': content.cacheControl,
    ETag: zipped ? gzip.tag : tag,
  };
  if (gzip !== undefined) head.Vary = 'Accept-Encoding';
  if (content.ranges) head['Accept-Ranges'] = 'bytes';
  const verdict = evaluate(method, headers, { tags: gzip === undefined ? [tag] : [tag, gzip.tag] });
  if (verdict === 'failed') return undefined;
  if (verdict === 'not-modified') return { status: 304, headers: head, body: undefined };
  if (zipped) {
    head['Content-Encoding'] = 'gzip';
    return { status: 200, headers: head, body: gzip.bytes() };
  }
  // Ranges are for GET alone (§14.2), and If-Range takes a strong tag.
  const ifRange = headers['if-range'];
  const isRanged = content.ranges && method === 'GET' && (ifRange === undefined || ifRange === tag);
  const range = isRanged ? parseRange(headers.range, bytes.length) : undefined;
  if (range === undefined) return { status: 200, headers: head, body: bytes };
  if (range === 'unsatisfiable') {
    head['Content-Range'] = `bytes */${bytes.length}`;
    head['Cache-Control'] = 'no-store';
    delete head['Content-Type'];
    return { status: 416, headers: head, body: Buffer.alloc(0) };
  }
  head['Content-Range'] = `bytes ${range.start}-${range.end}/${bytes.length}`;
  return { status: 206, headers: head, body: bytes.subarray(range.start, range.end + 1) };
}

/** Whether an Accept-Encoding header allows gzip (RFC 9110 §12.5.3). */
export function acceptsGzip(header: string | undefined): boolean {
  if (header === undefined) return false;
  let any = false;
  for (const item of header.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = item.split(';').map((text) => text.trim());
    const refused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    if (coding === 'gzip' || coding === 'x-gzip') return !refused;
    if (coding === '*') any = !refused;
  }
  return any;
}

/** A stretch of bytes, both ends included. */
interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a Range header (RFC 9110 §14.2) for an object of `size` bytes. `undefined`: send the whole object
 * (no range, another unit, malformed, or several ranges, which a server may ignore). `unsatisfiable`: 416.
 * Positions may have any number of digits: rfc8216bis has clients ask up to 2^53 - 1 for what is not whole yet.
 */
function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  if (header === undefined || !/^bytes=/i.test(header)) return undefined;
  // Elements of a list may be empty (§5.6.1.2).
  const ranges = header
    .slice('bytes='.length)
    .split(',')
    .map((text) => text.trim());
  const [range = '', ...more] = ranges.filter((text) => text !== '');
  const match = more.length > 0 ? null : /^(\d*)\s*-\s*(\d*)$/.exec(range);
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  if (last !== '' && BigInt(last) < BigInt(first)) return undefined;
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start >= size ? 'unsatisfiable' : { start, end };
}
