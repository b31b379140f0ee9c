/** A minute, in milliseconds. */
const MINUTE_MS = 60_000;

/** How many lines of a program are logged in a minute: one that floods must not fill a disk. */
const LINES_A_MINUTE = 30;

/** Decides which lines of a program are logged, and how many were not. */
export class LineLimit {
  readonly #now: () => number;
  #since = Number.NEGATIVE_INFINITY;
  #logged = 0;
  #omitted = 0;

  /** @param now milliseconds on any monotonic clock */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Asks for one line: whether it is logged, and how many of the minute before were not, if that has not been said. */
  next(): { readonly logged: boolean; readonly omitted: number } {
    const over = this.#now() - this.#since >= MINUTE_MS;
    const omitted = over ? this.#omitted : 0;
    if (over) [this.#since, this.#logged, this.#omitted] = [this.#now(), 0, 0];
    const logged = this.#logged < LINES_A_MINUTE;
    if (logged) this.#logged += 1;
    else this.#omitted += 1;
    return { logged, omitted };
  }
}
