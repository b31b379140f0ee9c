import { randomBytes } from 'node:crypto';
import { type EpochMicroseconds, fromSeconds, type Microseconds, systemDate, toSeconds } from '../clock.ts';
import { HlsStreamError } from '../errors.ts';
import type { FrameMarking, LateMarking, LateObjects } from '../hls/frame-marker.ts';
import { MOST_MARKERS } from '../hls/marker-rules.ts';
import { FURTHEST } from './frame-line.ts';
import { type PacerClock, systemClock } from './pacer.ts';
import { type RawFormat, rawFormats } from './pixels.ts';
import { UntilHeard } from './until-heard.ts';
import { checkObjects, readMarking, tooMany } from './written-words.ts';

/** A frame as a program in this process writes it. */
export interface WritableFrame {
  /** Its pixels, rows from the top. They are copied. */
  readonly data: Uint8Array | Uint8ClampedArray;
  /** Presentation time on the program's own clock, in seconds. @default when it is written */
  readonly pts?: number | undefined;
  /** The clock begins anew with this frame: its `pts` may be anything. @default false */
  readonly discontinuity?: boolean | undefined;
  /** Markers that begin at this frame, as `POST /markers` takes them, but without a time; or ends of such. */
  readonly markers?: readonly unknown[] | undefined;
  /** Boxes and outlines of this frame. */
  readonly objects?: readonly unknown[] | undefined;
}

/** A frame that was written, on its way. */
export interface WrittenFrame {
  readonly number: number;
  readonly pts: Microseconds;
  readonly writtenAt: EpochMicroseconds;
  /** A copy. */
  readonly pixels: Uint8Array;
  readonly discontinuity: boolean;
  readonly markers: FrameMarking[];
  /** What was said of it in the words of its writer: JSON. */
  readonly said: unknown[];
  objects: readonly unknown[] | undefined;
}

/** Pictures of one size from a program in this process. */
export interface WrittenFramesOptions {
  readonly width: number;
  readonly height: number;
  readonly format: RawFormat;
  readonly clock?: PacerClock;
  readonly wallClock?: () => EpochMicroseconds;
}

/** So many frames may wait before whoever writes has to. */
const ENOUGH = 2;

/**
 * Takes frames from a program in this process, and holds it back while they are not taken from here. What it says of the
 * newest frame in the same turn of the event loop in which its write was answered goes along with that frame.
 */
export class WrittenFrames {
  /** Names the life of whoever numbers them. */
  readonly session = randomBytes(6).toString('hex');
  readonly #options: Required<WrittenFramesOptions>;
  readonly #size: number;
  readonly #waiting: WrittenFrame[] = [];
  /** Was written, and may still be said something of. */
  #held: WrittenFrame | undefined;
  /** The newest frame, and when it came by a monotonic clock. */
  #last: (WrittenFrame & { readonly at: Microseconds }) | undefined;
  readonly #late = new UntilHeard<[late: LateMarking | LateObjects, given: unknown]>();
  #ended: HlsStreamError | true | undefined;
  #wakeReader = () => {};
  readonly #writers: (() => void)[] = [];

  constructor({ clock = systemClock, wallClock = systemDate, ...shape }: WrittenFramesOptions) {
    const { width, height, format } = shape;
    this.#options = { ...shape, clock, wallClock };
    this.#size = width * height * rawFormats[format];
  }

  /** How many were written. */
  get count(): number {
    return this.#last === undefined ? 0 : this.#last.number + 1;
  }

  /** PTS of the newest, as it was written. */
  get pts(): Microseconds | undefined {
    return this.#last?.pts;
  }

  /**
   * Takes a frame; resolves when it wants another one. Rejects with FRAME_SIZE, FRAME_TIME, INVALID_MARKER and
   * STREAM_CLOSED, and nothing is written then.
   */
  async write(frame: WritableFrame): Promise<void> {
    this.#throwIfEnded();
    const markings = (frame.markers ?? []).map((one, index) => readMarking(one, `/markers/${index}`));
    if (markings.length > MOST_MARKERS) throw tooMany();
    checkObjects(frame.objects);
    this.#checkPixels(frame.data);
    const at = this.#options.clock.now();
    const pts = this.#timeOf(frame, at);
    this.#release();
    const written = {
      ...{ number: this.count, pts, at, writtenAt: this.#options.wallClock() },
      pixels: Buffer.from(frame.data),
      discontinuity: frame.discontinuity === true,
      ...{ markers: markings, said: [...(frame.markers ?? [])], objects: frame.objects },
    };
    this.#last = written;
    this.#held = written;
    if (this.#waiting.length >= ENOUGH)
      await new Promise<void>((resolve) => {
        this.#writers.push(resolve);
      });
    this.#throwIfFailed();
    // Whoever waits for this goes on first.
    setImmediate(() => {
      if (this.#held === written) this.#release();
    });
  }

  /** Says that something begins or ends with the newest frame. @throws HlsStreamError INVALID_MARKER, STREAM_CLOSED, USAGE */
  mark(given: unknown): void {
    this.#throwIfFailed();
    const frame = this.#newest('mark it');
    const marking = readMarking(given, '');
    if (frame.said.length >= MOST_MARKERS) throw tooMany();
    const index = frame.said.length;
    frame.said.push(given);
    if (this.#held === frame || this.#waiting.includes(frame)) {
      frame.markers.push(marking);
      return;
    }
    const { number, pts } = frame;
    const late = { frame: { number, pts }, origin: { number, index }, marking };
    this.#late.report(late, given);
  }

  /** Says what the newest frame shows. @throws as {@link mark} */
  objects(given: readonly unknown[]): void {
    this.#throwIfFailed();
    const frame = this.#newest('say what it shows');
    checkObjects(given);
    const objects = [...(frame.objects ?? []), ...given];
    checkObjects(objects);
    frame.objects = objects;
    if (this.#held === frame || this.#waiting.includes(frame)) return;
    this.#late.report({ frame: { number: frame.number, pts: frame.pts }, objects }, objects);
  }

  /** Who hears what is said of frames that are on their way, also in the words of their writer. */
  onLate(listener: (late: LateMarking | LateObjects, given: unknown) => void): void {
    this.#late.listen(listener);
  }

  /** No more are written: those that wait still go out. With an error, writing rejects with it. */
  end(error?: HlsStreamError): void {
    this.#release();
    if (this.#ended === undefined || error !== undefined) this.#ended = error ?? true;
    if (error !== undefined) this.#waiting.length = 0;
    this.#wakeReader();
    for (const go of this.#writers.splice(0)) go();
  }

  /** The next frame that goes out; undefined when no more do, or the signal aborts. */
  async next(signal: AbortSignal): Promise<WrittenFrame | undefined> {
    while (this.#waiting.length === 0 && this.#ended === undefined && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wakeReader = () => {
          signal.removeEventListener('abort', this.#wakeReader);
          resolve();
        };
        signal.addEventListener('abort', this.#wakeReader);
      });
    }
    if (signal.aborted) return undefined;
    const frame = this.#waiting.shift();
    if (this.#waiting.length < ENOUGH) this.#writers.shift()?.();
    return frame;
  }

  #release(): void {
    if (this.#held === undefined) return;
    this.#waiting.push(this.#held);
    this.#held = undefined;
    this.#wakeReader();
  }

  #newest(what: string): WrittenFrame {
    if (this.#last !== undefined) return this.#last;
    throw new HlsStreamError('USAGE', `no frame has been written yet; write one, then ${what}`);
  }

  #checkPixels(data: unknown): void {
    const { width, height, format } = this.#options;
    const isBytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
    if (isBytes && data.length === this.#size) return;
    const came = isBytes ? `${data.length} bytes` : `${data === null ? 'null' : typeof data}, no Uint8Array`;
    throw new HlsStreamError(
      'FRAME_SIZE',
      `the data of a frame is ${came}, where ${width}x${height} as ${format} takes ${this.#size} bytes; write whole frames of the size and format given to serve()`,
    );
  }

  #timeOf({ pts, discontinuity }: WritableFrame, at: Microseconds): Microseconds {
    const last = this.#last;
    if (pts === undefined) return last === undefined ? 0 : last.pts + Math.max(2, Math.round(at - last.at));
    if (typeof pts !== 'number' || !(Math.abs(pts) <= FURTHEST))
      throw new HlsStreamError(
        'FRAME_TIME',
        `the pts of a frame is ${String(pts)}; it is a number of seconds on a clock of your own`,
      );
    const time = fromSeconds(pts);
    if (last === undefined || discontinuity === true || time > last.pts) return time;
    throw new HlsStreamError(
      'FRAME_TIME',
      `the pts of a frame is ${pts} s, not after ${toSeconds(last.pts)} s of the frame before; times rise by a microsecond or more, and where your clock begins anew say discontinuity: true`,
    );
  }

  #throwIfFailed(): void {
    if (this.#ended instanceof HlsStreamError) throw this.#ended;
  }

  #throwIfEnded(): void {
    this.#throwIfFailed();
    if (this.#ended !== undefined)
      throw new HlsStreamError('STREAM_CLOSED', 'the stream is closed; call serve() for another one');
  }
}
