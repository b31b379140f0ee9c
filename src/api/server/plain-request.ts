import type { IncomingHttpHeaders } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { OwnHosts } from '../access/own-hosts.ts';
import type { ReadAccess } from '../access/read-access.ts';
import { anybody, type Reader } from '../access/reader.ts';
import type { PublicPath } from '../http/public-path.ts';
import { isValidHost } from '../http/request-target.ts';

/** A plain request: a GET of media or a playlist, whole, and nothing else. */
export interface PlainRequest {
  /** Path and query, below the public path. */
  readonly url: string;
  /** Shared by all requests that had the same, and frozen. */
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** Who asks. */
  readonly reader: Reader;
}

const REQUEST_LINE = /^GET (\/[\x21\x22\x24-\x7e]{1,1000}) HTTP\/1\.1\r\n/;

/** One field (RFC 9112 §5): no space before the colon, no folded lines, no control characters. */
const FIELD = /([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*))?\r\n/y;

/** Fields that change what a connection or a request means. */
const NOT_PLAIN = new Set([
  ...['content-length', 'transfer-encoding', 'expect', 'upgrade', 'trailer', 'te'],
  ...['proxy-connection', 'http2-settings'],
]);

/** More fields are not plain: Node's server has a limit of its own. */
const MOST_FIELDS = 100;

/** Different headers that are kept in mind: viewers with the same browser send the same bytes again and again. */
const KNOWN_HEADERS = 1000;

/** The field that differs from viewer to viewer where reading needs a session. */
const COOKIE_FIELD = '\r\nCookie: ';
const COOKIE_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** Who may read, and under which names; anybody under any where nothing is said. */
export interface PlainAccess {
  readonly ownHosts?: OwnHosts | undefined;
  readonly readAccess?: ReadAccess | undefined;
}

/**
 * Recognises the requests that players send thousands of a second, for {@link answerPlainRequests}. It is no
 * HTTP parser: whatever it isn't sure of is not plain, and left to Node's.
 */
export class PlainRequests {
  readonly #most: number;
  readonly #publicPath: PublicPath;
  readonly #access: PlainAccess;
  readonly #known = new LRUCache<string, Readonly<IncomingHttpHeaders>>({ max: KNOWN_HEADERS });

  /**
   * @param most the largest plain request, in bytes
   * @param access a request under another name than ours, or of one who may not read, is not plain
   */
  constructor(most: number, publicPath: PublicPath, access: PlainAccess = {}) {
    this.#most = most;
    this.#publicPath = publicPath;
    this.#access = access;
  }

  /** The request if these bytes are exactly one plain one. */
  read(bytes: Buffer): PlainRequest | undefined {
    if (bytes.length > this.#most) return undefined;
    const { ownHosts, readAccess } = this.#access;
    const text = bytes.toString('latin1');
    const [line, target] = REQUEST_LINE.exec(text) ?? [];
    if (line === undefined || target === undefined) return undefined;
    const below = this.#publicPath.below(target);
    if (!below.startsWith('/video/') && !below.startsWith('/s/')) return undefined;
    const [fields, cookie] = readAccess === undefined ? [text.slice(line.length)] : apart(text, line.length);
    let headers = this.#known.get(fields);
    if (headers === undefined) {
      headers = plainHeaders(fields);
      if (headers === undefined || ownHosts?.includes(headers.host) === false) return undefined;
      this.#known.set(fields, headers);
    }
    if (readAccess === undefined) return { url: below, headers, reader: anybody };
    // Who tries tokens is counted where all that is not plain goes.
    if ((cookie !== undefined && headers.cookie !== undefined) || headers.authorization !== undefined)
      return undefined;
    const { url, reader } = readAccess.admit(below, { headers }, cookie);
    return reader.refusal === undefined && url.startsWith('/video/') ? { url, headers, reader } : undefined;
  }
}

/** The fields without the first cookie, and that one: all who send the same but for it share their headers. */
function apart(text: string, from: number): readonly [string, string?] {
  const at = text.indexOf(COOKIE_FIELD, from - 2);
  if (at === -1) return [text.slice(from)];
  const value = at + COOKIE_FIELD.length;
  const end = text.indexOf('\r\n', value);
  const cookie = text.slice(value, end);
  // What is not surely a cookie is left to be looked at as all fields are.
  if (end === -1 || !COOKIE_VALUE.test(cookie)) return [text.slice(from)];
  return [text.slice(from, at + 2) + text.slice(end + 2), cookie];
}

/** Not trimEnd(), which takes more for white space than HTTP does, nor a search for it, which begins at each space anew. */
function withoutTail(value: string): string {
  let end = value.length;
  while (end > 0 && (value[end - 1] === ' ' || value[end - 1] === '\t')) end -= 1;
  return value.slice(0, end);
}

function plainHeaders(fields: string): Readonly<IncomingHttpHeaders> | undefined {
  const headers: Record<string, string> = Object.create(null);
  FIELD.lastIndex = 0;
  let end = 0;
  let count = 0;
  for (let field = FIELD.exec(fields); field !== null; field = FIELD.exec(fields)) {
    const name = (field[1] ?? '').toLowerCase();
    count += 1;
    if (name in headers || NOT_PLAIN.has(name) || count > MOST_FIELDS) return undefined;
    headers[name] = withoutTail(field[2] ?? '');
    end = FIELD.lastIndex;
  }
  const { host, connection = 'keep-alive' } = headers;
  const whole = fields.length === end + 2 && fields.endsWith('\r\n');
  if (!whole || host === undefined || !isValidHost(host)) return undefined;
  return connection.toLowerCase() === 'keep-alive' ? Object.freeze(headers) : undefined;
}
