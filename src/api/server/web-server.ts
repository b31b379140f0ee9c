import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Certificate } from './certificate.ts';

/** Limits on slow and hostile clients; times in milliseconds. */
export interface ClientLimits {
  /** Largest header, in bytes: more gets 431. */
  readonly headerBytes: number;
  /** How long a header may take to arrive: longer gets 408. */
  readonly headerTime: number;
  /** How long a whole request may take to arrive: longer gets 408. */
  readonly requestTime: number;
  /** How long a connection is kept between two requests. */
  readonly keptAlive: number;
  /**
   * How long nothing at all may move while an answer is under way. Above three times the longest target
   * duration there is, for so long a blocking request may wait.
   */
  readonly still: number;
}

/** What everybody gets. */
export const clientLimits: ClientLimits = {
  headerBytes: 16 * 1024,
  headerTime: 20_000,
  requestTime: 60_000,
  // Longer than any player waits between two polls, or each poll would cost a new connection.
  keptAlive: 75_000,
  still: 120_000,
};

/** Answers a request, whichever of HTTP/1.1 and HTTP/2 it came by. */
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** Either kind of server. */
export type WebServer = Server | Http2SecureServer;

/** What may be agreed on in a TLS handshake (ALPN), best first. */
const PROTOCOLS = ['h2', 'http/1.1', 'http/1.0'];

/** HTTP/2 streams that one connection may have open at a time; players need two or three. */
const STREAMS = 100;

/** Makes the server: plain HTTP/1.1, or with a certificate HTTPS with HTTP/2 and HTTP/1.1. Not listening yet. */
export function createWebServer(
  answer: RequestListener,
  certificate: Certificate | undefined,
  limits: ClientLimits,
): WebServer {
  const server =
    certificate === undefined
      ? createServer({ noDelay: true, ...checking(limits) }, answer)
      : createSecureServer({
          ...certificate,
          ALPNCallback: ({ protocols }) => PROTOCOLS.find((protocol) => protocols.includes(protocol)),
          allowHTTP1: true,
          minVersion: 'TLSv1.2',
          noDelay: true,
          settings: { maxConcurrentStreams: STREAMS, maxHeaderListSize: limits.headerBytes },
          ...checking(limits),
        });
  // The requests of HTTP/2 have the shape of HTTP/1's as far as we and Koa use it.
  if (certificate !== undefined) {
    server.on('request', answer as (...args: unknown[]) => void);
    server.prependListener('secureConnection', settleProtocol);
  }
  // Http2SecureServer reads these from itself for its HTTP/1.1 connections, and has no options for them.
  Object.assign(server, {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headerTime,
    requestTimeout: limits.requestTime,
    keepAliveTimeout: limits.keptAlive,
    // Who sends no more still gets the answer.
    httpAllowHalfOpen: true,
  });
  // Counts for connections of either kind, and starts again with every byte that moves.
  server.setTimeout(limits.still);
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // Node puts the head of an answer that waits for its turn in front of a 100, and so the 100 into its body.
    // RFC 9110 §10.1.1 leaves it to the server whether one is sent.
    if (response.socket !== null) response.writeContinue();
    answer(request, response);
  });
  return server;
}

function settleProtocol(socket: TLSSocket): void {
  // The end of a connection is the end of HTTP/2's session; in HTTP/1 the answer may be still to come.
  socket.allowHalfOpen = socket.alpnProtocol !== 'h2';
  // Node's server knows HTTP/1 by one name.
  if (socket.alpnProtocol === 'http/1.0') socket.alpnProtocol = 'http/1.1';
}

function checking({ headerBytes, headerTime }: ClientLimits) {
  return {
    // Looked at where the target is, and refused in the shape of all errors.
    requireHostHeader: false,
    maxHeaderSize: headerBytes,
    connectionsCheckingInterval: Math.max(100, Math.floor(headerTime / 4)),
  };
}
