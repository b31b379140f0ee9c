import { HlsStreamError } from '../../errors.ts';
import { isPersonal, personal } from '../access/reader.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { allowedOrigin, EXPOSED_HEADERS } from './cors.ts';
import type { AnswerHeaders, Exchange } from './exchange.ts';
import { errorBody, errorHeaders, isForLog, statusOfError } from './http-error.ts';
import { type Content, negotiate } from './negotiation.ts';
import { preconditionFailed } from './preconditions.ts';
import type { TextResponse } from './text-response.ts';

/** An immutable object as it is answered. */
export type Media = Content & { readonly ranges: true };

/** What {@link MediaResponses} needs. */
export interface MediaResponsesOptions {
  readonly corsOrigins: readonly string[];
  readonly metrics: Metrics;
  /** Told of errors that should not happen. */
  readonly failed: (error: unknown) => void;
}

/** Writes the answers of the hot path: prepared bytes, one `writeHead` and one `end`, shared bodies never copied. */
export class MediaResponses {
  /** When true every connection is closed behind its answer. */
  closing = false;
  readonly #options: MediaResponsesOptions;

  constructor(options: MediaResponsesOptions) {
    this.#options = options;
  }

  /** Answers with a text, gzipped if the client takes that. */
  text(exchange: Exchange, text: TextResponse, type: string, cacheControl: string): void {
    this.#negotiated(exchange, text.as(type, cacheControl));
  }

  /** Answers with an object or the range of it that was asked for. */
  media(exchange: Exchange, media: Media): void {
    this.#negotiated(exchange, media);
  }

  /** Answers with an error, and tells of it where it is for the log. */
  error(exchange: Exchange, thrown: unknown, cacheControl = 'no-store'): void {
    const error =
      thrown instanceof HlsStreamError
        ? thrown
        : new HlsStreamError('INTERNAL', String(thrown), { cause: thrown });
    const status = statusOfError(error);
    if (isForLog(error)) this.#options.failed(error);
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

  #negotiated(exchange: Exchange, content: Content): void {
    const negotiated = negotiate(exchange, content);
    if (negotiated === undefined) {
      this.error(exchange, preconditionFailed());
      return;
    }
    const { status, body } = negotiated;
    const headers = this.#headers(exchange, negotiated.headers);
    if (!(body instanceof Promise)) this.#send(exchange, status, headers, body);
    else
      body.then(
        (made) => this.#send(exchange, status, headers, made),
        (error) => this.error(exchange, error),
      );
  }

  #headers(exchange: Exchange, headers: AnswerHeaders): AnswerHeaders {
    headers['X-Content-Type-Options'] = 'nosniff';
    if (isPersonal(exchange.reader))
      headers['Cache-Control'] = personal(headers['Cache-Control'] as string | undefined);
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
