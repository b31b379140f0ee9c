import type { ServerResponse } from 'node:http';
import { markerToJson } from '../../hls/marker-query.ts';
import type { Cursor } from '../../store/store.ts';
import type { WallClock } from '../http/wall-clock.ts';
import type { LiveState } from '../live/live-state.ts';
import type { LiveStream } from '../live/live-stream.ts';
import type { MarkerEvent } from '../live/marker-fold.ts';
import { EventStreams } from './event-streams.ts';
import { streamJson } from './stream-json.ts';

/** How long a place in the log that is not folded here yet is waited for, in milliseconds. */
const FOLD_TIMEOUT_MS = 2000;

/**
 * Clients of `/markers/events` (server-sent events, WHATWG HTML §9.2). Each entry of the marker log is one
 * event whose id is its cursor, written once and shared by all.
 */
export class EventClients {
  readonly #streams: EventStreams;
  readonly #texts = new WeakMap<MarkerEvent, string>();
  readonly #undo: () => void;
  readonly #clipLimit: number;

  /** @param clipLimit length of the longest clip, in seconds */
  constructor(live: LiveState, clock: WallClock, clipLimit: number) {
    this.#clipLimit = clipLimit;
    this.#streams = new EventStreams(clock);
    this.#undo = live.onChange((stream, change) => {
      const clients = this.#streams.of(stream);
      if (clients === undefined) return;
      if (change.type === 'markers') this.#streams.send(stream, this.#text(change.event));
      else if (change.type === 'markers-replaced') this.#streams.send(stream, resetText(stream));
      else if (change.type === 'status')
        for (const [client, prefix] of clients)
          this.#streams.sendTo(client, streamText(stream, clipLimit, prefix));
    });
  }

  /** How many there are. */
  get count(): number {
    return this.#streams.count;
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
    this.#streams.begin(response);
    const { markers } = stream;
    let missed = cursor === undefined ? [] : markers.after(cursor);
    if (cursor !== undefined && missed === undefined && markers.mayCome(cursor)) {
      // Another process gave this cursor out and is ahead of us.
      await markers.folded(cursor, AbortSignal.timeout(FOLD_TIMEOUT_MS));
      missed = markers.after(cursor);
    }
    if (!this.#streams.add(stream, response, { prefix, expires })) return;
    // Nothing can come in between: it is one turn of the event loop.
    if (missed === undefined) response.write(resetText(stream));
    // An id without data sets the place to resume at and dispatches nothing.
    else if (missed.length === 0) response.write(`id: ${markers.cursor}\n\n`);
    else for (const event of missed) if (event.changes.length > 0) response.write(this.#text(event));
    response.write(streamText(stream, this.#clipLimit, prefix));
  }

  /** Ends all connections. */
  close(): void {
    this.#undo();
    this.#streams.close();
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

/** What lies between is not known step by step: whoever is told fetches `markers` and goes on from there. */
function resetText({ markers: { cursor } }: LiveStream): string {
  return `id: ${cursor}\nevent: reset\ndata: ${JSON.stringify({ cursor })}\n\n`;
}

/** Without an id: the place in the marker log stays what it is. */
function streamText(stream: LiveStream, clipLimit: number, prefix: string): string {
  const json = streamJson(stream, clipLimit, prefix);
  return json === undefined ? '' : `event: stream\ndata: ${JSON.stringify(json)}\n\n`;
}
