import type { ServerResponse } from 'node:http';
import { probeClient } from '../http/probe.ts';
import { GZIP_HEAD, gzipPart, storedPart } from '../http/shared-gzip.ts';
import type { WallClock } from '../http/wall-clock.ts';
import type { LiveStream } from '../live/live-stream.ts';

/** How often a comment is sent so that nobody on the way takes the connection for dead, in milliseconds. */
const HEARTBEAT_MS = 15_000;

/** A client that lets so much pile up unread is cut off; it resumes where it was. In bytes. */
const MOST_UNREAD = 1024 * 1024;

/** Open connections of server-sent events (WHATWG HTML §9.2), by the stream they hear of. */
export class EventStreams {
  /** With what is put before paths in what each is told. */
  readonly #clients = new Map<LiveStream, Map<ServerResponse, string>>();
  /** Those that get it gzipped. */
  readonly #zipped = new WeakSet<ServerResponse>();
  readonly #expiries = new Map<ServerResponse, number>();
  readonly #mostUnread: number;
  readonly #undo: () => void;
  #closed = false;

  /** @param mostUnread a client that lets so much pile up unread is cut off, in bytes */
  constructor(clock: WallClock, mostUnread = MOST_UNREAD) {
    this.#mostUnread = mostUnread;
    this.#undo = clock.every(HEARTBEAT_MS, () => {
      for (const [client, expires] of this.#expiries) if (expires <= clock.now()) client.destroy();
      for (const stream of this.#clients.keys()) this.send(stream, ':\n\n');
    });
  }

  /** How many there are. */
  get count(): number {
    let count = 0;
    for (const clients of this.#clients.values()) count += clients.size;
    return count;
  }

  /** Those of a stream, and what is put before paths in what each is told. */
  of(stream: LiveStream): ReadonlyMap<ServerResponse, string> | undefined {
    return this.#clients.get(stream);
  }

  /** Sends all clients of a stream the same, made bytes and compressed once for all. */
  send(stream: LiveStream, text: string): void {
    let plain: Buffer | undefined;
    let zipped: Buffer | undefined;
    for (const client of this.of(stream)?.keys() ?? []) {
      if (this.#zipped.has(client)) {
        zipped ??= gzipPart(text);
        this.#write(client, zipped);
      } else {
        plain ??= Buffer.from(text);
        this.#write(client, plain);
      }
    }
  }

  /** Sends one client something. */
  sendTo(client: ServerResponse, text: string): void {
    if (text.length > 0) this.#write(client, this.#zipped.has(client) ? storedPart(text) : text);
  }

  /** Begins with a client whose head is sent. */
  begin(response: ServerResponse): void {
    if (response.getHeader('Content-Encoding') === 'gzip') {
      this.#zipped.add(response);
      response.write(GZIP_HEAD);
    }
    this.sendTo(response, 'retry: 1000\n\n');
    watchHalfClosing(response, () => this.sendTo(response, ':\n\n'));
  }

  /**
   * Takes on a client that has begun; says whether it is there still.
   * @param prefix what is put before paths in what it is told
   * @param expires when it may read no more, in milliseconds since the Unix epoch: it is cut off then
   */
  add(
    stream: LiveStream,
    response: ServerResponse,
    { prefix, expires }: { readonly prefix: string; readonly expires: number },
  ): boolean {
    if (isGone(response)) return false;
    if (this.#closed) {
      response.end();
      return false;
    }
    const clients = this.#clients.get(stream) ?? new Map();
    this.#clients.set(stream, clients);
    clients.set(response, prefix);
    if (expires !== Number.POSITIVE_INFINITY) this.#expiries.set(response, expires);
    response.once('close', () => {
      this.#expiries.delete(response);
      clients.delete(response);
      if (clients.size === 0 && this.#clients.get(stream) === clients) this.#clients.delete(stream);
    });
    return true;
  }

  #write(client: ServerResponse, bytes: string | Buffer): void {
    if (client.writableLength > this.#mostUnread) client.destroy();
    else client.write(bytes);
  }

  /** Ends all connections. */
  close(): void {
    this.#closed = true;
    this.#undo();
    for (const clients of this.#clients.values()) for (const client of clients.keys()) client.end();
  }
}

/** A client that sends no more has perhaps gone: `write` finds out. */
function watchHalfClosing(response: ServerResponse, write: () => void): void {
  const { req, socket } = response;
  if (req.httpVersionMajor > 1) return;
  const probe = () => {
    response.once('close', probeClient(write));
  };
  socket?.once('end', probe);
  response.once('close', () => socket?.off('end', probe));
}

/** A response over HTTP/2 does not say so itself; its stream does. */
function isGone(response: ServerResponse & { readonly stream?: { readonly destroyed: boolean } }): boolean {
  return response.destroyed || response.stream?.destroyed === true;
}
