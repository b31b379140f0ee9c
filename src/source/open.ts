import { open } from 'node:fs/promises';
import { fromSeconds } from '../clock.ts';
import { createChessboard } from './chessboard.ts';
import { openFfmpegInput } from './ffmpeg-input.ts';
import { inputOptionArguments } from './input-kind.ts';
import type { SourceLog } from './log.ts';
import { openModuleInput } from './module-input.ts';
import type { RawFormat } from './pixels.ts';
import { openRawInput } from './raw-input.ts';
import type { Source } from './source.ts';

/** The settings a source may need, as given: times in seconds. */
export interface SourceSettings {
  /** `chessboard`, `-`, the path of a module, or whatever ffmpeg reads. */
  readonly source: string;
  /** Pixels, even. */
  readonly size: { readonly width: number; readonly height: number };
  /** Frames per second. */
  readonly fps: number;
  readonly inputFormat: 'auto' | RawFormat;
  readonly inputTiming: 'arrival' | 'rate';
  /** Options for ffmpeg's reading, NAME=VALUE each. @default [] */
  readonly inputOption?: readonly string[];
  /** The ffmpeg program. */
  readonly ffmpeg: string;
  readonly loop: boolean;
  /** Mean time between events, in seconds. */
  readonly eventMean: number;
  readonly seed?: number | undefined;
  readonly clockStrip: boolean;
}

/** What a source is opened with beside its settings. */
export interface OpenOptions {
  /** Ends it and frees everything. */
  readonly signal: AbortSignal;
  readonly log?: SourceLog | undefined;
  /** False gives out frames as fast as they are taken, where the source is not live. @default true */
  readonly paced?: boolean;
}

/** A path that names a module of ours rather than something to decode. */
const MODULE = /\.(js|mjs|ts|mts)$/i;

/**
 * Opens the source that the settings name.
 * @throws HlsStreamError SOURCE_FAILED, SOURCE_SIZE, MODULE_INVALID, FFMPEG_NOT_FOUND.
 */
export async function openSource(
  settings: SourceSettings,
  { signal, log, paced = true }: OpenOptions,
): Promise<Source> {
  const { source, size, fps: frameRate, ffmpeg, loop } = settings;
  const shape = { ...size, frameRate };
  if (source === 'chessboard') {
    const { seed, clockStrip } = settings;
    return createChessboard({
      ...shape,
      eventMean: fromSeconds(settings.eventMean),
      seed,
      clockStrip,
      paced,
      signal,
      log,
    });
  }
  if (source === '-' && settings.inputFormat !== 'auto') {
    const { inputFormat: format, inputTiming: timing } = settings;
    return openRawInput({ ...shape, format, timing, paced, signal, log });
  }
  if (MODULE.test(source) && !source.includes('://') && !(await isTransportStream(source))) {
    return openModuleInput({ ...shape, path: source, signal });
  }
  const options = inputOptionArguments(settings.inputOption ?? []);
  return openFfmpegInput({ input: source, ffmpeg, options, loop, paced, signal, log });
}

/** Whether a file is video after all: MPEG transport streams are called `.ts` too, and have a mark each 188 bytes. */
async function isTransportStream(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(189), 0, 189, 0).finally(() => file.close());
  return bytesRead === 189 && buffer[0] === 0x47 && buffer[188] === 0x47;
}
