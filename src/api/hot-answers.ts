import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { HlsStreamError } from '../errors.ts';
import { acceptsGzip } from './accepts-gzip.ts';
import { allowedOrigin, EXPOSED_HEADERS } from './cors.ts';
import { isKnown } from './entity-tag.ts';
import { errorBody, errorHeaders, statusOf } from './http-error.ts';
import type { Metrics, RequestKind } from './metrics.ts';
import type { PreparedText } from './prepared-text.ts';
import { parseRange } from './range.ts';

/** A request on the hot path and the answer to come. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly kind: RequestKind;
}

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
  text({ request, response, kind }: Exchange, text: PreparedText, type: string, cacheControl: string): void {
    const headers = this.#headers(request, {
      'Content-Type': type,
      'Cache-Control': cacheControl,
      Vary: 'Accept-Encoding',
    });
    const zipped = acceptsGzip(request.headers['accept-encoding']);
    headers.ETag = zipped ? text.gzippedTag : text.tag;
    if (isKnown(request.headers['if-none-match'], text.tag, text.gzippedTag)) {
      this.#send(request, response, kind, 304, headers, undefined);
    } else if (zipped) {
      headers['Content-Encoding'] = 'gzip';
      text.gzipped().then(
        (bytes) => this.#send(request, response, kind, 200, headers, bytes),
        (error) => this.error({ request, response, kind }, error),
      );
    } else {
      this.#send(request, response, kind, 200, headers, text.bytes);
    }
  }

  /** Answers with an object or the range of it that was asked for. */
  media({ request, response, kind }: Exchange, { bytes, type, tag, cacheControl }: Media): void {
    const headers = this.#headers(request, {
      'Content-Type': type,
      'Cache-Control': cacheControl,
      'Accept-Ranges': 'bytes',
      ETag: tag,
    });
    const asked = request.headers;
    if (isKnown(asked['if-none-match'], tag)) {
      this.#send(request, response, kind, 304, headers, undefined);
      return;
    }
    const ifRange = asked['if-range'];
    const range =
      ifRange === undefined || ifRange === tag ? parseRange(asked.range, bytes.length) : undefined;
    if (range === undefined) {
      this.#send(request, response, kind, 200, headers, bytes);
    } else if (range === 'unsatisfiable') {
      headers['Content-Range'] = `bytes */${bytes.length}`;
      headers['Cache-Control'] = 'no-store';
      delete headers['Content-Type'];
      this.#send(request, response, kind, 416, headers, Buffer.alloc(0));
    } else {
      headers['Content-Range'] = `bytes ${range.start}-${range.end}/${bytes.length}`;
      this.#send(request, response, kind, 206, headers, bytes.subarray(range.start, range.end + 1));
    }
  }

  /** Answers with an error; what should not happen is a 500 and in the log. */
  error({ request, response, kind }: Exchange, thrown: unknown, cacheControl = 'no-store'): void {
    const error =
      thrown instanceof HlsStreamError
        ? thrown
        : new HlsStreamError('INTERNAL', String(thrown), { cause: thrown });
    const status = statusOf(error.code);
    if (status === 500) this.#options.failed(error);
    const headers = this.#headers(request, {
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': cacheControl,
      ...errorHeaders(error),
    });
    if (status === 405) headers.Allow = 'GET, HEAD';
    this.#send(request, response, kind, status, headers, Buffer.from(JSON.stringify(errorBody(error))));
  }

  /** Answers a CORS preflight (Fetch §3.2.2): any of our headers may be sent to the hot path. */
  preflight({ request, response, kind }: Exchange): void {
    const headers = this.#headers(request, {
      Allow: 'GET, HEAD, OPTIONS',
      'Access-Control-Allow-Methods': 'GET, HEAD',
      'Access-Control-Allow-Headers': request.headers['access-control-request-headers'] ?? 'Range',
      'Access-Control-Max-Age': '86400',
    });
    this.#send(request, response, kind, 204, headers, undefined);
  }

  #headers(request: IncomingMessage, headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
    headers['X-Content-Type-Options'] = 'nosniff';
    // HTTP/2 has no such header: its connections are closed as a whole (RFC 9113 §8.2.2).
    if (this.closing && request.httpVersionMajor === 1) headers.Connection = 'close';
    const { corsOrigins } = this.#options;
    if (corsOrigins.length === 0) return headers;
    const origin = allowedOrigin(request.headers.origin, corsOrigins);
    // Who allows some origins only gives different answers to different ones, and caches must know.
    if (origin !== '*') headers.Vary = headers.Vary === undefined ? 'Origin' : `${headers.Vary}, Origin`;
    if (origin === undefined) return headers;
    headers['Access-Control-Allow-Origin'] = origin;
    headers['Access-Control-Expose-Headers'] = EXPOSED_HEADERS;
    return headers;
  }

  #send(
    request: IncomingMessage,
    response: ServerResponse,
    kind: RequestKind,
    status: number,
    headers: OutgoingHttpHeaders,
    body: Buffer | undefined,
  ): void {
    // The client went away meanwhile: nobody to answer, and no error.
    if (response.destroyed || response.headersSent) return;
    if (body !== undefined) headers['Content-Length'] = body.length;
    const sent = request.method === 'HEAD' ? undefined : body;
    response.writeHead(status, headers).end(sent);
    this.#options.metrics.count(kind, status, sent?.length ?? 0);
  }
}
