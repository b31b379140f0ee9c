import type { Microseconds } from '../clock.ts';
import { HlsStreamError, percentDecoded } from '../errors.ts';
import { type FfmpegExit, ffmpegError } from '../ffmpeg/program.ts';
import type { InputKind } from './input-kind.ts';
import type { InputFacts } from './input-report.ts';

/** Whether the end of an input ends the stream: by what it is, always, or never (it is opened again). */
export type InputEnd = 'auto' | 'end' | 'reconnect';

/** How one opening of an input came to its end. */
export interface Ending {
  readonly exit: FfmpegExit;
  /** As given with `--source`. */
  readonly input: string;
  readonly kind: InputKind;
  readonly facts: InputFacts;
  /** The largest PTS that came out, in microseconds of the input's clock; `undefined` where no clock is to be trusted. */
  readonly reached: Microseconds | undefined;
  readonly inputEnd: InputEnd;
}

/** How ffmpeg says that reading, not decoding, failed; it leaves with code 0 all the same. */
const READ_ERROR =
  /error during demuxing|connection (reset|timed out)|input\/output error|ends? prematurely|partial file|failed to reload playlist/i;
/** Reasons that waiting does not mend. */
const HOPELESS =
  /protocol not found|no such file|there is no video|is text, neither|invalid argument|unknown (input|format)|option .* not found|no such filter/i;
/** What may be missing of an input whose length is known, in microseconds: lengths are rounded, and of all tracks. */
const SHORT: Microseconds = 2_000_000;

/** Why an end was not the end of the source, in a sentence; `undefined` for one that is. */
export async function breakReason(ending: Ending): Promise<string | undefined> {
  const { exit, input, kind, inputEnd } = ending;
  const name = kind === 'pipe' ? 'standard input' : input;
  if (exit.code !== 0) return ffmpegError('SOURCE_FAILED', exit, `reading ${name}`).message;
  if (inputEnd === 'end' || kind === 'pipe') return undefined;
  const last = exit.stderr.at(-1);
  if (inputEnd === 'reconnect') return `${name} ended${last ? `: ${last}` : ''}`;
  if (kind === 'file') return undefined;
  // A camera has no end.
  if (kind === 'live') return `${name} ended${last ? `: ${last}` : ''}`;
  const cut = exit.stderr.find((line) => line.startsWith(`${input}: `) || READ_ERROR.test(line));
  if (cut !== undefined) return `${name} was cut off: ${cut}`;
  return remoteBreak(ending, name);
}

/** From the network only what said before how long it is comes to an end; everything else was closed on us. */
async function remoteBreak({ input, facts, reached }: Ending, name: string): Promise<string | undefined> {
  // ffmpeg leaves a live playlist only when it has its EXT-X-ENDLIST.
  if (facts.format === 'hls') return undefined;
  if (facts.end !== undefined) {
    if (reached === undefined || reached >= facts.end - SHORT) return undefined;
    return `${name} ended before its end`;
  }
  return (await hasLength(input)) ? undefined : `${name} closed the connection`;
}

/** Whether a web server says how long this is: then what was read to its end was all of it. */
async function hasLength(input: string): Promise<boolean> {
  if (!/^https?:/i.test(input) || !URL.canParse(input)) return false;
  try {
    const url = new URL(input);
    const user = `${percentDecoded(url.username)}:${percentDecoded(url.password)}`;
    const headers = {
      ...(user !== ':' && { authorization: `Basic ${Buffer.from(user).toString('base64')}` }),
    };
    url.username = '';
    url.password = '';
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(5000) });
    // Only the head is wanted.
    await response.body?.cancel();
    return response.ok && response.headers.has('content-length');
  } catch {
    return false;
  }
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
