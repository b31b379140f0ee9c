import type { ServerResponse } from 'node:http';
import { markerToJson } from '../../hls/marker-query.ts';
import type { Cursor } from '../../store/store.ts';
import { probeClient } from '../http/probe.ts';
import type { WallClock } from '../http/wall-clock.ts';
import type { LiveState } from '../live/live-state.ts';
import type { LiveStream } from '../live/live-stream.ts';
import type { MarkerEvent } from '../live/marker-fold.ts';
import { streamJson } from './stream-json.ts';

/** How often a comment is sent so that nobody on the way takes the connection for dead, in milliseconds. */
const HEARTBEAT_MS = 15_000;

/** A client that lets so much pile up unread is cut off; it resumes where it was. In bytes. */
const MOST_UNREAD = 1024 * 1024;

/** How long a place in the log that is not folded here yet is waited for, in milliseconds. */
const FOLD_TIMEOUT_MS = 2000;

/**
 * Clients of `/markers/events` (server-sent events, WHATWG HTML §9.2). Each entry of the marker log is one
 * event whose id is its cursor, written once and shared by all.
 */
export class EventClients {
  /** With what is put before paths in what each is told. */
  readonly #clients = new Map<LiveStream, Map<ServerResponse, string>>();
  readonly #expiries = new Map<ServerResponse, number>();
  readonly #texts = new WeakMap<MarkerEvent, string>();
  readonly #undo: readonly (() => void)[];
  readonly #clipLimit: number;
  #closed = false;

  /** @param clipLimit length of the longest clip, in seconds */
  constructor(live: LiveState, clock: WallClock, clipLimit: number) {
    this.#clipLimit = clipLimit;
    this.#undo = [
      live.onChange((stream, change) => {
        const clients = this.#clients.get(stream);
        if (clients === undefined) return;
        if (change.type === 'markers') send(clients.keys(), this.#text(change.event));
        else if (change.type === 'markers-replaced') send(clients.keys(), resetText(stream));
        else if (change.type === 'status')
          for (const [client, prefix] of clients) send([client], streamText(stream, clipLimit, prefix));
      }),
      clock.every(HEARTBEAT_MS, () => {
        for (const [client, expires] of this.#expiries) if (expires <= clock.now()) client.destroy();
        for (const clients of this.#clients.values()) send(clients.keys(), ':\n\n');
      }),
    ];
  }

  /** How many there are. */
  get count(): number {
    let count = 0;
    for (const clients of this.#clients.values()) count += clients.size;
    return count;
  }

  /**
   * Takes on a client whose head is sent: it gets what came after `cursor` (now, if undefined), then all that comes.
   * @param prefix what is put before paths in what it is told
   * @param expires when it may read no more, in milliseconds since the Unix epoch: it is cut off then
   */
  async add(
    stream: LiveStream,
    response: ServerResponse,
    {
      cursor,
      prefix,
      expires,
    }: { readonly cursor: Cursor | undefined; readonly prefix: string; readonly expires: number },
  ): Promise<void> {
    response.write('retry: 1000\n\n');
    watchHalfClosing(response);
    const { markers } = stream;
    let missed = cursor === undefined ? [] : markers.after(cursor);
    if (cursor !== undefined && missed === undefined && markers.mayCome(cursor)) {
      // Another process gave this cursor out and is ahead of us.
      await markers.folded(cursor, AbortSignal.timeout(FOLD_TIMEOUT_MS));
      missed = markers.after(cursor);
    }
    if (isGone(response)) return;
    if (this.#closed) {
      response.end();
      return;
    }
    // From here to the subscription nothing can come in between: it is one turn of the event loop.
    if (missed === undefined) response.write(resetText(stream));
    // An id without data sets the place to resume at and dispatches nothing.
    else if (missed.length === 0) response.write(`id: ${markers.cursor}\n\n`);
    else for (const event of missed) if (event.changes.length > 0) response.write(this.#text(event));
    response.write(streamText(stream, this.#clipLimit, prefix));
    const clients = this.#clients.get(stream) ?? new Map();
    this.#clients.set(stream, clients);
    clients.set(response, prefix);
    if (expires !== Number.POSITIVE_INFINITY) this.#expiries.set(response, expires);
    response.once('close', () => {
      this.#expiries.delete(response);
      clients.delete(response);
      if (clients.size === 0 && this.#clients.get(stream) === clients) this.#clients.delete(stream);
    });
  }

  /** Ends all connections. */
  close(): void {
    this.#closed = true;
    for (const undo of this.#undo) undo();
    for (const clients of this.#clients.values()) for (const client of clients.keys()) client.end();
  }

  #text(event: MarkerEvent): string {
    let text = this.#texts.get(event);
    if (text === undefined) {
      const changes = event.changes.map(({ op, marker }) => ({ op, marker: markerToJson(marker) }));
      text = `id: ${event.cursor}\nevent: markers\ndata: ${JSON.stringify({ changes })}\n\n`;
      this.#texts.set(event, text);
    }
    return text;
  }
}

/** A client that sends no more has perhaps gone. */
function watchHalfClosing(response: ServerResponse): void {
  const { req, socket } = response;
  if (req.httpVersionMajor > 1) return;
  const probe = () => {
    response.once(
      'close',
      probeClient(() => response.write(':\n\n')),
    );
  };
  socket?.once('end', probe);
  response.once('close', () => socket?.off('end', probe));
}

/** A response over HTTP/2 does not say so itself; its stream does. */
function isGone(response: ServerResponse & { readonly stream?: { readonly destroyed: boolean } }): boolean {
  return response.destroyed || response.stream?.destroyed === true;
}

function send(clients: Iterable<ServerResponse>, text: string): void {
  if (text === '') return;
  for (const client of clients) {
    if (client.writableLength > MOST_UNREAD) client.destroy();
    else client.write(text);
  }
}

/** What lies between is not known step by step: whoever is told fetches `markers` and goes on from there. */
function resetText({ markers: { cursor } }: LiveStream): string {
  return `id: ${cursor}\nevent: reset\ndata: ${JSON.stringify({ cursor })}\n\n`;
}

/** Without an id: the place in the marker log stays what it is. */
function streamText(stream: LiveStream, clipLimit: number, prefix: string): string {
  const json = streamJson(stream, clipLimit, prefix);
  return json === undefined ? '' : `event: stream\ndata: ${JSON.stringify(json)}\n\n`;
}
