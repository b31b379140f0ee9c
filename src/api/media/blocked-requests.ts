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
  /** When it has waited long enough, in milliseconds since the Unix epoch. */
  readonly deadline: number;
  readonly exchange: Exchange;
  readonly answer: (verdict: T | Unanswered) => void;
}

interface Waiter {
  readonly deadline: number;
  readonly leave: () => void;
  readonly answer: (verdict: never) => void;
}

interface Table {
  readonly decide: () => unknown;
  readonly waiters: Set<Waiter>;
}

/**
 * Requests held back until something happens. A wait costs a map entry and no timer; a client that goes away
 * frees it at once.
 */
export class WaitingRoom {
  readonly #clock: WallClock;
  readonly #limit: number;
  readonly #tables = new Map<object, Map<string, Table>>();
  readonly #stopSweep: () => void;
  #waiting = 0;

  /** @param limit how many may wait at once */
  constructor(clock: WallClock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
    this.#stopSweep = clock.every(SWEEP_MS, () => this.#sweep());
  }

  /** How many wait now. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Seats a request; false when there is no seat left. `group` is what {@link wake} is called with. */
  wait<T>(group: object, { key, decide, deadline, exchange, answer }: Wait<T>): boolean {
    if (this.#waiting >= this.#limit) return false;
    const tables = this.#tables.get(group) ?? new Map<string, Table>();
    this.#tables.set(group, tables);
    const table = tables.get(key) ?? { decide, waiters: new Set<Waiter>() };
    tables.set(key, table);
    const gone = () => {
      table.waiters.delete(waiter);
      this.#waiting -= 1;
      if (table.waiters.size > 0 || tables.get(key) !== table) return;
      tables.delete(key);
      if (tables.size === 0 && this.#tables.get(group) === tables) this.#tables.delete(group);
    };
    const leave = () => {
      exchange.onGone(undefined);
      gone();
    };
    const waiter: Waiter = { deadline, leave, answer };
    table.waiters.add(waiter);
    this.#waiting += 1;
    exchange.onGone(gone);
    return true;
  }

  /** Something about `group` changed: whoever has a verdict now is answered. */
  wake(group: object): void {
    for (const table of [...(this.#tables.get(group)?.values() ?? [])]) {
      const verdict = table.decide();
      if (verdict !== undefined) answerAll([...table.waiters], verdict as never);
    }
  }

  /** Answers everybody: no more waiting. */
  close(): void {
    this.#stopSweep();
    answerAll(this.#all(), 'closing' as never);
  }

  #sweep(): void {
    const now = this.#clock.now();
    const overdue = this.#all().filter((waiter) => waiter.deadline <= now);
    answerAll(overdue, 'overdue' as never);
  }

  #all(): Waiter[] {
    return [...this.#tables.values()]
      .flatMap((tables) => [...tables.values()])
      .flatMap((table) => [...table.waiters]);
  }
}

function answerAll(waiters: readonly Waiter[], verdict: never): void {
  for (const waiter of waiters) {
    waiter.leave();
    waiter.answer(verdict);
  }
}
