import type { Readable } from 'node:stream';
import {
  type EpochMicroseconds,
  fromEpochMilliseconds,
  MICROSECONDS,
  type Microseconds,
  toSeconds,
} from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import { HlsStreamError } from '../errors.ts';
import type { FfmpegExit } from '../ffmpeg/program.ts';
import { BackOff } from './back-off.ts';
import { breakReason, isHopeless, isSourceFailure, withAdvice } from './breaks.ts';
import { type DecodedFrame, type Decoder, openDecoder, type RatedDecoder, withRate } from './decoder.ts';
import { type InputKind, inputKind } from './input-kind.ts';
import { type SourceLog, silent } from './log.ts';
import { type PacerClock, systemClock } from './pacer.ts';
import { PlayOut } from './play-out.ts';
import type { Source } from './source.ts';

/** What ffmpeg is to read. */
export interface FfmpegInputOptions {
  /** A file, URL or device, or `-` for a container on `stdin`. */
  readonly input: string;
  /** The ffmpeg program. @default 'ffmpeg' */
  readonly ffmpeg?: string;
  /** Arguments for ffmpeg's reading of the input, before its name. @default [] */
  readonly options?: readonly string[];
  /** Play a file again and again. @default false */
  readonly loop?: boolean;
  /** False gives out the frames of a file as fast as they are taken. @default true */
  readonly paced?: boolean;
  /** For `-`. @default process.stdin */
  readonly stdin?: Readable | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly log?: SourceLog | undefined;
  readonly clock?: PacerClock;
  readonly wallClock?: () => EpochMicroseconds;
}

/** Attempts in a row without one frame after which something that can be read again whole is given up. */
const ATTEMPTS = 3;
/** A PTS that moves this much further than the clock did is a break of the input's own. */
const JUMP: Microseconds = 10 * MICROSECONDS;
/**
 * Opens whatever ffmpeg can read, at its own size (cropped by a pixel where odd), rate and frame times. What
 * breaks off is opened again with back-off, after which the first frame carries `discontinuity`.
 * @throws HlsStreamError SOURCE_FAILED with ffmpeg's reason if it cannot be opened, FFMPEG_NOT_FOUND.
 */
export async function openFfmpegInput(options: FfmpegInputOptions): Promise<Source> {
  const input = new FfmpegInput(options);
  const first = await input.open();
  return {
    width: first.width,
    height: first.height,
    frameRate: first.frameRate,
    live: input.live,
    frames: () => input.frames(first),
    get skipped() {
      return input.skipped;
    },
  };
}

class FfmpegInput {
  readonly #options: FfmpegInputOptions;
  readonly #name: string;
  readonly #kind: InputKind;
  readonly #log: SourceLog;
  readonly #clock: PacerClock;
  readonly #wallClock: () => EpochMicroseconds;
  readonly #backOff: BackOff;
  readonly #playOut: PlayOut | undefined;
  #shape: RatedDecoder | undefined;
  #last: { readonly pts: Microseconds; readonly at: Microseconds } | undefined;
  /** Frames up to this PTS were given out before ffmpeg died. */
  #resume: Microseconds | undefined;
  /** Frames since the file was last begun. */
  #round = 0;
  /** Frames that had to be dropped, because their time was that of one before. */
  skipped = 0;

  constructor(options: FfmpegInputOptions) {
    const { input, log = silent, clock = systemClock, paced = true } = options;
    this.#options = options;
    this.#kind = inputKind(input);
    this.#name = this.#kind === 'pipe' ? 'standard input' : input;
    this.#log = log;
    this.#clock = clock;
    this.#wallClock = options.wallClock ?? (() => fromEpochMilliseconds(Date.now()));
    this.#backOff = new BackOff(clock);
    this.#playOut = paced && this.#kind !== 'live' ? new PlayOut(clock, this.#wallClock) : undefined;
  }

  /** Whether silence means that the signal is lost. */
  get live(): boolean {
    return this.#kind === 'live' || this.#kind === 'remote';
  }

  /** The first opening: a file must be there, a camera is waited for unless waiting is hopeless. */
  async open(): Promise<RatedDecoder> {
    const patient = this.#kind === 'live' || this.#kind === 'remote';
    for (;;) {
      try {
        const decoder = await withRate(await this.#decode());
        this.#shape = decoder;
        const { width, height, frameRate } = decoder;
        this.#log.info(
          { width, height, frameRate },
          `reading ${this.#name}; an odd side is cropped by one pixel`,
        );
        return decoder;
      } catch (error) {
        const { signal } = this.#options;
        if (!isSourceFailure(error) || signal?.aborted) throw error;
        if (!patient || isHopeless(error)) throw withAdvice(error, this.#kind);
        await this.#pause(error.message);
        if (signal?.aborted) throw error;
      }
    }
  }

  /** All frames of this and every later opening. */
  async *frames(first: Decoder): AsyncGenerator<Frame, void, undefined> {
    let decoder: Decoder | undefined = first;
    let fresh = false;
    try {
      while (decoder !== undefined) {
        for await (const decoded of decoder.frames()) {
          const frame = await this.#frame(decoded, fresh);
          if (frame === undefined) continue;
          fresh = false;
          this.#round += 1;
          this.#backOff.reset();
          yield frame;
        }
        decoder = await this.#next(await decoder.exited);
        fresh = true;
      }
    } finally {
      decoder?.kill();
      if (this.#kind === 'pipe') this.#stdin.destroy();
    }
  }

  /** Gives a picture its times, when it is due; `undefined` if it is not to be shown. */
  async #frame({ pts, data }: DecodedFrame, fresh: boolean): Promise<Frame | undefined> {
    if (this.#options.signal?.aborted) return undefined;
    if (this.#resume !== undefined && pts <= this.#resume) return undefined;
    const step = this.#last && !fresh ? pts - this.#last.pts : undefined;
    if (step !== undefined && step <= 0 && step > -MICROSECONDS) {
      this.skipped += 1;
      return undefined;
    }
    const jumped = step !== undefined && (step <= 0 || this.#leapt(step));
    const { width, height, frameRate } = this.#shape as RatedDecoder;
    if (fresh || jumped) this.#playOut?.restart(Math.round(MICROSECONDS / frameRate));
    const capturedAt = this.#playOut ? await this.#playOut.due(pts, this.#options.signal) : this.#wallClock();
    if (capturedAt === undefined) return undefined;
    this.#last = { pts, at: this.#clock.now() };
    return { pts, capturedAt, width, height, data, ...((fresh || jumped) && { discontinuity: true }) };
  }

  /** Whether a source that cannot know gaps moved its PTS far more than time went by. */
  #leapt(step: Microseconds): boolean {
    if (this.#kind === 'file' || this.#last === undefined) return false;
    return step > this.#clock.now() - this.#last.at + JUMP;
  }

  /** What follows an ffmpeg that has left: nothing, the next round, or another attempt. */
  async #next(exit: FfmpegExit): Promise<Decoder | undefined> {
    if (this.#options.signal?.aborted) return undefined;
    const { input } = this.#options;
    const complaint = exit.stderr.at(-1);
    if (exit.code === 0 && complaint !== undefined)
      this.#log.warn({ stderr: exit.stderr }, `ffmpeg said: ${complaint}`);
    const trouble = breakReason(exit, input, this.#kind);
    if (trouble !== undefined) {
      if (this.#kind === 'file') this.#resume = this.#last?.pts;
      return this.#reopen(trouble);
    }
    if (this.#kind !== 'file' || !this.#options.loop || this.#round === 0) return undefined;
    this.#round = 0;
    this.#resume = undefined;
    return this.#reopen();
  }

  async #reopen(trouble?: string): Promise<Decoder | undefined> {
    const { signal } = this.#options;
    for (let reason = trouble; ; ) {
      if (reason !== undefined) await this.#pause(reason);
      if (signal?.aborted) return undefined;
      try {
        return await this.#decode();
      } catch (error) {
        if (!isSourceFailure(error)) throw error;
        reason = error.message;
      }
    }
  }

  /** Waits before another attempt. @throws HlsStreamError SOURCE_FAILED where that makes no sense any more. */
  async #pause(reason: string): Promise<void> {
    const bounded = this.#kind === 'file' || this.#kind === 'pipe';
    if (bounded && this.#backOff.attempts >= ATTEMPTS) {
      throw new HlsStreamError('SOURCE_FAILED', `gave up after ${ATTEMPTS} attempts: ${reason}`);
    }
    this.#log.broken?.(new HlsStreamError('SOURCE_FAILED', reason));
    const retryInSeconds = toSeconds(this.#backOff.next);
    this.#log.warn(
      { retryInSeconds, attempt: this.#backOff.attempts + 1 },
      `the source broke off: ${reason}`,
    );
    await this.#backOff.wait(this.#options.signal);
  }

  /** Asked for only when it is the input: to look at a process's stdin is to open it. */
  get #stdin(): Readable {
    return this.#options.stdin ?? process.stdin;
  }

  #decode(): Promise<Decoder> {
    const { input, ffmpeg = 'ffmpeg', options = [], signal } = this.#options;
    return openDecoder({
      ffmpeg,
      input,
      options,
      signal,
      stdin: this.#kind === 'pipe' ? this.#stdin : undefined,
      // The pictures keep the size of the first opening, whatever comes back.
      size: this.#shape,
      seek: this.#resume,
    });
  }
}
