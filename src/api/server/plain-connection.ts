import { type Server as HttpServer, type IncomingHttpHeaders, STATUS_CODES } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { millisecondsToSeconds, secondsToMilliseconds } from '../../clock.ts';
import type { Reader } from '../access/reader.ts';
import type { AnswerHeaders, Exchange } from '../http/exchange.ts';
import { probeClient } from '../http/probe.ts';
import type { RequestKind } from '../metrics/metrics.ts';
import { HalfClosed } from './half-closed.ts';
import type { PlainRequest, PlainRequests } from './plain-request.ts';
import type { ClientLimits } from './web-server.ts';

/** What {@link createPlainServer} needs. */
export interface PlainOptions {
  readonly limits: ClientLimits;
  /** Recognises plain requests. */
  readonly requests: PlainRequests;
  /** Whether this connection gets nothing but refusals. */
  readonly isAbove: (socket: Socket) => boolean;
  /** Answers a plain request, now or later. */
  readonly answer: (exchange: Exchange) => void;
}

/** A server of plain connections. Not listening yet. */
export interface PlainServer {
  readonly listener: Server;
  /** Closes those of its connections that wait for a request. */
  closeIdle(): void;
}

/**
 * Answers the plain requests of players straight from their connections, which costs about half of what it does
 * through Node's HTTP server. The first request that is anything else hands its connection to that server, for good;
 * so does one that comes before the last one's answer is out.
 * @param http gets what is handed over; never listens itself
 */
export function createPlainServer(http: HttpServer, options: PlainOptions): PlainServer {
  const shared: Shared = {
    ...options,
    open: new Set(),
    keepAlive: `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(millisecondsToSeconds(options.limits.keptAlive))}\r\n\r\n`,
    handOver: (connection) => http.emit('connection', connection),
  };
  // A client that sends no more still gets its answer.
  const listener = createServer({ allowHalfOpen: true, noDelay: true });
  listener.on('connection', (socket) => new PlainConnection(socket, shared));
  // From then on Node looks for requests that take too long to arrive.
  listener.on('listening', () => http.emit('listening'));
  return {
    listener,
    closeIdle: () => {
      for (const connection of shared.open) connection.closeIfIdle();
    },
  };
}

interface Shared extends PlainOptions {
  readonly open: Set<PlainConnection>;
  readonly handOver: (connection: Socket | HalfClosed) => void;
  /** What tells clients how long they may keep a connection. */
  readonly keepAlive: string;
}

const NOTHING = Buffer.alloc(0);

/** An interim answer, which a client that waits passes over. */
const INTERIM = 'HTTP/1.1 100 Continue\r\n\r\n';

class PlainConnection {
  readonly #socket: Socket;
  readonly #shared: Shared;
  /** The request that has no answer yet. */
  #asked: PlainExchange | undefined;
  /** What came before its time. */
  #early: Buffer = NOTHING;
  /** How long nothing may move now, in milliseconds. */
  #limit: number;
  /** The client sends no more. */
  #isHalfClosed = false;
  #endProbes = () => {};

  constructor(socket: Socket, shared: Shared) {
    this.#socket = socket;
    this.#shared = shared;
    shared.open.add(this);
    this.#limit = shared.limits.headerTime;
    socket.setTimeout(this.#limit);
    socket.on('data', this.#take).on('end', this.#ended).on('timeout', this.#expired);
    socket.on('close', this.#closed).on('error', ignore);
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  closeIfIdle(): void {
    if (this.#asked === undefined) this.#socket.destroySoon();
  }

  /** What was asked waits for its answer: a client that sends no more may have gone. */
  waits(): void {
    if (!this.#isHalfClosed) return;
    this.#endProbes();
    this.#endProbes = probeClient(() => this.#socket.write(INTERIM));
  }

  /** Sends the answer to what was asked. */
  send(status: number, headers: AnswerHeaders, body: Buffer | undefined): void {
    this.#endProbes();
    const last = headers.Connection === 'close';
    const head = headOf(status, headers) + (last ? '\r\n' : this.#shared.keepAlive);
    this.#socket.cork();
    if (body === undefined) this.#socket.write(head, 'latin1', this.#watch);
    else {
      this.#socket.write(head, 'latin1');
      this.#socket.write(body, this.#watch);
    }
    this.#socket.uncork();
    this.#asked = undefined;
    if (this.#early.length > 0 && !last) this.#handOver();
    else if (last || this.#isHalfClosed) this.#socket.destroySoon();
    else this.#watch();
  }

  /** One time is announced for which a connection is kept, and that one is meant; while an answer is due it is another. */
  readonly #watch = () => {
    if (!this.#shared.open.has(this)) return;
    const { still, keptAlive } = this.#shared.limits;
    const limit = this.#asked === undefined && this.#socket.writableLength === 0 ? keptAlive : still;
    if (limit === this.#limit) return;
    this.#limit = limit;
    this.#socket.setTimeout(limit);
  };

  readonly #take = (bytes: Buffer) => {
    const { requests, isAbove, answer, limits } = this.#shared;
    const inTime = this.#asked === undefined && this.#socket.writableLength === 0;
    const request = inTime && !isAbove(this.#socket) ? requests.read(bytes) : undefined;
    if (request === undefined) {
      this.#early = Buffer.concat([this.#early, bytes]);
      if (this.#asked === undefined) this.#handOver();
      // Until then it is read on, or a client that leaves would not be noticed.
      else if (this.#early.length > limits.headerBytes) this.#socket.pause();
      return;
    }
    this.#asked = new PlainExchange(this, request);
    answer(this.#asked);
    if (this.#asked !== undefined) this.#watch();
  };

  readonly #ended = () => {
    this.#isHalfClosed = true;
    if (this.#asked === undefined) this.#socket.destroySoon();
    else if (this.#asked.isWaiting) this.waits();
  };

  readonly #expired = () => {
    // At once: a client that does not read would never let all be sent.
    this.#socket.destroy();
  };

  readonly #closed = () => {
    this.#shared.open.delete(this);
    this.#endProbes();
    this.#asked?.leave();
  };

  #handOver(): void {
    const socket = this.#socket;
    this.#shared.open.delete(this);
    socket.off('data', this.#take).off('end', this.#ended).off('timeout', this.#expired);
    socket.off('close', this.#closed);
    socket.setTimeout(0);
    const early = this.#early;
    this.#early = NOTHING;
    if (this.#isHalfClosed) {
      this.#shared.handOver(new HalfClosed(socket, early));
      return;
    }
    socket.off('error', ignore);
    socket.pause();
    socket.unshift(early);
    this.#shared.handOver(socket);
    socket.resume();
  }
}

/** An error ends the connection, which `close` tells, too; clients may leave as they like. */
function ignore(): void {}

class PlainExchange implements Exchange {
  kind: RequestKind = 'refused';
  readonly method = 'GET';
  readonly url: string;
  readonly headers: Readonly<IncomingHttpHeaders>;
  readonly reader: Reader;
  readonly closable = true;
  readonly #connection: PlainConnection;
  #gone: (() => void) | undefined;
  #over = false;

  constructor(connection: PlainConnection, { url, headers, reader }: PlainRequest) {
    this.url = url;
    this.headers = headers;
    this.reader = reader;
    this.#connection = connection;
  }

  get remoteAddress(): string | undefined {
    return this.#connection.remoteAddress;
  }

  /** Whether somebody wants to know when the client goes: then it waits. */
  get isWaiting(): boolean {
    return this.#gone !== undefined;
  }

  send(status: number, headers: AnswerHeaders, body: Buffer | undefined): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#connection.send(status, headers, body);
    return true;
  }

  onGone(listener: (() => void) | undefined): void {
    this.#gone = listener;
    if (listener !== undefined) this.#connection.waits();
  }

  /** The client is gone. */
  leave(): void {
    this.#over = true;
    this.#gone?.();
    this.#gone = undefined;
  }
}

let second = 0;
let date = '';

/** Status line and fields; the blank line is to follow. */
function headOf(status: number, headers: AnswerHeaders): string {
  const now = Math.floor(millisecondsToSeconds(Date.now()));
  if (now !== second) {
    second = now;
    date = new Date(secondsToMilliseconds(now)).toUTCString();
  }
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nDate: ${date}\r\n`;
  for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
  return head;
}
