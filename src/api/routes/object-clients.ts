import type { ServerResponse } from 'node:http';
import { toMilliseconds } from '../../clock.ts';
import { frameObjectsText } from '../../hls/objects-file.ts';
import type { LoggedObjects } from '../../hls/objects-log.ts';
import type { WallClock } from '../http/wall-clock.ts';
import type { LiveState } from '../live/live-state.ts';
import type { LiveStream } from '../live/live-stream.ts';
import { EventStreams } from './event-streams.ts';

/** How often it is looked whether something is to be sent, in milliseconds. */
const LOOK_MS = 50;

/** A client that lets so much pile up unread is cut off, in bytes: what it has missed is in files. */
const MOST_UNREAD = 4 * 1024 * 1024;

/** Objects on their way to the clients of a stream. */
interface Outgoing {
  frames: LoggedObjects[];
  /** When something was sent last, in milliseconds of the clock that nobody sets. */
  sentAt: number;
}

/**
 * Clients of `objects/events`: what came within the duration of a part goes out together. Nothing is
 * remembered for those who were away.
 */
export class ObjectClients {
  readonly #clock: WallClock;
  readonly #streams: EventStreams;
  readonly #outgoing = new Map<LiveStream, Outgoing>();
  readonly #undo: readonly (() => void)[];

  constructor(live: LiveState, clock: WallClock) {
    this.#clock = clock;
    this.#streams = new EventStreams(clock, MOST_UNREAD);
    this.#undo = [
      live.onChange((stream, change) => {
        if (change.type !== 'objects' || this.#streams.of(stream) === undefined) return;
        const outgoing = this.#outgoing.get(stream) ?? { frames: [], sentAt: Number.NEGATIVE_INFINITY };
        this.#outgoing.set(stream, outgoing);
        outgoing.frames.push(...change.frames);
      }),
      clock.every(LOOK_MS, () => {
        for (const [stream, outgoing] of this.#outgoing) {
          const since = clock.passed() - outgoing.sentAt;
          if (since >= toMilliseconds(stream.media?.stream.partTarget ?? 0)) this.#flush(stream, outgoing);
        }
      }),
    ];
  }

  /** How many there are. */
  get count(): number {
    return this.#streams.count;
  }

  /**
   * Takes on a client whose head is sent: it gets what is in no file yet, then all that comes.
   * @param expires when it may read no more, in milliseconds since the Unix epoch: it is cut off then
   */
  add(stream: LiveStream, response: ServerResponse, expires: number): void {
    this.#streams.begin(response);
    const outgoing = this.#outgoing.get(stream);
    // It is among what the new one gets now.
    if (outgoing !== undefined) this.#flush(stream, outgoing);
    if (!this.#streams.add(stream, response, { prefix: '', expires })) return;
    this.#streams.sendTo(response, eventText(stream, [...stream.objects.frames]));
  }

  /** Ends all connections. */
  close(): void {
    for (const undo of this.#undo) undo();
    this.#streams.close();
  }

  #flush(stream: LiveStream, outgoing: Outgoing): void {
    const { frames } = outgoing;
    outgoing.frames = [];
    if (this.#streams.of(stream) === undefined) this.#outgoing.delete(stream);
    else if (frames.length > 0) {
      outgoing.sentAt = this.#clock.passed();
      this.#streams.send(stream, eventText(stream, frames));
    }
  }
}

/** Text of an {@link ../../hls/frame-objects.ts ObjectsEventJson}, as an event. */
function eventText({ media }: LiveStream, frames: readonly LoggedObjects[]): string {
  const epoch = JSON.stringify(media?.stream.epoch ?? '');
  return `event: objects\ndata: {"epoch":${epoch},"frames":[${frames.map(frameObjectsText).join(',')}]}\n\n`;
}
