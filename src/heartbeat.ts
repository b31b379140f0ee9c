import type { Milliseconds } from './clock.ts';

/** How often the launcher asks each child whether it still answers, in milliseconds. */
export const HEARTBEAT: Milliseconds = 500;

/** Silence of a child after which it hangs, and of one that has never answered: a program takes a while to load. */
export const [CHILD_HANGS, CHILD_NEVER_CAME]: readonly [Milliseconds, Milliseconds] = [5000, 30_000];

/** Silence of the launcher after which its children leave. */
export const LAUNCHER_HANGS: Milliseconds = 10_000;

/**
 * Counts for how long somebody has said nothing. Only time counts in which the one who listens ran itself: where both
 * were suspended, stopped by the terminal or short of processor time, nobody hangs.
 */
export class Silence {
  #silent: Milliseconds = 0;
  #looked: Milliseconds;

  /** @param now monotonic, in milliseconds, as {@link Silence.look} gets it */
  constructor(now: Milliseconds) {
    this.#looked = now;
  }

  /** Something was said. */
  heard(): void {
    this.#silent = 0;
  }

  /** To be called once every {@link HEARTBEAT}; a call that comes late counts as one in time. @returns the silence */
  look(now: Milliseconds): Milliseconds {
    this.#silent += Math.min(now - this.#looked, HEARTBEAT);
    this.#looked = now;
    return this.#silent;
  }
}
