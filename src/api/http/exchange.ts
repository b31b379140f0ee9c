import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Reader } from '../access/reader.ts';
import { readerOf } from '../access/reader.ts';
import type { RequestKind } from '../metrics/metrics.ts';
import { probeClient } from './probe.ts';

/** The fields of an answer: every one has a value. */
export type AnswerHeaders = Record<string, string | number>;

/** A request on the hot path and the answer to come, whichever way it came. */
export interface Exchange {
  /** What it is for, as far as is known yet. */
  kind: RequestKind;
  readonly method: string;
  /** Path and query, below the public path. */
  readonly url: string;
  /** May be shared with other requests that had the same. */
  readonly headers: Readonly<IncomingHttpHeaders>;
  readonly remoteAddress: string | undefined;
  /** Who asks. */
  readonly reader: Reader;
  /** HTTP/1.1, where an answer may announce with a header that it is the connection's last. */
  readonly closable: boolean;
  /** Sends head and body, which is not copied; false, and nothing done, if it was called before or the client is gone. */
  send(status: number, headers: AnswerHeaders, body: Buffer | undefined): boolean;
  /**
   * Has this called when the client goes away before the answer; undefined takes it back. One at a time. A client that
   * sends no more (half-close) has not gone away: it gets its answer.
   */
  onGone(listener: (() => void) | undefined): void;
}

/** An {@link Exchange} over Node's own HTTP server: HTTP/2, and HTTP/1.1 requests that are anything but plain. */
export class ServerExchange implements Exchange {
  kind: RequestKind = 'refused';
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string | undefined;
  readonly reader: Reader;
  readonly closable: boolean;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #gone: (() => void) | undefined;
  #endProbes = () => {};

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.method = request.method ?? '';
    this.url = request.url ?? '';
    this.headers = request.headers;
    this.remoteAddress = request.socket.remoteAddress;
    this.reader = readerOf(request);
    // HTTP/2 has no such header: its connections are closed as a whole (RFC 9113 §8.2.2).
    this.closable = request.httpVersionMajor === 1;
    this.#request = request;
    this.#response = response;
  }

  send(status: number, headers: AnswerHeaders, body: Buffer | undefined): boolean {
    if (this.#response.destroyed || this.#response.headersSent) return false;
    this.#response.writeHead(status, headers).end(body);
    return true;
  }

  onGone(listener: (() => void) | undefined): void {
    const { socket, httpVersion } = this.#request;
    if (this.#gone !== undefined) this.#response.off('close', this.#gone);
    this.#gone = listener;
    if (listener !== undefined) this.#response.once('close', listener);
    // HTTP/1.0 knows no interim answers; HTTP/2 says itself when a stream is given up.
    if (httpVersion !== '1.1') return;
    this.#endProbes();
    socket.off('end', this.#probe);
    if (listener === undefined) return;
    if (socket.readableEnded) this.#probe();
    else socket.once('end', this.#probe);
  }

  readonly #probe = () => {
    this.#endProbes = probeClient(() => this.#response.writeContinue());
    this.#response.once('close', this.#endProbes);
  };
}
