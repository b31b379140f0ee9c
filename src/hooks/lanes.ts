import type { Milliseconds } from '../clock.ts';
import { type HookEvent, laneOf } from './event.ts';

/** What came of sending an event. */
export type Outcome =
  | { readonly type: 'sent' }
  /** To be tried again, and nothing else before `after` has passed where it asks for that. */
  | { readonly type: 'failed'; readonly reason: string; readonly after?: Milliseconds }
  /** The connection was lost: to be tried again soon; that it is back is waited for by who sends. */
  | { readonly type: 'interrupted'; readonly reason: string }
  /** The receiver wants to hear no more. */
  | { readonly type: 'gone'; readonly reason: string };

/** How events are sent. */
export interface LaneOptions {
  /** How many are under way at once. */
  readonly concurrency: number;
  /** From 0 to 1. @default Math.random */
  readonly random?: () => number;
}

/** First and longest pause before an event is tried again; each is a random part of twice the one before. */
const [FIRST_PAUSE, LONGEST_PAUSE]: readonly [Milliseconds, Milliseconds] = [1000, 300_000];

/** Pause before what a lost connection has interrupted is tried again. */
const INTERRUPTED_PAUSE: Milliseconds = 100;

/** After so many failures in a row nothing gets through, it seems: few are tried at once until something does. */
const MANY = 3;
const FEW = 2;

/** The longest pause that a receiver may ask for. */
const LONGEST_ASKED: Milliseconds = 3_600_000;

interface Lane {
  readonly events: HookEvent[];
  busy: boolean;
  /** Not before this time. */
  due: Milliseconds;
  failures: number;
}

/**
 * Which event is to be sent when. Those of one marker go one after the other, each until it was taken; those of
 * different markers do not wait for each other. Times are milliseconds of a clock that nobody sets.
 */
export class Lanes {
  readonly #options: LaneOptions;
  readonly #lanes = new Map<string, Lane>();
  #busy = 0;
  #size = 0;
  /** Failures since something was sent. */
  #failures = 0;
  /** The receiver has asked for a pause up to then. */
  #pausedUntil: Milliseconds = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** How many events wait, those under way included. */
  get size(): number {
    return this.#size;
  }

  /** Whether nothing gets through for now. */
  get failing(): boolean {
    return this.#failures >= MANY;
  }

  /** Adds what is to be sent after all else of its lane. */
  add(event: HookEvent): void {
    const name = laneOf(event);
    const lane: Lane = this.#lanes.get(name) ?? { events: [], busy: false, due: 0, failures: 0 };
    this.#lanes.set(name, lane);
    lane.events.push(event);
    this.#size += 1;
  }

  /** The next event to send now; it is under way until it is {@link settle}d. */
  next(now: Milliseconds): HookEvent | undefined {
    if (this.#busy >= (this.failing ? FEW : this.#options.concurrency) || now < this.#pausedUntil)
      return undefined;
    const lane = this.#best(now);
    const event = lane?.events[0];
    if (lane === undefined || event === undefined) return undefined;
    lane.busy = true;
    this.#busy += 1;
    return event;
  }

  /** Milliseconds until {@link next} may have one; undefined while that depends on what is under way. */
  wait(now: Milliseconds): Milliseconds | undefined {
    if (this.#busy >= (this.failing ? FEW : this.#options.concurrency)) return undefined;
    let due = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes.values()) if (!lane.busy) due = Math.min(due, lane.due);
    return due === Number.POSITIVE_INFINITY ? undefined : Math.max(0, due - now, this.#pausedUntil - now);
  }

  /** What came of an event that was under way. */
  settle(event: HookEvent, outcome: Outcome, now: Milliseconds): void {
    const name = laneOf(event);
    const lane = this.#lanes.get(name);
    if (lane === undefined) return;
    lane.busy = false;
    this.#busy -= 1;
    if (outcome.type === 'sent') {
      this.#remove(name, lane, 1);
      // What waits for a receiver that was away need not wait longer.
      if (this.failing) for (const each of this.#lanes.values()) each.due = Math.min(each.due, now);
      this.#failures = 0;
      lane.failures = 0;
      return;
    }
    if (outcome.type === 'interrupted') {
      lane.due = now + INTERRUPTED_PAUSE;
      return;
    }
    this.#failures += 1;
    lane.failures += 1;
    const most = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (lane.failures - 1));
    lane.due = now + (this.#options.random ?? Math.random)() * most;
    if (outcome.type === 'failed' && outcome.after !== undefined)
      this.#pausedUntil = Math.max(this.#pausedUntil, now + Math.min(outcome.after, LONGEST_ASKED));
  }

  /**
   * Takes out what may be missed most: all that waits of the oldest marker whose begin was not sent, else of the oldest.
   * What is under way stays. Returns it; empty if there is nothing but that.
   */
  dropOldest(): readonly HookEvent[] {
    const idle = [...this.#lanes].filter(([, lane]) => !lane.busy);
    const [name, lane] = idle.find(([, { events }]) => events[0]?.type === 'marker.begun') ?? idle[0] ?? [];
    return name === undefined || lane === undefined ? [] : this.#remove(name, lane, lane.events.length);
  }

  /** Takes out all that is not under way. */
  clear(): readonly HookEvent[] {
    return [...this.#lanes].flatMap(([name, lane]) =>
      lane.busy ? [] : this.#remove(name, lane, lane.events.length),
    );
  }

  /** What never failed goes first, the oldest of it. */
  #best(now: Milliseconds): Lane | undefined {
    let best: Lane | undefined;
    for (const lane of this.#lanes.values()) {
      if (lane.busy || lane.due > now) continue;
      if (lane.failures === 0) return lane;
      if (best === undefined || lane.failures < best.failures) best = lane;
    }
    return best;
  }

  #remove(name: string, lane: Lane, count: number): readonly HookEvent[] {
    this.#size -= count;
    const removed = lane.events.splice(0, count);
    if (lane.events.length === 0) this.#lanes.delete(name);
    return removed;
  }
}
