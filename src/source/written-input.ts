import { systemDate } from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import type { SourceLog } from './log.ts';
import { ModulePace } from './module-pace.ts';
import { type RawFormat, toRgba } from './pixels.ts';
import { checkRawSize } from './raw-input.ts';
import type { Source } from './source.ts';
import type { WrittenFrames } from './written-frames.ts';

/** How frames of a program in this process are read. */
export interface WrittenInputOptions {
  readonly written: WrittenFrames;
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  readonly format: RawFormat;
  readonly signal: AbortSignal;
  readonly log?: SourceLog | undefined;
  /** False gives out frames as fast as they are taken. @default true */
  readonly paced?: boolean;
}

/**
 * Frames that a program in this process writes: their times are its own, and what it says of a frame stays with it.
 * @throws HlsStreamError SOURCE_SIZE for an odd size.
 */
export function openWrittenInput(options: WrittenInputOptions): Source {
  checkRawSize(options);
  const { width, height, frameRate, written } = options;
  return {
    ...{ width, height, frameRate, live: false, session: written.session },
    frames: () => writtenFrames(options),
    onLate: (listener) => written.onLate(listener),
  };
}

async function* writtenFrames(options: WrittenInputOptions): AsyncGenerator<Frame, void, undefined> {
  const { written, width, height, format, signal } = options;
  const pace = new ModulePace(
    { ...options, maker: 'the program that calls write()', isUnpaced: true },
    systemDate,
  );
  for (let next = await written.next(signal); next !== undefined; next = await written.next(signal)) {
    const { number, pts, writtenAt, pixels, discontinuity, markers, objects } = next;
    const frame: Frame = {
      ...{ pts, capturedAt: writtenAt, width, height, number },
      data: toRgba(pixels, format, width),
      ...(discontinuity && { discontinuity }),
      ...((markers.length > 0 || objects !== undefined) && {
        annotations: { ...(markers.length > 0 && { markers }), ...(objects && { objects }) },
      }),
    };
    const due = await pace.due(frame, signal);
    if (due === undefined || signal.aborted) return;
    yield due;
  }
}
