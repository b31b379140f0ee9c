import type { WallClock } from '../../src/api/http/wall-clock.ts';

/** A clock that stands still until it is advanced. */
export class FakeClock implements WallClock {
  #now = Date.parse('2026-05-01T12:00:00.000Z');
  #set = 0;
  readonly #timers = new Set<{ readonly interval: number; readonly action: () => void; due: number }>();

  now(): number {
    return this.#now + this.#set;
  }

  passed(): number {
    return this.#now;
  }

  every(interval: number, action: () => void): () => void {
    const timer = { interval, action, due: this.#now + interval };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Sets the time of day; time passes as it does. */
  set(by: number): void {
    this.#set += by;
  }

  /** Timers that were not stopped. */
  get running(): number {
    return this.#timers.size;
  }

  /** Moves time, and calls what falls due on the way. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.due);
      next.due += next.interval;
      next.action();
    }
    this.#now = end;
  }
}
