import type { Frame } from '../container/frame.ts';
import type { Filler } from '../hls/filler.ts';

/** How many of the newest steps between frames say what is usual: one that is odd, or three, change nothing. */
const STEPS = 7;

/** So many steps must be known before they count. */
const ENOUGH = 3;

/** The longest step that a source has which is not known yet: 0.2 frames a second, in milliseconds. */
const SLOWEST = 5000;

/** Silence is longer than so many usual steps. */
const USUAL_STEPS = 3;

/** A silence of the source that goes on. */
export interface Loss {
  /** What the media fills, and with which picture; undefined while nothing is encoded. */
  readonly filler?: Filler;
  readonly picture?: Frame;
  /** Monotonic milliseconds. */
  readonly since: number;
}

/**
 * Knows how long a source may say nothing: as long as a stall, and three times as long as it usually takes from frame
 * to frame, so that one that is slow is not silent. Usual is the median, so neither a silence nor a burst is learnt;
 * a source that has become slow is. Pure; times are milliseconds of a monotonic clock.
 */
export class Silence {
  readonly #stall: number;
  readonly #steps: number[] = [];
  #last: number | undefined;

  /** @param stall the shortest silence, in milliseconds */
  constructor(stall: number) {
    this.#stall = stall;
  }

  /** A frame came. */
  arrived(at: number): void {
    if (this.#last !== undefined) this.#steps.push(at - this.#last);
    if (this.#steps.length > STEPS) this.#steps.shift();
    this.#last = at;
  }

  /** How long after its last frame a source is silent, in milliseconds. */
  get limit(): number {
    const sorted = this.#steps.toSorted((a, b) => a - b);
    const usual = sorted.length < ENOUGH ? SLOWEST : (sorted[sorted.length >> 1] ?? SLOWEST);
    return Math.max(this.#stall, USUAL_STEPS * usual);
  }

  /** How long nothing has come, in milliseconds; 0 before the first frame. */
  lasts(now: number): number {
    return this.#last === undefined ? 0 : now - this.#last;
  }
}
