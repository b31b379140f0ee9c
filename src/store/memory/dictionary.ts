import { isDeepStrictEqual } from 'node:util';
import { systemDate } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';
import { fencedError } from '../refusal.ts';
import type { Fence, Store, StoreValue } from '../store.ts';
import type { Journal, KeptState } from './journal.ts';

/** How many fence tokens are reserved at a time. */
const TOKENS = 10_000;

/** The dictionary of the Map engine, and the fences of its keys. */
export class MemoryDictionary {
  readonly #copy: (value: StoreValue) => StoreValue;
  readonly #journal: Journal | undefined;
  readonly #values: Map<string, StoreValue>;
  readonly #tokens: Map<string, number>;
  // From the clock, so that a token of an earlier life is never taken for one of this.
  #lastToken: number = systemDate();
  #reserved: number;

  /** @param copy applied to a value on its way in and on its way out */
  constructor(copy: (value: StoreValue) => StoreValue, journal?: Journal, state?: KeptState) {
    this.#copy = copy;
    this.#journal = journal;
    this.#values = new Map(state?.values);
    this.#tokens = new Map(state?.tokens);
    // The clock may have been set back meanwhile.
    this.#reserved = state?.tokensReserved ?? 0;
    this.#lastToken = Math.max(this.#lastToken, this.#reserved);
  }

  get(key: string): StoreValue {
    return this.#copy(this.#values.get(key));
  }

  set(key: string, value: StoreValue, synced = false): void {
    if (value === undefined) {
      throw new HlsStreamError(
        'STORE_BAD_VALUE',
        `set of ${key} came without a value; use delete to remove it`,
      );
    }
    this.#put(key, this.#copy(value), synced);
  }

  delete(key: string): boolean {
    const was = this.#values.delete(key);
    if (was) this.#journal?.value(key, undefined);
    return was;
  }

  keys(prefix: string): string[] {
    return [...this.#values.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  update(key: string, entries: Readonly<Record<string, StoreValue>>): void {
    const found = this.#values.get(key) ?? {};
    if (!isDictionary(found) || !isDictionary(entries)) {
      throw new HlsStreamError(
        'STORE_BAD_VALUE',
        `update of ${key} needs a dictionary on both sides; use set to replace it`,
      );
    }
    // A new object: the old one may be on its way to a reader.
    this.#put(key, { ...found, ...(this.#copy(entries) as typeof entries) });
  }

  compareAndSet(
    key: string,
    before: StoreValue,
    after: StoreValue,
  ): Awaited<ReturnType<Store['compareAndSet']>> {
    const found = this.#values.get(key);
    if (!isDeepStrictEqual(found, before)) return { ok: false, found: this.#copy(found) };
    if (after === undefined) this.delete(key);
    else this.#put(key, this.#copy(after));
    this.#lastToken += 1;
    if (this.#journal !== undefined && this.#lastToken >= this.#reserved) {
      this.#reserved = this.#lastToken + TOKENS;
      this.#journal.reserveTokens(this.#reserved);
    }
    this.#tokens.set(key, this.#lastToken);
    this.#journal?.token(key, this.#lastToken);
    return { ok: true, token: this.#lastToken };
  }

  /** @throws HlsStreamError STORE_FENCED unless this is the newest fence of its key, or none is needed */
  assertFence(fence: Fence | undefined): void {
    if (fence === undefined || this.#tokens.get(fence.key) === fence.token) return;
    throw fencedError(fence);
  }

  /** Tells all there is. */
  retell(journal: Journal): void {
    for (const [key, value] of this.#values) journal.value(key, value);
    for (const [key, token] of this.#tokens) journal.token(key, token);
    journal.reserveTokens(this.#reserved);
  }

  #put(key: string, value: StoreValue, synced = false): void {
    this.#values.set(key, value);
    this.#journal?.value(key, value, synced);
  }
}

function isDictionary(value: unknown): value is Record<string, StoreValue> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
