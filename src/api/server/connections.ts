import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerResponse, Http2Session } from 'node:http2';
import type { Server, Socket } from 'node:net';
import { type ErrorCode, HlsStreamError } from '../../errors.ts';
import { errorBody } from '../http/http-error.ts';
import type { WebServer } from './web-server.ts';

/** How long open answers have to get out before they are cut off, in milliseconds. */
const GRACE_MS = 2000;

/**
 * Listens; resolves with the port.
 * @throws HlsStreamError PORT_IN_USE or ADDRESS_UNAVAILABLE, with what to do.
 */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const refused = (cause: NodeJS.ErrnoException) => reject(listenError(cause, host, port));
    server.once('error', refused);
    server.listen({ host, port }, () => {
      server.off('error', refused);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  if (cause.code === 'EADDRINUSE') {
    return new HlsStreamError(
      'PORT_IN_USE',
      `port ${port} on ${host} is taken by another program; stop it or give another --port (0 takes a free one)`,
      { cause },
    );
  }
  if (cause.code === 'EADDRNOTAVAIL' || cause.code === 'ENOTFOUND' || cause.code === 'EAI_AGAIN') {
    return new HlsStreamError(
      'ADDRESS_UNAVAILABLE',
      `${host} is not an address of this machine; give --host one of its own, or 0.0.0.0 for all`,
      { cause },
    );
  }
  if (cause.code === 'EACCES') {
    return new HlsStreamError(
      'ADDRESS_UNAVAILABLE',
      `port ${port} may not be used by this user; give --port 1024 or above`,
      {
        cause,
      },
    );
  }
  return cause;
}

/**
 * Answers what is no HTTP request as an HTTP client expects it, and closes the connection. What was asked before gets its
 * answers first: they go by order.
 */
export function answerClientErrors(server: WebServer): void {
  const newest = new WeakMap<object, ServerResponse>();
  const refused = new WeakSet<object>();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.httpVersionMajor === 1) newest.set(request.socket, response);
  });
  // A TLS handshake that fails ends by itself, and is the client's affair.
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    if (refused.has(socket)) return;
    refused.add(socket);
    const [status, message] = clientErrors[error.code ?? ''] ?? [
      '400 Bad Request',
      'this is no HTTP request',
    ];
    const refuse = () => endWith(socket, status, 'BAD_REQUEST', message);
    const open = newest.get(socket);
    // A request that broke off in its body has no answer to wait for.
    if (open === undefined || open.closed || !open.req.complete) refuse();
    else open.once('close', refuse);
  });
}

/** Answers who wants a tunnel (CONNECT) to somewhere: this is no proxy. */
export function refuseTunnels(server: WebServer): void {
  const message = 'CONNECT does nothing here: this server is not a proxy';
  server.on('connect', (_request: IncomingMessage, to: Socket | Http2ServerResponse) => {
    if ('writeHead' in to) to.writeHead(405).end();
    else endWith(to, '405 Method Not Allowed', 'METHOD_NOT_ALLOWED', message);
  });
}

function endWith(socket: Socket, status: string, code: ErrorCode, message: string): void {
  if (!socket.writable) return;
  const body = JSON.stringify(errorBody(new HlsStreamError(code, message)));
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
  );
}

const clientErrors: Readonly<Record<string, readonly [string, string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'the header is above 16 KiB'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request took too long to arrive'],
};

/** Ends a server; see {@link gentleCloser}. */
export type CloseGently = () => Promise<void>;

/**
 * Watches the connections of a server, and returns what stops it: open answers get 2 s, then all are cut off.
 * @param listener what listens, where that is not the server itself
 */
export function gentleCloser(server: WebServer, listener: Server = server): CloseGently {
  const sockets = new Set<Socket>();
  const sessions = new Set<Http2Session>();
  listener.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('session', (session: Http2Session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    // A peer that breaks the protocol or off is no error of ours; the session is gone with it.
    session.on('error', () => {});
  });
  return async () => {
    if (!listener.listening) return;
    const closed = new Promise<void>((resolve) => {
      listener.close(() => resolve());
    });
    if (listener !== server) server.close();
    // Says GOAWAY: streams that are open finish, new ones go elsewhere.
    for (const session of sessions) session.close();
    // A connection becomes idle when its answer is out, which Node does not look for again by itself.
    const idle = setInterval(
      () => (server as { closeIdleConnections?(): void }).closeIdleConnections?.(),
      50,
    );
    const rest = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, GRACE_MS);
    await closed;
    clearInterval(idle);
    clearTimeout(rest);
  };
}
