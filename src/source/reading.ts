import { type EpochMicroseconds, type Microseconds, perSecond } from '../clock.ts';
import type { DecodedFrame, Decoder } from './decoder.ts';
import type { PacerClock } from './pacer.ts';

/** A decoded picture, and when it came. */
export interface Arrival extends DecodedFrame {
  /** Microseconds of the monotonic clock. */
  readonly at: Microseconds;
  readonly date: EpochMicroseconds;
}

/** How one opening of an input is read. */
export interface ReadingOptions {
  readonly clock: PacerClock;
  readonly wallClock: () => EpochMicroseconds;
  /** Longest wait for a picture, in milliseconds; `undefined` waits for as long as it takes. */
  readonly silence: number | undefined;
}

/** Pictures from whose distances a rate is measured, and how long they are waited for, in milliseconds. */
const [MEASURED, MEASURE_TIME] = [9, 2000];

/** One opening of an input: its pictures as they come, under a watch that notices when none do. */
export class Reading {
  readonly #options: ReadingOptions;
  readonly #decoder: Decoder;
  readonly #frames: AsyncGenerator<DecodedFrame, void, undefined>;
  readonly #ahead: Arrival[] = [];
  #pending: Promise<Arrival | undefined> | undefined;

  constructor(decoder: Decoder, options: ReadingOptions) {
    this.#options = options;
    this.#decoder = decoder;
    this.#frames = decoder.frames();
  }

  /** The next picture; `undefined` at the end, `silent` when the longest wait has passed. */
  async next(): Promise<Arrival | 'silent' | undefined> {
    return this.#ahead.shift() ?? (await this.#within(this.#options.silence));
  }

  /** Nominal frames per second by the first pictures, which come again with {@link next}; by default `fallback`. */
  async measureRate(fallback: number): Promise<number> {
    const deadline = performance.now() + MEASURE_TIME;
    while (this.#ahead.length < MEASURED) {
      const next = await this.#within(this.#options.silence && Math.max(0, deadline - performance.now()));
      if (next === undefined || next === 'silent') break;
      this.#ahead.push(next);
    }
    const times = this.#ahead.flatMap(({ pts }) => pts ?? []);
    const steps = times.slice(1).map((time, index) => time - (times[index] as number));
    const rising = steps.filter((step) => step > 0).sort((a, b) => a - b);
    const median = rising[rising.length >> 1];
    return median === undefined ? fallback : Math.min(120, Math.max(1, perSecond(1, median)));
  }

  /** Ends ffmpeg, at whatever it is. */
  async close(): Promise<void> {
    this.#decoder.kill();
    await this.#pending?.catch(() => {});
    await this.#frames.return();
  }

  async #within(limit: number | undefined): Promise<Arrival | 'silent' | undefined> {
    // One that was given up on is still on its way.
    this.#pending ??= this.#take();
    const pending = this.#pending;
    const settled = await (limit === undefined ? pending : atMost(pending, limit));
    if (settled !== 'silent') this.#pending = undefined;
    return settled;
  }

  async #take(): Promise<Arrival | undefined> {
    const next = await this.#frames.next();
    if (next.done) return undefined;
    return { ...next.value, at: this.#options.clock.now(), date: this.#options.wallClock() };
  }
}

async function atMost<T>(wanted: Promise<T>, limit: number): Promise<T | 'silent'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'silent'>((resolve) => {
    timer = setTimeout(() => resolve('silent'), limit);
  });
  try {
    return await Promise.race([wanted, late]);
  } finally {
    clearTimeout(timer);
  }
}
