import { HlsStreamError } from '../../errors.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { acceptsGzip } from './accepts-gzip.ts';
import { allowedOrigin, EXPOSED_HEADERS } from './cors.ts';
import type { AnswerHeaders, Exchange } from './exchange.ts';
import { errorBody, errorHeaders, statusOf } from './http-error.ts';
import { evaluate, preconditionFailed, type Representation } from './preconditions.ts';
import type { PreparedText } from './prepared-text.ts';
import { parseRange } from './range.ts';

/** An immutable object as it is answered. */
export interface Media {
  readonly bytes: Buffer;
  readonly type: string;
  readonly tag: string;
  readonly cacheControl: string;
}

/** What {@link HotAnswers} needs. */
export interface HotAnswersOptions {
  readonly corsOrigins: readonly string[];
  readonly metrics: Metrics;
  /** Told of errors that should not happen. */
  readonly failed: (error: unknown) => void;
}

/** Writes the answers of the hot path: prepared bytes, one `writeHead` and one `end`, shared bodies never copied. */
export class HotAnswers {
  /** When true every connection is closed behind its answer. */
  closing = false;
  readonly #options: HotAnswersOptions;

  constructor(options: HotAnswersOptions) {
    this.#options = options;
  }

  /** Answers with a text, gzipped if the client takes that. */
  text(exchange: Exchange, text: PreparedText, type: string, cacheControl: string): void {
    const headers = this.#headers(exchange, {
      'Content-Type': type,
      'Cache-Control': cacheControl,
      Vary: 'Accept-Encoding',
    });
    const zipped = acceptsGzip(exchange.headers['accept-encoding']);
    headers.ETag = zipped ? text.gzippedTag : text.tag;
    if (this.#isSettled(exchange, headers, text)) return;
    if (!zipped) {
      this.#send(exchange, 200, headers, text.bytes);
      return;
    }
    headers['Content-Encoding'] = 'gzip';
    const bytes = text.gzipped();
    if (Buffer.isBuffer(bytes)) this.#send(exchange, 200, headers, bytes);
    else
      bytes.then(
        (made) => this.#send(exchange, 200, headers, made),
        (error) => this.error(exchange, error),
      );
  }

  /** Answers with an object or the range of it that was asked for. */
  media(exchange: Exchange, { bytes, type, tag, cacheControl }: Media): void {
    const headers = this.#headers(exchange, {
      'Content-Type': type,
      'Cache-Control': cacheControl,
      'Accept-Ranges': 'bytes',
      ETag: tag,
    });
    if (this.#isSettled(exchange, headers, { tags: [tag] })) return;
    const { 'if-range': ifRange, range: asked } = exchange.headers;
    // Ranges are for GET alone (RFC 9110 §14.2).
    const isRanged = exchange.method === 'GET' && (ifRange === undefined || ifRange === tag);
    const range = isRanged ? parseRange(asked, bytes.length) : undefined;
    if (range === undefined) {
      this.#send(exchange, 200, headers, bytes);
    } else if (range === 'unsatisfiable') {
      headers['Content-Range'] = `bytes */${bytes.length}`;
      headers['Cache-Control'] = 'no-store';
      delete headers['Content-Type'];
      this.#send(exchange, 416, headers, Buffer.alloc(0));
    } else {
      headers['Content-Range'] = `bytes ${range.start}-${range.end}/${bytes.length}`;
      this.#send(exchange, 206, headers, bytes.subarray(range.start, range.end + 1));
    }
  }

  /** Answers with an error; what should not happen is a 500 and in the log. */
  error(exchange: Exchange, thrown: unknown, cacheControl = 'no-store'): void {
    const error =
      thrown instanceof HlsStreamError
        ? thrown
        : new HlsStreamError('INTERNAL', String(thrown), { cause: thrown });
    const status = statusOf(error.code);
    if (status === 500) this.#options.failed(error);
    const headers = this.#headers(exchange, {
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': cacheControl,
      ...errorHeaders(error),
    });
    if (status === 405) headers.Allow = 'GET, HEAD';
    this.#send(exchange, status, headers, Buffer.from(JSON.stringify(errorBody(error))));
  }

  /** Answers what is asked of the server as a whole (`OPTIONS *`, RFC 9110 §9.3.7). */
  options(exchange: Exchange): void {
    const headers = this.#headers(exchange, { Allow: 'GET, HEAD, OPTIONS, POST, PATCH, DELETE' });
    this.#send(exchange, 204, headers, undefined);
  }

  /** Answers a CORS preflight (Fetch §3.2.2): any of our headers may be sent to the hot path. */
  preflight(exchange: Exchange): void {
    const headers = this.#headers(exchange, {
      Allow: 'GET, HEAD, OPTIONS',
      'Access-Control-Allow-Methods': 'GET, HEAD',
      'Access-Control-Allow-Headers': exchange.headers['access-control-request-headers'] ?? 'Range',
      'Access-Control-Max-Age': '86400',
    });
    this.#send(exchange, 204, headers, undefined);
  }

  /** Answers 304 or 412 where the request's conditions have it so. */
  #isSettled(exchange: Exchange, headers: AnswerHeaders, representation: Representation): boolean {
    const verdict = evaluate(exchange.method, exchange.headers, representation);
    if (verdict === 'not-modified') this.#send(exchange, 304, headers, undefined);
    else if (verdict === 'failed') this.error(exchange, preconditionFailed());
    return verdict !== 'met';
  }

  #headers(exchange: Exchange, headers: AnswerHeaders): AnswerHeaders {
    headers['X-Content-Type-Options'] = 'nosniff';
    if (this.closing && exchange.closable) headers.Connection = 'close';
    const { corsOrigins } = this.#options;
    if (corsOrigins.length === 0) return headers;
    const origin = allowedOrigin(exchange.headers.origin, corsOrigins);
    // Who allows some origins only gives different answers to different ones, and caches must know.
    if (origin !== '*') headers.Vary = headers.Vary === undefined ? 'Origin' : `${headers.Vary}, Origin`;
    if (origin === undefined) return headers;
    headers['Access-Control-Allow-Origin'] = origin;
    headers['Access-Control-Expose-Headers'] = EXPOSED_HEADERS;
    return headers;
  }

  #send(exchange: Exchange, status: number, headers: AnswerHeaders, body: Buffer | undefined): void {
    if (body !== undefined) headers['Content-Length'] = body.length;
    const sent = exchange.method === 'HEAD' ? undefined : body;
    if (exchange.send(status, headers, sent))
      this.#options.metrics.count(exchange.kind, status, sent?.length ?? 0);
  }
}
