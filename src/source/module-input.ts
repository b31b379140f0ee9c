import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type EpochMicroseconds, fromEpochMilliseconds } from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import { HlsStreamError } from '../errors.ts';
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

/** The default export of a source module. It paces itself: a frame is shown as it comes. */
export type SourceModule = (request: SourceRequest) => AsyncIterable<ModuleFrame>;

/** Which module, and what it is asked for. */
export interface ModuleInputOptions extends Omit<SourceRequest, 'signal'> {
  /** Path of the module, from the working directory. */
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
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
      `the source module ${path} cannot be loaded: ${error.message}`,
      { cause: error },
    );
  });
  const make: unknown = loaded.default;
  if (typeof make !== 'function') {
    throw invalid(path, 'its default export is no function; it must return an async iterable of frames');
  }
  return { width, height, frameRate, live: false, frames: () => moduleFrames(options, make as SourceModule) };
}

async function* moduleFrames(
  options: ModuleInputOptions,
  make: SourceModule,
): AsyncGenerator<Frame, void, undefined> {
  const { path, width, height, frameRate, wallClock = () => fromEpochMilliseconds(Date.now()) } = options;
  const stop = new AbortController();
  const abort = () => stop.abort();
  options.signal?.addEventListener('abort', abort);
  if (options.signal?.aborted) abort();
  let iterator: AsyncIterator<ModuleFrame> | undefined;
  try {
    iterator = iterate(path, make({ width, height, frameRate, signal: stop.signal }));
    let last: Frame | undefined;
    for (;;) {
      const next = await orAborted(iterator.next(), stop.signal);
      if (next === undefined || next.done || stop.signal.aborted) return;
      last = checked(next.value, last, options, wallClock);
      yield last;
    }
  } catch (error) {
    if (error instanceof HlsStreamError) throw error;
    throw new HlsStreamError('SOURCE_FAILED', `the source module ${path} failed: ${message(error)}`, {
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
  const iterable = frames as AsyncIterable<ModuleFrame> | undefined;
  if (typeof iterable?.[Symbol.asyncIterator] === 'function') return iterable[Symbol.asyncIterator]();
  throw invalid(path, 'its function returned no async iterable; write it as async function*');
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
  return { pts, capturedAt, width, height, data, ...(discontinuity && { discontinuity }) };
}

function invalid(path: string, why: string): HlsStreamError {
  return new HlsStreamError('MODULE_INVALID', `the source module ${path} is not usable: ${why}`);
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
