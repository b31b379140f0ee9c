import { fromSeconds, type Microseconds } from '../clock.ts';

/** A picture with the time its input gave it, and the time it came. */
export interface Untimed {
  /** PTS of the input, in microseconds; `undefined` where it gave none. */
  readonly pts: Microseconds | undefined;
  /** When it came, in microseconds of a monotonic clock. */
  readonly at: Microseconds;
}

/** A picture with a time that can be trusted. */
export interface Timed<T extends Untimed> {
  readonly picture: T;
  /** In microseconds; rises from picture to picture except at a break. */
  readonly pts: Microseconds;
  /** The input's clock jumped before this picture, and stays where it went. */
  readonly jumped: boolean;
}

/** How an input's times are judged. */
export interface TimelineOptions {
  /** Usual time between two pictures, in microseconds. */
  readonly interval: Microseconds;
  /** Whether the input comes in real time: then a gap that was waited for is no jump, however long. */
  readonly live: boolean;
}

/** A step ahead by more than this is a jump of the clock and not a pause, unless so much time has passed. */
const LONGEST_GAP: Microseconds = fromSeconds(10);
/** Usual intervals that may be missing, for an input that has few pictures. */
const LONGEST_GAP_INTERVALS = 3;
/** So many pictures in a row that agree with nothing are given times of their own. */
const MOST_HELD = 4;

/**
 * An input's own timeline, kept and never trusted blindly: every picture comes out once, in order. A clock that
 * jumps, back or ahead, and goes on from there is a break at once. A picture whose time alone is far off gets one
 * between its neighbours. Which of both it is, the next picture tells, so one that does not follow is held until
 * then; all others come out as they go in. Pure.
 */
export class InputTimeline<T extends Untimed> {
  readonly #options: TimelineOptions;
  readonly #longestGap: Microseconds;
  #last: { readonly pts: Microseconds; readonly at: Microseconds } | undefined;
  #held: T[] = [];

  constructor(options: TimelineOptions) {
    this.#options = options;
    this.#longestGap = Math.max(LONGEST_GAP, LONGEST_GAP_INTERVALS * options.interval);
  }

  /** Takes the next picture; returns those whose times are certain now. */
  push(picture: T): Timed<T>[] {
    this.#held.push(picture);
    const rest = this.#held.length - 1;
    const before = this.#held[rest - 1];
    if (this.#last !== undefined && this.#follows(this.#last, picture, rest)) return this.#between(picture);
    if (before?.pts !== undefined && this.#follows(before as Known, picture, 0)) return this.#jump(rest - 1);
    return this.#held.length > MOST_HELD ? this.flush() : [];
  }

  /** No more pictures follow these: what is held comes out, at the usual distance. */
  flush(): Timed<T>[] {
    const first = this.#held[0];
    if (first === undefined) return [];
    const start = this.#last?.pts ?? (first.pts ?? 0) - this.#options.interval;
    return this.#emit(this.#held.splice(0), (index) => start + (index + 1) * this.#options.interval);
  }

  /** Whether `next` goes on from `last` with room for `among` pictures between them. */
  #follows(last: Known, next: Untimed, among: number): next is T & Known {
    if (next.pts === undefined) return false;
    const step = next.pts - last.pts;
    const passed = this.#options.live ? Math.max(0, next.at - last.at) : 0;
    // Two microseconds for each: the media tells no less apart.
    return step >= 2 * (among + 1) && step <= this.#longestGap * (among + 1) + passed;
  }

  /** The newest picture goes on where the last one was: those held alone were off. */
  #between(newest: T & Known): Timed<T>[] {
    const { pts: start } = this.#last as Known;
    const step = (newest.pts - start) / this.#held.length;
    return this.#emit(this.#held.splice(0), (index, { length }) =>
      index === length - 1 ? newest.pts : start + step * (index + 1),
    );
  }

  /** The two newest agree with one another, and not with what was before: the clock has jumped. */
  #jump(at: number): Timed<T>[] {
    const early = this.#held.splice(0, at);
    const [first, second] = this.#held.splice(0) as [T & Known, T & Known];
    const { interval } = this.#options;
    const known = this.#last;
    const start = known?.pts ?? first.pts - (at + 1) * interval;
    const out = this.#emit(early, (index) => start + (index + 1) * interval);
    return [
      ...out,
      ...this.#emit([first], () => first.pts, known !== undefined),
      ...this.#emit([second], () => second.pts),
    ];
  }

  #emit(
    pictures: readonly T[],
    ptsOf: (index: number, all: readonly T[]) => number,
    jumped = false,
  ): Timed<T>[] {
    return pictures.map((picture, index) => {
      const pts = Math.round(ptsOf(index, pictures));
      this.#last = { pts, at: picture.at };
      return { picture, pts, jumped };
    });
  }
}

interface Known {
  readonly pts: Microseconds;
  readonly at: Microseconds;
}
