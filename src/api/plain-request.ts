import type { IncomingHttpHeaders } from 'node:http';
import { LRUCache } from 'lru-cache';

/** A plain request: a GET of media or a playlist, whole, and nothing else. */
export interface PlainRequest {
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

const REQUEST_LINE = /^GET (\/video\/[\x21-\x7e]{1,500}) HTTP\/1\.1\r\n/;

/** One field (RFC 9112 §5): no space before the colon, no folded lines, no control characters. */
const FIELD = /([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*))?\r\n/y;

/** Fields that change what a connection or a request means. */
const NOT_PLAIN = new Set(['content-length', 'transfer-encoding', 'expect', 'upgrade', 'trailer', 'te']);

/** Different headers that are kept in mind: viewers with the same browser send the same bytes again and again. */
const KNOWN_HEADERS = 1000;

/**
 * Recognises the requests that players send thousands of a second, for {@link answerPlainRequests}. It is no
 * HTTP parser: whatever it isn't sure of is not plain, and left to Node's.
 */
export class PlainRequests {
  readonly #most: number;
  readonly #known = new LRUCache<string, IncomingHttpHeaders>({ max: KNOWN_HEADERS });

  /** @param most the largest plain request, in bytes */
  constructor(most: number) {
    this.#most = most;
  }

  /** The request if these bytes are exactly one plain one. */
  read(bytes: Buffer): PlainRequest | undefined {
    if (bytes.length > this.#most) return undefined;
    const text = bytes.toString('latin1');
    const [line, url] = REQUEST_LINE.exec(text) ?? [];
    if (line === undefined || url === undefined) return undefined;
    const fields = text.slice(line.length);
    let headers = this.#known.get(fields);
    if (headers === undefined) {
      headers = plainHeaders(fields);
      if (headers === undefined) return undefined;
      this.#known.set(fields, headers);
    }
    return { url, headers };
  }
}

function plainHeaders(fields: string): IncomingHttpHeaders | undefined {
  const headers: Record<string, string> = Object.create(null);
  FIELD.lastIndex = 0;
  let end = 0;
  for (let field = FIELD.exec(fields); field !== null; field = FIELD.exec(fields)) {
    const name = (field[1] ?? '').toLowerCase();
    if (name in headers || NOT_PLAIN.has(name)) return undefined;
    headers[name] = (field[2] ?? '').trimEnd();
    end = FIELD.lastIndex;
  }
  const { host, connection = 'keep-alive' } = headers;
  const whole = fields.length === end + 2 && fields.endsWith('\r\n');
  if (!whole || host === undefined || connection.toLowerCase() !== 'keep-alive') return undefined;
  return headers;
}
