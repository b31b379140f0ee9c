import { EventEmitter } from 'node:events';
import { toSeconds } from '../clock.ts';
import { HlsStreamError } from '../errors.ts';
import type { FrameObject } from '../hls/frame-objects.ts';
import type { WrittenFrames } from '../source/written-frames.ts';
import { errorOf, type LogEntry } from './log-entry.ts';
import type { Running } from './running.ts';

/** A marker of a frame, or the end of one that was opened with an id. */
export type FrameMark =
  | {
      /** Your own name for it, by which it can be ended: `[A-Za-z0-9_.:-]{1,128}`. */
      readonly id?: string;
      /** What happened, for people; 1 to 1000 characters. */
      readonly text: string;
      /** Groups markers for colour and filter: `[A-Za-z0-9_.:-]{1,64}`. @default 'note' */
      readonly class?: string;
      /** In seconds; null while it goes on, until its end is marked. @default 0, an instant */
      readonly duration?: number | null;
      /** Facts for whoever reads it: JSON. */
      readonly data?: Readonly<Record<string, unknown>>;
    }
  | {
      /** As it was opened. */
      readonly id: string;
      /** This frame does not show it any more. */
      readonly end: true;
    };

/** A frame to be written. */
export interface LiveFrame {
  /** Its pixels in the format given, rows from the top. They are copied: the array may be used again at once. */
  readonly data: Uint8Array | Uint8ClampedArray;
  /**
   * Presentation time on a clock of your own that goes forward, in seconds; the stream has it to the microsecond. A frame
   * whose time has not come yet is held back until then. @default when it is written
   */
  readonly pts?: number;
  /** Your clock begins anew with this frame: its `pts` may be anything. @default false */
  readonly discontinuity?: boolean;
  /** What begins or ends with this frame. */
  readonly markers?: readonly FrameMark[];
  /** What this frame shows, and where. */
  readonly objects?: readonly FrameObject[];
}

/** What a live stream tells, and with what. */
export interface LiveEvents {
  /** How many watch now; told when it changes. */
  viewers: [count: number];
  /**
   * Something failed. What can be is begun again; when the stream cannot go on, `write` rejects with the same error.
   * Where nobody listens nothing is thrown.
   */
  error: [error: HlsStreamError];
  /** What an operator should know, and need not act on at once. */
  warning: [entry: LogEntry];
}

/** How {@link Live.close} ends it. */
export interface CloseOptions {
  /** Whether the stream is over for good: its playlist gets EXT-X-ENDLIST, and nobody can go on with it. @default false */
  readonly end?: boolean;
}

/** How often it is looked how many watch, in milliseconds. */
const LOOK_MS = 1000;

/** Where a stream is found. */
export interface LivePlace {
  readonly name: string;
  /** What its URLs begin with: ends without a slash. */
  readonly base: () => string;
}

/** A live stream, as {@link serve} gives it. */
export class Live extends EventEmitter<LiveEvents> {
  /** Of the stream. */
  readonly name: string;
  readonly #place: LivePlace;
  readonly #written: WrittenFrames | undefined;
  #running: Running | undefined;
  #watching: NodeJS.Timeout | undefined;
  #viewers = 0;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(place: LivePlace, written: WrittenFrames | undefined) {
    super();
    this.name = place.name;
    this.#place = place;
    this.#written = written;
  }

  /** The viewer's page. */
  get url(): string {
    return `${this.#place.base()}/`;
  }

  /** The Multivariant Playlist, for any player of HLS. */
  get playlist(): string {
    return `${this.#place.base()}/video/${this.name}.m3u8`;
  }

  /** The TCP port it listens on; undefined where it is attached to another server. */
  get port(): number | undefined {
    return this.#running?.port;
  }

  /** PTS of the frame that was written last, in seconds; undefined before the first. */
  get pts(): number | undefined {
    const pts = this.#written?.pts;
    return pts === undefined ? undefined : toSeconds(pts);
  }

  /** How many frames were written. */
  get frames(): number {
    return this.#written?.count ?? 0;
  }

  /** How many watch now: clients that fetched a Media Playlist in the last 30 s. */
  get viewers(): number {
    return this.#running?.viewers() ?? 0;
  }

  /**
   * Writes a frame. Resolves when another one is wanted: wait for it, or frames heap up in memory.
   * @throws HlsStreamError FRAME_SIZE, FRAME_TIME (it is not after the frame before), INVALID_MARKER, INVALID_OBJECT;
   *   STREAM_CLOSED; what keeps the stream from going on
   */
  async write(frame: LiveFrame): Promise<void> {
    if (this.#written !== undefined) return this.#written.write(frame);
    throw new HlsStreamError(
      'USAGE',
      'this stream has a source of its own; leave source out to write frames',
    );
  }

  /**
   * Marks the frame that was written last, however long ago that was.
   * @throws HlsStreamError INVALID_MARKER; USAGE before the first frame; STREAM_CLOSED
   */
  mark(mark: FrameMark): void {
    this.#frames().mark(mark);
  }

  /**
   * Says what the frame that was written last shows.
   * @throws HlsStreamError INVALID_OBJECT; USAGE before the first frame; STREAM_CLOSED
   */
  objects(objects: readonly FrameObject[]): void {
    this.#frames().objects(objects);
  }

  /**
   * Ends it in good order: what was written is listed, the last segment closed; then sockets, processes and temporary
   * files are gone. May be called twice.
   */
  close({ end = false }: CloseOptions = {}): Promise<void> {
    clearInterval(this.#watching);
    this.#closing ??= this.#running?.close(end) ?? Promise.resolve();
    return this.#closing;
  }

  /** @internal It runs. */
  begun(running: Running): this {
    this.#running = running;
    this.#watching = setInterval(() => {
      const count = running.viewers();
      if (count === this.#viewers) return;
      this.#viewers = count;
      this.emit('viewers', count);
    }, LOOK_MS);
    this.#watching.unref();
    return this;
  }

  /** @internal Something was logged. */
  logged(entry: LogEntry): void {
    if (entry.level === 'warn') this.emit('warning', entry);
    else if (entry.level === 'error') this.failed(errorOf(entry));
  }

  /** @internal */
  failed(error: HlsStreamError): void {
    if (this.listenerCount('error') > 0) this.emit('error', error);
  }

  #frames(): WrittenFrames {
    if (this.#closing !== undefined)
      throw new HlsStreamError('STREAM_CLOSED', 'the stream is closed; call serve() for another one');
    if (this.#written !== undefined) return this.#written;
    throw new HlsStreamError(
      'USAGE',
      'this stream has a source of its own; POST /markers takes a time for those',
    );
  }
}
