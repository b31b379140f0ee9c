import type { Frame } from '../container/frame.ts';
import type { Filler } from '../hls/filler.ts';

/** How many of the newest steps between frames say that a source has become slow: one that is odd, or three, do not. */
const NEWEST = 7;

/** How many of the newest steps say how far frames lie apart on average, however they jitter. */
const STEPS = 20;

/** This share of them, the longest, is left out: a silence is no step. */
const ODD = 0.15;

/** So many steps must be known before they count. */
const ENOUGH = 8;

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
 * to frame, so that one that is slow is not silent. Usual is the median of a few steps or the mean of more, whichever is
 * longer, so that neither a silence nor a burst is learnt, nor a jitter that makes most steps short; a source that has
 * become slow is. Pure; times are milliseconds of a monotonic clock.
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
    const usual = this.#steps.length < ENOUGH ? SLOWEST : Math.max(this.#median, this.#mean);
    return Math.max(this.#stall, USUAL_STEPS * usual);
  }

  get #median(): number {
    const sorted = this.#steps.slice(-NEWEST).toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? SLOWEST;
  }

  get #mean(): number {
    const sorted = this.#steps.toSorted((a, b) => a - b);
    const kept = sorted.slice(0, sorted.length - Math.floor(sorted.length * ODD));
    return kept.reduce((sum, step) => sum + step, 0) / kept.length;
  }

  /** How long nothing has come, in milliseconds; 0 before the first frame. */
  lasts(now: number): number {
    return this.#last === undefined ? 0 : now - this.#last;
  }
}
