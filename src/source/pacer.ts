import {
  fromMilliseconds,
  fromSeconds,
  type Microseconds,
  ticksIn,
  timeOfTicks,
  toMilliseconds,
} from '../clock.ts';

/** Time that only moves forward, and a way to wait for it. Injected in tests. */
export interface PacerClock {
  /** Microseconds from an arbitrary beginning; fractions allowed. */
  now(): Microseconds;
  /** Waits about this long; returns early when the signal aborts. Never throws. */
  sleep(time: Microseconds, signal?: AbortSignal): Promise<void>;
}

/** The machine's monotonic clock; it sleeps with a timer, never in a loop. */
export const systemClock: PacerClock = {
  now: () => fromMilliseconds(performance.now()),
  sleep: (time, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', settle);
        resolve();
      };
      // Longer than a timer can hold: whoever waits for a deadline asks again.
      const timer = setTimeout(settle, Math.min(Math.ceil(toMilliseconds(time)), 2 ** 31 - 1));
      signal?.addEventListener('abort', settle);
    }),
};

/** Waits until the clock shows the deadline; false if the signal aborted before. */
export async function sleepUntil(
  deadline: Microseconds,
  clock: PacerClock = systemClock,
  signal?: AbortSignal,
): Promise<boolean> {
  // A timer may fire a little early.
  while (!signal?.aborted) {
    const left = deadline - clock.now();
    if (left <= 0) return true;
    await clock.sleep(left, signal);
  }
  return false;
}

/** What a {@link Pacer} may be told. */
export interface PacerOptions {
  /** Ticks per second, above 0; need not be whole. */
  readonly frameRate: number;
  /** Ends the ticks. */
  readonly signal?: AbortSignal;
  readonly clock?: PacerClock;
  /** Called when ticks were skipped, at most once in {@link SKIP_REPORT_INTERVAL}. */
  readonly onSkipped?: (report: SkipReport) => void;
}

/** Ticks that were due while whoever takes them was busy. */
export interface SkipReport {
  /** Since the last report. */
  readonly skipped: number;
  /** Since the beginning. */
  readonly total: number;
}

/** How often at most skipped ticks are reported. */
export const SKIP_REPORT_INTERVAL: Microseconds = fromSeconds(10);

/**
 * Ticks at an even rate: tick n comes at the beginning + n / rate, an absolute deadline, so that neither
 * drawing time nor timer error adds up. A tick that was missed is skipped and counted. Iterated once.
 */
export class Pacer implements AsyncIterable<number> {
  readonly #options: PacerOptions;
  readonly #clock: PacerClock;
  #total = 0;
  #reported = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(options: PacerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Ticks skipped so far. */
  get skipped(): number {
    return this.#total;
  }

  /** The numbers of the ticks, from 0; ends when the signal aborts. */
  async *[Symbol.asyncIterator](): AsyncGenerator<number, void, undefined> {
    const { frameRate, signal } = this.#options;
    const start = this.#clock.now();
    for (let tick = 0; ; tick++) {
      const due = Math.floor(ticksIn(this.#clock.now() - start, frameRate));
      if (due > tick) {
        this.#total += due - tick;
        tick = due;
      }
      this.#report();
      const deadline = start + timeOfTicks(tick, frameRate);
      if (!(await sleepUntil(deadline, this.#clock, signal))) return;
      yield tick;
    }
  }

  #report(): void {
    if (this.#total === this.#reported) return;
    const now = this.#clock.now();
    if (now - this.#reportedAt < SKIP_REPORT_INTERVAL) return;
    this.#options.onSkipped?.({ skipped: this.#total - this.#reported, total: this.#total });
    this.#reported = this.#total;
    this.#reportedAt = now;
  }
}
