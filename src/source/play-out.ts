import { type EpochMicroseconds, fromSeconds, type Microseconds } from '../clock.ts';
import { type PacerClock, sleepUntil } from './pacer.ts';

/** Behind by so much, there is no catching up: the machine slept, or is too slow. */
const TOO_LATE: Microseconds = fromSeconds(10);

/**
 * Plays recorded frames in real time: each is due at the beginning of its stretch plus what its PTS has
 * moved since, an absolute deadline. No frame is skipped; one that is late comes at once.
 */
export class PlayOut {
  readonly #clock: PacerClock;
  readonly #wallClock: () => EpochMicroseconds;
  #anchor: { pts: Microseconds; at: Microseconds; date: EpochMicroseconds } | undefined;
  #lastDue = Number.NEGATIVE_INFINITY;

  constructor(clock: PacerClock, wallClock: () => EpochMicroseconds) {
    this.#clock = clock;
    this.#wallClock = wallClock;
  }

  /** The next frame begins a new stretch, `gap` microseconds after the last one at the soonest. */
  restart(gap: Microseconds): void {
    this.#anchor = undefined;
    this.#lastDue += gap;
  }

  /** Waits until the frame is due; says when that was by the wall clock. `undefined` if the signal aborted. */
  async due(pts: Microseconds, signal: AbortSignal | undefined): Promise<EpochMicroseconds | undefined> {
    const now = this.#clock.now();
    if (this.#anchor && now - (this.#anchor.at + pts - this.#anchor.pts) > TOO_LATE) this.#anchor = undefined;
    if (this.#anchor === undefined) {
      const at = Math.max(now, this.#lastDue);
      this.#anchor = { pts, at, date: this.#wallClock() + Math.round(at - now) };
    }
    const { pts: since, at, date } = this.#anchor;
    this.#lastDue = at + (pts - since);
    return (await sleepUntil(this.#lastDue, this.#clock, signal)) ? date + (pts - since) : undefined;
  }
}
