import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type EpochMicroseconds, systemDate } from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import { HlsStreamError, importFailure, messageOf } from '../errors.ts';
import type { SourceLog } from './log.ts';
import { ModulePace } from './module-pace.ts';
import type { PacerClock } from './pacer.ts';
import type { Source } from './source.ts';

/** What a source module is asked for. */
export interface SourceRequest {
  /** Pixels, even; the frames must have this size. */
  readonly width: number;
  /** Pixels, even. */
  readonly height: number;
  /** Frames per second that are wished for; the frames' own times count. */
  readonly frameRate: number;
  /** Aborts when no more frames are wanted: end the iteration then. */
  readonly signal: AbortSignal;
}

/** A frame of a source module; size and capture time may be left out. */
export type ModuleFrame = Pick<Frame, 'pts' | 'data'> & Partial<Frame>;

/**
 * The default export of a source module. A frame is shown as it comes, unless its PTS runs ahead of the clock: then
 * no further one is asked for until it is due.
 */
export type SourceModule = (request: SourceRequest) => AsyncIterable<ModuleFrame>;

/** Which module, and what it is asked for. */
export interface ModuleInputOptions extends Omit<SourceRequest, 'signal'> {
  /** Path of the module, from the working directory. */
  readonly path: string;
  /** False gives out frames as fast as they are taken. @default true */
  readonly paced?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly log?: SourceLog | undefined;
  readonly clock?: PacerClock;
  readonly wallClock?: () => EpochMicroseconds;
}

/**
 * Loads a source module.
 * @throws HlsStreamError MODULE_INVALID if it cannot be loaded or exports no function. Its frames throw
 * SOURCE_FAILED when the module throws, and MODULE_INVALID for a frame that is none.
 */
export async function openModuleInput(options: ModuleInputOptions): Promise<Source> {
  const { path, width, height, frameRate } = options;
  const loaded = await import(pathToFileURL(resolve(path)).href).catch((error: Error) => {
    throw new HlsStreamError(
      'MODULE_INVALID',
      `the source module ${path} cannot be loaded: ${importFailure(error)}`,
      { cause: error },
    );
  });
  const make: unknown = loaded.default;
  if (typeof make !== 'function') {
    throw invalid(path, 'its default export is not a function; it must return an async iterable of frames');
  }
  return { width, height, frameRate, live: false, frames: () => moduleFrames(options, make as SourceModule) };
}

async function* moduleFrames(
  options: ModuleInputOptions,
  make: SourceModule,
): AsyncGenerator<Frame, void, undefined> {
  const { path, width, height, frameRate, wallClock = systemDate } = options;
  const stop = new AbortController();
  const abort = () => stop.abort();
  options.signal?.addEventListener('abort', abort);
  if (options.signal?.aborted) abort();
  let iterator: AsyncIterator<ModuleFrame> | undefined;
  try {
    iterator = iterate(path, make({ width, height, frameRate, signal: stop.signal }));
    const pace = new ModulePace({ ...options, maker: `the source module ${path}` }, wallClock);
    let last: Frame | undefined;
    for (;;) {
      const next = await orAborted(iterator.next(), stop.signal);
      if (next === undefined || stop.signal.aborted) return;
      if (next.done && last === undefined) throw invalid(path, 'it ended without a single frame');
      if (next.done) return;
      const frame = await pace.due(checked(next.value, last, options, wallClock), stop.signal);
      if (frame === undefined) return;
      last = frame;
      yield last;
    }
  } catch (error) {
    if (error instanceof HlsStreamError) throw error;
    throw new HlsStreamError('SOURCE_FAILED', `the source module ${path} failed: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    options.signal?.removeEventListener('abort', abort);
    stop.abort();
    // Not awaited: it may hang in its own wait.
    Promise.resolve(iterator?.return?.()).catch(() => {});
  }
}

/** What is waited for, or `undefined` on abort: a module that does not heed the signal must not hold us. */
function orAborted<T>(wanted: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((settle, fail) => {
    const abort = () => settle(undefined);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    wanted.then(settle, fail).finally(() => signal.removeEventListener('abort', abort));
  });
}

function iterate(path: string, frames: unknown): AsyncIterator<ModuleFrame> {
  const returned = frames as (AsyncIterable<ModuleFrame> & { readonly then?: unknown }) | null | undefined;
  if (typeof returned?.[Symbol.asyncIterator] === 'function') return returned[Symbol.asyncIterator]();
  const what =
    typeof returned?.then === 'function'
      ? 'a promise, no async iterable'
      : returned === undefined
        ? 'nothing, no async iterable'
        : 'no async iterable';
  if (typeof returned?.then === 'function') Promise.resolve(returned).catch(() => {});
  throw invalid(path, `its function returned ${what}; write it as async function*, with the star`);
}

/** Makes sure that it is a frame, and completes it. */
function checked(
  frame: ModuleFrame,
  last: Frame | undefined,
  { path, width, height }: ModuleInputOptions,
  wallClock: () => EpochMicroseconds,
): Frame {
  if (typeof frame !== 'object' || frame === null)
    throw invalid(path, `it yielded ${String(frame)} instead of a frame`);
  const { pts, data, capturedAt = wallClock(), discontinuity = false } = frame;
  const [frameWidth, frameHeight] = [frame.width ?? width, frame.height ?? height];
  if (frameWidth !== width || frameHeight !== height) {
    throw invalid(
      path,
      `a frame is ${frameWidth}x${frameHeight} instead of ${width}x${height}, which --size says`,
    );
  }
  if (!(data instanceof Uint8Array) && !((data as unknown) instanceof Uint8ClampedArray)) {
    throw invalid(path, 'the data of a frame is no Uint8Array');
  }
  if (data.length !== width * height * 4) {
    throw invalid(
      path,
      `a frame has ${data.length} bytes instead of ${width * height * 4} (${width}x${height} RGBA)`,
    );
  }
  if (!Number.isSafeInteger(pts))
    throw invalid(path, `a frame's pts is ${pts}; it must be a whole number of microseconds`);
  if (last && !discontinuity && pts <= last.pts) {
    throw invalid(
      path,
      `a frame's pts is ${pts}, not after ${last.pts}; mark a break with discontinuity: true`,
    );
  }
  if (!Number.isFinite(capturedAt))
    throw invalid(path, `a frame's capturedAt is ${capturedAt}; it must be microseconds`);
  // A copy: the module may draw its next frame into the same array.
  return {
    pts,
    capturedAt,
    width,
    height,
    data: new Uint8Array(data),
    ...(discontinuity && { discontinuity }),
  };
}

function invalid(path: string, why: string): HlsStreamError {
  return new HlsStreamError('MODULE_INVALID', `the source module ${path} is not usable: ${why}`);
}
