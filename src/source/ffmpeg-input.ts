import type { Readable } from 'node:stream';
import { millisecondsToSeconds, systemDate, timeOfTicks, toSeconds } from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import { HlsStreamError } from '../errors.ts';
import { ArrivalStamps } from './arrival.ts';
import { BackOff } from './back-off.ts';
import { breakReason, type InputEnd, isHopeless, isSourceFailure, withAdvice } from './input-end.ts';
import { type InputKind, inputKind } from './input-kind.ts';
import { InputOpener, type OpenInput } from './input-opener.ts';
import { createInputTimes, type InputTimes, inputRate, type TimedArrival } from './input-times.ts';
import { type SourceLog, silent } from './log.ts';
import { type PacerClock, systemClock } from './pacer.ts';
import { Place } from './place.ts';
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
  /** Frames per second of an input that has no times of its own. @default 30 */
  readonly frameRate?: number;
  /** Pictures without times on standard input: stamped on arrival, or evenly at `frameRate`. @default 'arrival' */
  readonly timing?: 'arrival' | 'rate';
  /** Whether its end is the end of the source. @default 'auto' */
  readonly inputEnd?: InputEnd;
  /** Play a file again and again. @default false */
  readonly loop?: boolean;
  /** False gives out the frames of a file as fast as they are taken. @default true */
  readonly paced?: boolean;
  /** For `-`. @default process.stdin */
  readonly stdin?: Readable | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly log?: SourceLog | undefined;
  readonly clock?: PacerClock;
  readonly wallClock?: typeof systemDate;
  /** Longest wait for a picture of what comes over a network or from a device, in milliseconds. @default 9000 */
  readonly silence?: number;
  /** How much longer than that the first one may take: a key frame has to come. @default 11000 */
  readonly firstPicture?: number;
}

/** Attempts in a row without one frame after which something that can be read again whole is given up. */
const ATTEMPTS = 3;

/**
 * Opens whatever ffmpeg can read, at its own display size (cropped by a pixel where odd), rate and frame times.
 * What breaks off is opened again with back-off, after which the first frame carries `discontinuity`. Where the
 * input changes its size, so do the frames.
 * @throws HlsStreamError SOURCE_FAILED with ffmpeg's reason if it cannot be opened, FFMPEG_NOT_FOUND.
 */
export async function openFfmpegInput(options: FfmpegInputOptions): Promise<Source> {
  const input = new FfmpegInput(options);
  const opening = await input.open();
  const { width, height } = opening.decoder.first;
  return { width, height, frameRate: input.frameRate, live: input.live, frames: () => input.frames(opening) };
}

/** One opening of the input, and what gives its pictures their times. */
type Opening = OpenInput & { readonly times: InputTimes };

class FfmpegInput {
  readonly #options: FfmpegInputOptions;
  readonly #name: string;
  readonly #kind: InputKind;
  readonly #log: SourceLog;
  readonly #opener: InputOpener;
  readonly #backOff: BackOff;
  readonly #stamps: ArrivalStamps;
  readonly #playOut: PlayOut | undefined;
  /** Nominal frames per second; known once it was opened. */
  frameRate = 0;
  readonly #place = new Place();

  constructor(options: FfmpegInputOptions) {
    const { input, log = silent, clock = systemClock, paced = true, signal } = options;
    const wallClock = options.wallClock ?? systemDate;
    this.#options = options;
    this.#kind = inputKind(input);
    this.#name = this.#kind === 'pipe' ? 'standard input' : input;
    this.#log = log;
    this.#backOff = new BackOff(clock);
    this.#stamps = new ArrivalStamps(clock, wallClock);
    this.#playOut = paced && this.#kind !== 'live' ? new PlayOut(clock, wallClock) : undefined;
    const { ffmpeg = 'ffmpeg', options: readOptions = [], stdin } = options;
    const { silence = 9000, firstPicture = 11_000 } = options;
    this.#opener = new InputOpener({
      ...{ input, kind: this.#kind, ffmpeg, options: readOptions, stdin },
      ...{ signal, clock, wallClock, silence, firstPicture },
    });
  }

  /** Whether silence means that the signal is lost. */
  get live(): boolean {
    return this.#kind === 'live' || this.#kind === 'remote';
  }

  /** The first opening: a file must be there, a camera is waited for unless waiting is hopeless. */
  async open(): Promise<Opening> {
    for (;;) {
      try {
        const opening = await this.#open();
        const { facts, first } = opening.decoder;
        const { width, height } = first;
        this.#log.info(
          { width, height, frameRate: this.frameRate, format: facts.format, times: opening.times.from },
          `reading ${this.#name}`,
        );
        return opening;
      } catch (error) {
        const { signal } = this.#options;
        if (!isSourceFailure(error) || signal?.aborted) throw error;
        if (!this.live || isHopeless(error)) throw withAdvice(error, this.#kind);
        await this.#pause(error.message);
        if (signal?.aborted) throw error;
      }
    }
  }

  /** All frames of this and every later opening. */
  async *frames(first: Opening): AsyncGenerator<Frame, void, undefined> {
    let opening: Opening | undefined = first;
    let fresh = false;
    try {
      while (opening !== undefined) {
        const how: 'ended' | 'silent' | 'interlaced' = yield* this.#play(opening, fresh);
        fresh = true;
        const done: Opening = opening;
        opening = undefined;
        if (how !== 'ended') await done.reading.close();
        opening = await this.#next(done, how);
      }
    } finally {
      await opening?.reading.close();
      this.#opener.close();
    }
  }

  /** The frames of one opening, and how it came to its end. */
  async *#play(
    { reading, times }: Opening,
    fresh: boolean,
  ): AsyncGenerator<Frame, 'ended' | 'silent' | 'interlaced', undefined> {
    let first = fresh;
    for (let read = 1; ; read += 1) {
      const picture = await reading.next();
      if (picture === 'silent') return 'silent';
      if (picture !== undefined && this.#place.wasShown(picture, read)) continue;
      // In a pipe it cannot be read again from here.
      if (picture?.interlaced && this.#kind !== 'pipe') return 'interlaced';
      for (const timed of picture === undefined ? times.flush() : times.push(picture)) {
        const frame = await this.#frame(timed, first, times);
        if (frame === undefined) continue;
        first = false;
        this.#backOff.reset();
        yield frame;
      }
      if (picture === undefined) return 'ended';
    }
  }

  /** Gives a picture its times, when it is due; `undefined` if it is not to be shown. */
  async #frame(timed: TimedArrival, first: boolean, { from }: InputTimes): Promise<Frame | undefined> {
    const { picture, pts, jumped, capturedAt } = timed;
    const { signal } = this.#options;
    if (signal?.aborted) return undefined;
    const discontinuity = first || jumped;
    this.#place.passed(timed, from);
    if (discontinuity) this.#playOut?.restart(Math.round(timeOfTicks(1, this.frameRate)));
    const due = capturedAt ?? (this.#playOut ? await this.#playOut.due(pts, signal) : picture.date);
    if (due === undefined) return undefined;
    const { width, height, data } = picture;
    return { pts, capturedAt: due, width, height, data, ...(discontinuity && { discontinuity }) };
  }

  /** What follows an opening that has ended: nothing, the next round, or another attempt. */
  async #next({ decoder }: Opening, how: 'ended' | 'silent' | 'interlaced'): Promise<Opening | undefined> {
    const { input, inputEnd = 'auto', loop, silence = 9000, signal } = this.#options;
    if (signal?.aborted) return undefined;
    const finite = this.#kind === 'file' || decoder.facts.end !== undefined;
    if (finite) this.#place.resume();
    if (how === 'interlaced') {
      this.#opener.deinterlace();
      return this.#reopen();
    }
    if (how === 'silent') return this.#reopen(`no picture for ${millisecondsToSeconds(silence)} s`);
    const exit = await decoder.exited;
    const complaint = exit.stderr.at(-1);
    if (exit.code === 0 && complaint !== undefined)
      this.#log.warn({ stderr: exit.stderr }, `ffmpeg said: ${complaint}`);
    const { facts } = decoder;
    const reached = this.#place.pts;
    const trouble = await breakReason({ exit, input, kind: this.#kind, facts, reached, inputEnd });
    if (signal?.aborted) return undefined;
    if (trouble !== undefined && inputEnd !== 'reconnect') return this.#reopen(trouble);
    if (trouble === undefined && (this.#kind !== 'file' || !loop || this.#place.pictures === 0))
      return undefined;
    this.#place.restart();
    return this.#reopen(trouble);
  }

  async #reopen(trouble?: string): Promise<Opening | undefined> {
    const { signal } = this.#options;
    for (let reason = trouble; ; ) {
      if (reason !== undefined) await this.#pause(reason);
      if (signal?.aborted) return undefined;
      try {
        return await this.#open();
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
    const retryInSeconds = toSeconds(this.#backOff.next);
    this.#log.warn(
      { retryInSeconds, attempt: this.#backOff.attempts + 1 },
      `the source broke off: ${reason}`,
    );
    this.#log.broken?.(new HlsStreamError('SOURCE_FAILED', reason));
    await this.#backOff.wait(this.#options.signal);
  }

  async #open(): Promise<Opening> {
    const { frameRate: asked = 30, timing = 'arrival' } = this.#options;
    const opened = await this.#opener.open(this.#place.seek);
    const { facts } = opened.decoder;
    if (this.frameRate === 0) this.frameRate = await inputRate(facts, opened.reading, asked);
    const times = createInputTimes({
      ...{ facts, kind: this.#kind, timing, frameRate: this.frameRate, stamps: this.#stamps },
      before: this.#place.before,
    });
    return { ...opened, times };
  }
}
