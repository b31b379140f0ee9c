import type { Readable } from 'node:stream';
import { type EpochMicroseconds, systemDate, timeOfTicks } from '../clock.ts';
import { ByteReader } from '../container/byte-reader.ts';
import type { Frame } from '../container/frame.ts';
import { HlsStreamError } from '../errors.ts';
import { ArrivalStamps } from './arrival.ts';
import { type SourceLog, silent } from './log.ts';
import { type PacerClock, systemClock } from './pacer.ts';
import { type RawFormat, rawFormats, toRgba } from './pixels.ts';
import { PlayOut } from './play-out.ts';
import type { Source } from './source.ts';

/** Pictures of one size, one behind the other, without any header. */
export interface RawInputOptions {
  /** Where they come from. @default process.stdin */
  readonly stdin?: Readable | undefined;
  readonly format: RawFormat;
  /** Pixels, even. */
  readonly width: number;
  /** Pixels, even. */
  readonly height: number;
  /** Frames per second. */
  readonly frameRate: number;
  /**
   * `arrival`: a frame's time is when its last byte came. `rate`: frame n is at n / frameRate, and given out
   * no sooner than that.
   */
  readonly timing: 'arrival' | 'rate';
  /** False gives out frames timed by rate as fast as they come. @default true */
  readonly paced?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly log?: SourceLog | undefined;
  readonly clock?: PacerClock;
  readonly wallClock?: () => EpochMicroseconds;
}

/**
 * Frames that another program writes to standard input. Ends when that does; a frame cut off there is
 * dropped, and said. @throws HlsStreamError SOURCE_SIZE for an odd size.
 */
export function openRawInput(options: RawInputOptions): Source {
  checkRawSize(options);
  const { width, height, frameRate, timing } = options;
  const stamp = timing === 'arrival' ? byArrival(options) : byRate(options);
  return {
    width,
    height,
    frameRate,
    live: false,
    frames: () => fromPipe(options, (stdin) => rawFrames(options, stamp, stdin)),
  };
}

/** @throws HlsStreamError SOURCE_SIZE for an odd size. */
export function checkRawSize({ width, height }: Pick<RawInputOptions, 'width' | 'height'>): void {
  if (width % 2 !== 0 || height % 2 !== 0) {
    throw new HlsStreamError(
      'SOURCE_SIZE',
      `raw frames of ${width}x${height} have an odd side; give an even --size`,
    );
  }
}

type Times = Pick<Frame, 'pts' | 'capturedAt'>;
/** The times of the frame that has just come; `undefined` once it is not wanted any more. */
type Stamp = () => Promise<Times | undefined>;

/**
 * What `read` makes of the pipe, which is closed when that ends or the signal aborts: nothing more comes then.
 * @throws HlsStreamError SOURCE_FAILED where the pipe cannot be read.
 */
export async function* fromPipe<T>(
  { stdin = process.stdin, signal }: Pick<RawInputOptions, 'stdin' | 'signal'>,
  read: (stdin: Readable) => AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  const abort = () => {
    stdin.destroy();
  };
  if (signal?.aborted) return abort();
  signal?.addEventListener('abort', abort);
  try {
    yield* read(stdin);
  } catch (error) {
    // Destroyed by the signal, or by whoever writes having gone away.
    if (signal?.aborted) return;
    throw new HlsStreamError('SOURCE_FAILED', `standard input cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    signal?.removeEventListener('abort', abort);
    stdin.destroy();
  }
}

/** Says that the pipe ended so many bytes after the last frame of the size that was expected. */
export function warnOfRest(log: SourceLog, bytes: number, expected: number): void {
  if (bytes > 0)
    log.warn(
      { bytes, expected },
      'standard input ended inside a frame: its writer was stopped in the middle of one, or --size is not right',
    );
}

async function* rawFrames(
  options: RawInputOptions,
  stamp: Stamp,
  stdin: Readable,
): AsyncGenerator<Frame, void, undefined> {
  const { format, width, height, signal, log = silent } = options;
  const size = width * height * rawFormats[format];
  const reader = new ByteReader(stdin);
  for (let number = 0; ; number += 1) {
    const raw = await reader.take(size);
    if (raw === undefined) break;
    const times = await stamp();
    if (times === undefined || signal?.aborted) return;
    yield { ...times, width, height, data: toRgba(raw, format, width), number };
  }
  warnOfRest(log, reader.position % size, size);
}

function byArrival({ clock = systemClock, wallClock = systemDate }: RawInputOptions): Stamp {
  const stamps = new ArrivalStamps(clock, wallClock);
  return async () => stamps.stamp();
}

function byRate({ clock = systemClock, wallClock = systemDate, ...options }: RawInputOptions): Stamp {
  const { frameRate, signal, paced = true } = options;
  const playOut = new PlayOut(clock, wallClock);
  let count = 0;
  return async () => {
    const pts = Math.round(timeOfTicks(count, frameRate));
    count += 1;
    const capturedAt = paced ? await playOut.due(pts, signal) : wallClock();
    return capturedAt === undefined ? undefined : { pts, capturedAt };
  };
}
