import type { Milliseconds } from '../../clock.ts';
import type { AddressLimits } from '../access/address-limits.ts';
import type { Exchange } from '../http/exchange.ts';
import type { WallClock } from '../http/wall-clock.ts';

/** How often overdue waits are looked for, in milliseconds: how much later than its deadline one may end. */
const SWEEP_MS = 200;

/** Why a wait ended without what was waited for. */
export type Unanswered = 'overdue' | 'closing';

/** A request that waits. */
export interface Wait<T> {
  /** What it waits for: requests with the same group and key share one decision. */
  readonly key: string;
  /** The verdict, or undefined while there is none. Asked once for all who share the key. */
  readonly decide: () => T | undefined;
  /** When it has waited long enough, by {@link WallClock.passed}. */
  readonly deadline: Milliseconds;
  readonly exchange: Exchange;
  readonly answer: (verdict: T | Unanswered) => void;
}

interface Waiter {
  readonly deadline: number;
  readonly leave: () => void;
  readonly answer: (verdict: never) => void;
}

/** All who wait for the same thing of a group. */
interface Entry {
  readonly decide: () => unknown;
  readonly waiters: Set<Waiter>;
}

/**
 * Requests held back until something happens. A wait costs a map entry and no timer; a client that goes away
 * frees it at once.
 */
export class BlockedRequests {
  readonly #clock: WallClock;
  readonly #limit: number;
  readonly #limits: AddressLimits | undefined;
  readonly #groups = new Map<object, Map<string, Entry>>();
  readonly #stopSweep: () => void;
  #waiting = 0;

  /** @param limit how many may wait at once  @param limits how many of one address */
  constructor(clock: WallClock, limit: number, limits?: AddressLimits) {
    this.#limits = limits;
    this.#clock = clock;
    this.#limit = limit;
    this.#stopSweep = clock.every(SWEEP_MS, () => this.#sweep());
  }

  /** How many wait now. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Holds a request back; false when as many wait as may, TooMany when as many of one address.
   * @param group what {@link wake} is called with
   */
  wait<T>(group: object, { key, decide, deadline, exchange, answer }: Wait<T>): boolean {
    if (this.#waiting >= this.#limit) return false;
    const closes = this.#limits?.opens('blocked requests', exchange);
    const entries = this.#groups.get(group) ?? new Map<string, Entry>();
    this.#groups.set(group, entries);
    const entry = entries.get(key) ?? { decide, waiters: new Set<Waiter>() };
    entries.set(key, entry);
    const gone = () => {
      entry.waiters.delete(waiter);
      this.#waiting -= 1;
      closes?.();
      if (entry.waiters.size > 0 || entries.get(key) !== entry) return;
      entries.delete(key);
      if (entries.size === 0 && this.#groups.get(group) === entries) this.#groups.delete(group);
    };
    const leave = () => {
      exchange.onGone(undefined);
      gone();
    };
    const waiter: Waiter = { deadline, leave, answer };
    entry.waiters.add(waiter);
    this.#waiting += 1;
    exchange.onGone(gone);
    return true;
  }

  /** Something about `group` changed: whoever has a verdict now is answered. */
  wake(group: object): void {
    for (const entry of [...(this.#groups.get(group)?.values() ?? [])]) {
      const verdict = entry.decide();
      if (verdict !== undefined) answerAll([...entry.waiters], verdict as never);
    }
  }

  /** Answers everybody: no more waiting. */
  close(): void {
    this.#stopSweep();
    answerAll(this.#all(), 'closing' as never);
  }

  #sweep(): void {
    const now = this.#clock.passed();
    const overdue = this.#all().filter((waiter) => waiter.deadline <= now);
    answerAll(overdue, 'overdue' as never);
  }

  #all(): Waiter[] {
    return [...this.#groups.values()]
      .flatMap((entries) => [...entries.values()])
      .flatMap((entry) => [...entry.waiters]);
  }
}

function answerAll(waiters: readonly Waiter[], verdict: never): void {
  for (const waiter of waiters) {
    waiter.leave();
    waiter.answer(verdict);
  }
}
