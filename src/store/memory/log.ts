import { Deque } from '../deque.ts';
import type { StoreValue } from '../store.ts';
import type { KeptEntry, KeptLog } from './journal.ts';

/** How many ids of entries that are gone a log remembers, so that a late retry still doubles nothing. */
const REMEMBERED_IDS = 10_000;

/**
 * One ordered log of the Map engine. Entries are numbered in the order they came, for ever: trimming never changes a
 * number, and one that was skipped is never given. Appending and reading cost the same however long the log is.
 */
export class MemoryLog {
  readonly #entries = new Deque<KeptEntry>();
  readonly #numberOfId = new Map<string, number>();
  readonly #ids = new Deque<string>();
  readonly #listeners = new Set<() => void>();
  /** Number of the newest entry that was trimmed away; −1 for none. */
  #gone = -1;
  #next = 0;
  /** Followers are given the entries below this number. */
  #shown = 0;
  /** Numbers below this are reserved; see {@link KeptLog.reserved}. */
  reserved = 0;
  /** Its entries are not kept. */
  ephemeral = false;

  /** @param kept what it held in an earlier life of the process */
  constructor(kept?: KeptLog) {
    if (kept === undefined) return;
    for (const entry of kept.entries) this.#add(entry);
    const [first] = kept.entries;
    this.#gone = (first?.number ?? kept.next) - 1;
    this.#next = Math.max(this.#next, kept.next);
    this.#shown = this.#next;
    this.reserved = kept.reserved;
  }

  /** Number the next entry will get. */
  get next(): number {
    return this.#next;
  }

  /** Whether it holds nothing, nor ever did. */
  get untouched(): boolean {
    return this.#next === 0;
  }

  /** How many want to hear of new entries. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** The entry that came with this id before; its number. */
  numberOf(id: string | undefined): number | undefined {
    return id === undefined ? undefined : this.#numberOfId.get(id);
  }

  /** Adds an entry, which followers are given when {@link show} says so. */
  append(value: StoreValue, id: string | undefined): KeptEntry {
    const previous = this.#entries.at(this.#entries.length - 1)?.number ?? this.#gone;
    const entry = { number: this.#next, value, previous, ...(id !== undefined && { id }) };
    this.#add(entry);
    return entry;
  }

  /** Gives followers all entries up to this number. */
  show(number: number): void {
    if (number < this.#shown) return;
    this.#shown = number + 1;
    for (const listener of this.#listeners) listener();
  }

  /** Whether one can go on behind this number without having missed anything. */
  joins(number: number): boolean {
    return number === this.#gone || this.#entries.at(this.#index(number))?.number === number;
  }

  /** The first entry behind this number that is shown. */
  after(number: number): KeptEntry | undefined {
    const entry = this.#entries.at(this.#index(number + 1));
    return entry !== undefined && entry.number < this.#shown ? entry : undefined;
  }

  /** The entries behind this number, at most `limit` of them: the oldest, or the newest. */
  slice(number: number, limit: number, latest: boolean): KeptEntry[] {
    const from = this.#index(number + 1);
    const start = latest ? Math.max(from, this.#entries.length - limit) : from;
    return this.#entries.slice(start, start + limit);
  }

  /** All entries. */
  all(): KeptEntry[] {
    return this.#entries.slice(0, this.#entries.length);
  }

  /** Drops the entries below number `before`; returns their numbers. */
  trim(before: number): number[] {
    const numbers = this.#entries.slice(0, this.#index(before)).map(({ number }) => number);
    this.#gone = numbers.at(-1) ?? this.#gone;
    this.#entries.drop(numbers.length);
    this.#forgetIds();
    return numbers;
  }

  /** Whether an entry of this number was trimmed away, or one after it. */
  isGone(number: number): boolean {
    return number <= this.#gone;
  }

  /** Calls `listener` after each new entry; returns the unsubscribe. */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #add(entry: KeptEntry): void {
    this.#entries.push(entry);
    this.#next = entry.number + 1;
    if (entry.id === undefined) return;
    this.#numberOfId.set(entry.id, entry.number);
    this.#ids.push(entry.id);
    this.#forgetIds();
  }

  /** Place of the first entry with this number or a greater one. */
  #index(number: number): number {
    const { length } = this.#entries;
    const first = this.#entries.at(0)?.number ?? number;
    // Numbers are skipped rarely: mostly this is the place, and never is the place behind it.
    const guess = Math.min(length, Math.max(0, number - first));
    if (guess === 0 || this.#entries.at(guess - 1)?.number === number - 1) return guess;
    let [low, high] = [0, guess];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries.at(middle)?.number ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #forgetIds(): void {
    while (this.#ids.length > this.#entries.length + REMEMBERED_IDS) {
      const id = this.#ids.shift();
      if (id !== undefined) this.#numberOfId.delete(id);
    }
  }
}
