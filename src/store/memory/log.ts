import { Deque } from '../deque.ts';
import type { StoreValue } from '../store.ts';

/** How many ids of entries that are gone a log remembers, so that a late retry still doubles nothing. */
const REMEMBERED_IDS = 10_000;

/**
 * One ordered log of the Map engine. Entries are numbered from 0 in the order they came, for ever: trimming
 * never changes a number. Appending and reading cost the same however long the log is.
 */
export class MemoryLog {
  readonly #values = new Deque<StoreValue>();
  readonly #numberOfId = new Map<string, number>();
  readonly #ids = new Deque<string>();
  readonly #listeners = new Set<() => void>();
  /** Number of the oldest entry still there, or of the next one if there is none. */
  first = 0;

  /** Number the next entry will get. */
  get next(): number {
    return this.first + this.#values.length;
  }

  /** How many want to hear of new entries. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** Adds an entry; returns its number, or that of the entry that came with the same id before. */
  append(value: StoreValue, id: string | undefined): number {
    const known = id === undefined ? undefined : this.#numberOfId.get(id);
    if (known !== undefined) return known;
    const number = this.next;
    this.#values.push(value);
    if (id !== undefined) {
      this.#numberOfId.set(id, number);
      this.#ids.push(id);
      this.#forgetIds();
    }
    for (const listener of this.#listeners) listener();
    return number;
  }

  /** The value of an entry that is there. */
  at(number: number): StoreValue {
    return this.#values.at(number - this.first);
  }

  /** The values of the entries from number `start` (at least `first`), at most `limit` of them. */
  slice(start: number, limit: number): StoreValue[] {
    return this.#values.slice(start - this.first, start - this.first + limit);
  }

  /** Drops the entries below number `before`; says how many went. */
  trim(before: number): number {
    const gone = this.#values.drop(before - this.first);
    this.first += gone;
    this.#forgetIds();
    return gone;
  }

  /** Calls `listener` after each new entry; returns the unsubscribe. */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #forgetIds(): void {
    while (this.#ids.length > this.#values.length + REMEMBERED_IDS) {
      const id = this.#ids.shift();
      if (id !== undefined) this.#numberOfId.delete(id);
    }
  }
}
