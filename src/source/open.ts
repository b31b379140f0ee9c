import type { Readable } from 'node:stream';
import { fromSeconds } from '../clock.ts';
import { HlsStreamError } from '../errors.ts';
import { createChessboard } from './chessboard.ts';
import { checkContent, modulePath } from './content.ts';
import { openFfmpegInput } from './ffmpeg-input.ts';
import { openFramedInput } from './framed-input.ts';
import type { InputEnd } from './input-end.ts';
import { inputKind, inputOptionArguments } from './input-kind.ts';
import type { SourceLog } from './log.ts';
import { openModuleInput } from './module-input.ts';
import type { RawFormat } from './pixels.ts';
import { openRawInput } from './raw-input.ts';
import { shortLoop } from './short-loop.ts';
import type { Source } from './source.ts';
import { firstBytes } from './standard-input.ts';

/** The settings a source may need, as given: times in seconds. */
export interface SourceSettings {
  /** `chessboard`, `-`, the path of a module, or whatever ffmpeg reads. */
  readonly source: string;
  /** Pixels, even. */
  readonly size: { readonly width: number; readonly height: number };
  /** Frames per second. */
  readonly fps: number;
  readonly inputFormat: 'auto' | RawFormat;
  /** Whether raw frames have lines of JSON before them. @default 'none' */
  readonly inputFraming?: 'none' | 'jsonl';
  readonly inputTiming: 'arrival' | 'rate';
  readonly inputEnd: InputEnd;
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
  /** For `-`. @default process.stdin */
  readonly stdin?: Readable;
}

/**
 * Opens the source that the settings name.
 * @throws HlsStreamError SOURCE_FAILED, SOURCE_SIZE, MODULE_INVALID, FFMPEG_NOT_FOUND.
 */
export async function openSource(
  settings: SourceSettings,
  { signal, log, paced = true, ...given }: OpenOptions,
): Promise<Source> {
  const { source, size, fps: frameRate, ffmpeg, loop } = settings;
  const shape = { ...size, frameRate };
  // Asked for only when it is the input: to look at a process's stdin is to open it.
  const stdin = () => given.stdin ?? process.stdin;
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
  if (inputKind(source) === 'pipe') await checkStandardInput(stdin(), signal);
  if (inputKind(source) === 'pipe' && settings.inputFormat !== 'auto') {
    const { inputFormat: format, inputTiming: timing } = settings;
    const input = { ...shape, format, timing, paced, stdin: stdin(), signal, log };
    return settings.inputFraming === 'jsonl' ? openFramedInput(input) : openRawInput(input);
  }
  const path = await modulePath(source);
  if (path !== undefined) return openModuleInput({ ...shape, path, paced, signal, log });
  await checkContent(source);
  const options = inputOptionArguments(settings.inputOption ?? []);
  const { inputTiming: timing, inputEnd } = settings;
  const input = {
    ...{ input: source, ffmpeg, options, frameRate, timing, inputEnd },
    ...{ stdin: given.stdin, signal, log },
  };
  if (loop && inputKind(source) === 'file') {
    const short = await shortLoop(await openFfmpegInput({ ...input, paced: false }), { paced, signal });
    if (short !== undefined) return short;
  }
  return openFfmpegInput({ ...input, loop, paced });
}

/** @throws HlsStreamError SOURCE_FAILED if standard input ends before anything has come. */
async function checkStandardInput(stdin: Readable, signal: AbortSignal): Promise<void> {
  const first = await firstBytes(stdin, signal);
  if (first.length > 0 || signal.aborted) return;
  throw new HlsStreamError(
    'SOURCE_FAILED',
    'standard input is empty: the program before the pipe wrote nothing; pipe frames or a film into it',
  );
}
