import {
  type EpochMicroseconds,
  fromEpochMilliseconds,
  fromMilliseconds,
  fromSeconds,
  type Microseconds,
  type Milliseconds,
  systemDate,
  toSeconds,
} from '../clock.ts';
import type { PackagerOptions } from './packager-options.ts';

/** The wall clock was set when it goes this much another way than time does. */
const SET: Microseconds = fromSeconds(1);

/** So many times that it was set are remembered. */
const REMEMBERED = 16;

/**
 * Notices that the wall clock was set, or that the machine slept, and dates frames by the clock as it is now: some
 * sources have read it once, as they began, others read it with each frame.
 */
export class Calendar {
  readonly #onEvent: PackagerOptions['onEvent'];
  readonly #now: () => Milliseconds;
  readonly #wall: () => EpochMicroseconds;
  /** Between the wall clock and the monotonic one. */
  #offset: Microseconds;
  /** By how much it was set, each time. */
  #steps: Microseconds[] = [];
  /** How much later than its date the last frame came. */
  #lag: Microseconds | undefined;
  #sinceRun: Microseconds = 0;

  /** @param now monotonic milliseconds */
  constructor(
    { wallClock, onEvent, now: given }: Pick<PackagerOptions, 'wallClock' | 'onEvent' | 'now'>,
    now: () => Milliseconds,
  ) {
    // Whoever gives one clock alone has the other go beside it.
    const beside = given === undefined ? systemDate : () => fromEpochMilliseconds(now());
    this.#onEvent = onEvent;
    this.#now = now;
    this.#wall = wallClock ?? beside;
    this.#offset = this.#difference;
  }

  /** By how much the clock was set since the last look; 0 if it was not. */
  look(): Microseconds {
    const step = this.#difference - this.#offset;
    if (Math.abs(step) < SET) return 0;
    this.#offset += step;
    this.#sinceRun += step;
    this.#steps = [...this.#steps, step].slice(-REMEMBERED);
    this.#onEvent?.({ type: 'clock-set', seconds: toSeconds(step) });
    return step;
  }

  /** The date of a frame that came now, by the clock as it is. */
  date(capturedAt: EpochMicroseconds): EpochMicroseconds {
    const wall = this.#wall();
    const usual = this.#lag ?? wall - capturedAt;
    // Read before the last time it was set, or before the one before that, and so on.
    let correction = 0;
    let known = 0;
    const oddness = (by: Microseconds) => Math.abs(wall - capturedAt - by - usual);
    for (const step of this.#steps.toReversed()) {
      known += step;
      if (oddness(known) < oddness(correction)) correction = known;
    }
    this.#lag = wall - capturedAt - correction;
    return capturedAt + correction;
  }

  /** A run begins: by how much the clock was set since the one before did. */
  runBegins(): Microseconds {
    const step = this.#sinceRun;
    this.#sinceRun = 0;
    return step;
  }

  get #difference(): Microseconds {
    return this.#wall() - fromMilliseconds(this.#now());
  }
}
