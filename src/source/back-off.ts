import { backOff, fromSeconds, type Microseconds } from '../clock.ts';
import { type PacerClock, systemClock } from './pacer.ts';

/** First and longest wait between two attempts. */
const [FIRST, LONGEST]: readonly [Microseconds, Microseconds] = [fromSeconds(0.5), fromSeconds(10)];

/** Waits between attempts, twice as long each time, from 0.5 s to 10 s, until something works again. */
export class BackOff {
  readonly #clock: PacerClock;
  #attempts = 0;

  constructor(clock: PacerClock = systemClock) {
    this.#clock = clock;
  }

  /** Attempts since something worked. */
  get attempts(): number {
    return this.#attempts;
  }

  /** How long the next wait is, in microseconds. */
  get next(): Microseconds {
    return backOff(this.#attempts + 1, FIRST, LONGEST);
  }

  /** It works: the next wait is short again. */
  reset(): void {
    this.#attempts = 0;
  }

  /** Waits for the next attempt, or until the signal aborts. */
  async wait(signal?: AbortSignal): Promise<void> {
    const time = this.next;
    this.#attempts += 1;
    await this.#clock.sleep(time, signal);
  }
}
