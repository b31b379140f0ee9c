import type { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { type EpochMicroseconds, type Microseconds, millisecondsToSeconds } from '../clock.ts';
import { HlsStreamError } from '../errors.ts';
import { type Decoder, openDecoder } from './decoder.ts';
import { type Treatment, UNTREATED } from './decoder-arguments.ts';
import { isTacitlyBt709, isTransparent, wideColour } from './input-colour.ts';
import type { InputKind } from './input-kind.ts';
import type { PacerClock } from './pacer.ts';
import { Reading } from './reading.ts';
import { StandardInput } from './standard-input.ts';

/** What is opened, perhaps several times. */
export interface InputOpenerOptions {
  readonly input: string;
  readonly kind: InputKind;
  readonly ffmpeg: string;
  /** Arguments for ffmpeg's reading of the input, before its name. */
  readonly options: readonly string[];
  /** For `-`. @default process.stdin */
  readonly stdin?: Readable | undefined;
  readonly signal: AbortSignal | undefined;
  readonly clock: PacerClock;
  readonly wallClock: () => EpochMicroseconds;
  /** Longest wait for a picture of what comes over a network or from a device, in milliseconds. */
  readonly silence: number;
  /** How much longer than that the first one may take. */
  readonly firstPicture: number;
}

/** JPEG begins with these bytes (ITU-T T.81 §B.1.1.3: SOI, then another marker). */
const JPEG = Buffer.from([0xff, 0xd8, 0xff]);

/** An input that is open: what decodes it, and what takes its pictures. */
export interface OpenInput {
  readonly decoder: Decoder;
  readonly reading: Reading;
}

/** Opens an input, and again in the way that its pictures turned out to need. */
export class InputOpener {
  readonly #options: InputOpenerOptions;
  readonly #stdin: StandardInput | undefined;
  #treatment = UNTREATED;

  constructor(options: InputOpenerOptions) {
    this.#options = options;
    // To look at a process's stdin is to open it.
    if (options.kind === 'pipe') this.#stdin = new StandardInput(options.stdin ?? process.stdin);
  }

  /** From the next opening on interlaced pictures are deinterlaced. */
  deinterlace(): void {
    this.#treatment = { ...this.#treatment, deinterlace: true };
  }

  /**
   * Opens the input, from the key frame before `seek` on where it is given (microseconds of the input's clock).
   * @throws HlsStreamError SOURCE_FAILED, FFMPEG_NOT_FOUND
   */
  async open(seek?: Microseconds): Promise<OpenInput> {
    const format = await this.#pipedFormat();
    let decoder = await this.#decode(seek, format);
    const { facts, first } = decoder;
    const wanted: Treatment = {
      deinterlace: this.#treatment.deinterlace || first.interlaced,
      wideColour: wideColour(facts),
      bt709: isTacitlyBt709(facts, first),
      opaque: isTransparent(facts),
    };
    if (!isDeepStrictEqual(wanted, this.#treatment)) {
      decoder.kill();
      // It lets go of standard input before the next one takes it.
      await decoder.exited;
      this.#treatment = wanted;
      decoder = await this.#decode(seek, format);
    }
    if (facts.format === 'tty') {
      decoder.kill();
      const { input } = this.#options;
      throw new HlsStreamError('SOURCE_FAILED', `${input} is text, neither film nor picture`);
    }
    this.#stdin?.forget();
    const { clock, wallClock, kind, silence } = this.#options;
    const patient = kind === 'file' || kind === 'pipe';
    return {
      decoder,
      reading: new Reading(decoder, { clock, wallClock, silence: patient ? undefined : silence }),
    };
  }

  /** Nothing is opened any more. */
  close(): void {
    this.#stdin?.close();
  }

  /** ffmpeg knows single images in a pipe only after many; nothing else is told to it. */
  async #pipedFormat(): Promise<readonly string[]> {
    const first = await this.#stdin?.peek(this.#options.signal);
    if (first === undefined) return [];
    return JPEG.equals(first.subarray(0, JPEG.length)) ? ['-f', 'mjpeg'] : [];
  }

  async #decode(seek: Microseconds | undefined, format: readonly string[]): Promise<Decoder> {
    const { kind, input, ffmpeg, options, signal, silence, firstPicture } = this.#options;
    const limit = new AbortController();
    const bounded = kind === 'live' || kind === 'remote';
    const timer = bounded ? setTimeout(() => limit.abort(), silence + firstPicture) : undefined;
    try {
      return await openDecoder({
        ...{ ffmpeg, input, seek, stdin: this.#stdin, treatment: this.#treatment, live: kind !== 'file' },
        options: [...format, ...options],
        signal: signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]),
      });
    } catch (error) {
      if (limit.signal.aborted) {
        const seconds = millisecondsToSeconds(silence + firstPicture);
        throw new HlsStreamError('SOURCE_FAILED', `no picture came from ${input} within ${seconds} s`);
      }
      throw this.#explained(error);
    } finally {
      clearTimeout(timer);
    }
  }

  #explained(error: unknown): unknown {
    const { wideColour: colour } = this.#treatment;
    if (colour === undefined || !(error instanceof Error) || !/No such filter/.test(error.message))
      return error;
    const { input, ffmpeg } = this.#options;
    return new HlsStreamError(
      'SOURCE_FAILED',
      `the colours of ${input} are ${colour === 'sdr' ? 'BT.2020' : 'HDR'}, and ${ffmpeg} cannot bring them to BT.709: it has no such filter as zscale; install an ffmpeg built with libzimg`,
      { cause: error },
    );
  }
}
