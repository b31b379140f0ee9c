import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { RequestKind } from './metrics.ts';

/** A request on the hot path and the answer to come, whichever way it came. */
export interface Exchange {
  /** What it is for, as far as is known yet. */
  kind: RequestKind;
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string | undefined;
  /** HTTP/1.1, where an answer may announce with a header that it is the connection's last. */
  readonly closable: boolean;
  /** Sends head and body, which is not copied; false, and nothing done, if it was called before or the client is gone. */
  send(status: number, headers: OutgoingHttpHeaders, body: Buffer | undefined): boolean;
  /** Has this called when the client goes away before the answer; undefined takes it back. One at a time. */
  onGone(listener: (() => void) | undefined): void;
}

/** An {@link Exchange} over Node's own HTTP server: HTTP/2, and HTTP/1.1 requests that are anything but plain. */
export class ServerExchange implements Exchange {
  kind: RequestKind = 'refused';
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string | undefined;
  readonly closable: boolean;
  readonly #response: ServerResponse;
  #gone: (() => void) | undefined;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.method = request.method ?? '';
    this.url = request.url ?? '';
    this.headers = request.headers;
    this.remoteAddress = request.socket.remoteAddress;
    // HTTP/2 has no such header: its connections are closed as a whole (RFC 9113 §8.2.2).
    this.closable = request.httpVersionMajor === 1;
    this.#response = response;
  }

  send(status: number, headers: OutgoingHttpHeaders, body: Buffer | undefined): boolean {
    if (this.#response.destroyed || this.#response.headersSent) return false;
    this.#response.writeHead(status, headers).end(body);
    return true;
  }

  onGone(listener: (() => void) | undefined): void {
    if (this.#gone !== undefined) this.#response.off('close', this.#gone);
    this.#gone = listener;
    if (listener !== undefined) this.#response.once('close', listener);
  }
}
