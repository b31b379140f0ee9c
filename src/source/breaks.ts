import { HlsStreamError } from '../errors.ts';
import { type FfmpegExit, ffmpegError } from '../ffmpeg/program.ts';
import type { InputKind } from './input-kind.ts';

/** How ffmpeg says that reading, not decoding, failed; it leaves with code 0 all the same. */
const READ_ERROR = /error during demuxing|connection (reset|timed out)|input\/output error/i;
/** Reasons that waiting does not mend. */
const HOPELESS =
  /protocol not found|no such file|matches no streams|invalid argument|unknown (input|format)|option .* not found/i;

/** Why the end of an input was none, in a sentence; `undefined` for a proper end. */
export function breakReason(exit: FfmpegExit, input: string, kind: InputKind): string | undefined {
  const name = kind === 'pipe' ? 'standard input' : input;
  if (exit.code !== 0) return ffmpegError('SOURCE_FAILED', exit, `reading ${name}`).message;
  const last = exit.stderr.at(-1);
  // A camera has no end.
  if (kind === 'live') return `${name} ended${last ? `: ${last}` : ''}`;
  const cut = exit.stderr.some((line) => line.startsWith(`${input}: `) || READ_ERROR.test(line));
  return cut && kind === 'remote' ? `${name} was cut off: ${last}` : undefined;
}

/** Whether it is no use to try again later. */
export function isHopeless(error: HlsStreamError): boolean {
  return HOPELESS.test(error.message);
}

/** Whether an input failed, rather than the program that reads it or we ourselves. */
export function isSourceFailure(error: unknown): error is HlsStreamError {
  return error instanceof HlsStreamError && error.code === 'SOURCE_FAILED';
}

/** The same error with what to do about it. */
export function withAdvice(error: HlsStreamError, kind: InputKind): HlsStreamError {
  const advice =
    kind === 'pipe'
      ? 'pipe in a container that ffmpeg can probe, or name the raw format with --input-format'
      : 'give --source a file, URL or device that ffmpeg can read';
  return new HlsStreamError('SOURCE_FAILED', `${error.message}; ${advice}`, { cause: error });
}
