import type { EpochMicroseconds, Microseconds } from '../clock.ts';
import type { Frame } from '../container/frame.ts';
import type { PacerClock } from './pacer.ts';

/** Gives frames that bring no times of their own those of their arrival. */
export class ArrivalStamps {
  readonly #clock: PacerClock;
  readonly #wallClock: () => EpochMicroseconds;
  #anchor: { readonly at: Microseconds; readonly date: EpochMicroseconds } | undefined;
  #last = -1;

  constructor(clock: PacerClock, wallClock: () => EpochMicroseconds) {
    this.#clock = clock;
    this.#wallClock = wallClock;
  }

  /** The times of a frame that came just now or, in microseconds of the same clock, at `at`. */
  stamp(at = this.#clock.now()): Pick<Frame, 'pts' | 'capturedAt'> {
    this.#anchor ??= { at, date: this.#wallClock() };
    // Two frames may come within a microsecond; times must differ.
    const pts = Math.max(this.#last + 1, Math.round(at - this.#anchor.at));
    this.#last = pts;
    return { pts, capturedAt: this.#anchor.date + pts };
  }
}
