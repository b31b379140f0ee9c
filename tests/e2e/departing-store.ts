import { HlsStreamError } from '../../src/errors.ts';
import { encoderReportKey } from '../../src/hls/encoder-report.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import type { StoreState, StoreValue } from '../../src/store/store.ts';

/** A store in memory that can be out of reach, as one of another host may be. */
export class DepartingStore extends MemoryStore {
  readonly #listeners = new Set<(state: StoreState) => void>();
  #isAway = false;
  /** Says nothing of encoders, as a store that is slow to answer. */
  keepsEncoders = false;

  get isAway(): boolean {
    return this.#isAway;
  }

  /** Goes out of reach, or comes back. */
  depart(away: boolean): void {
    if (away === this.#isAway) return;
    this.#isAway = away;
    for (const listener of this.#listeners) listener(away ? 'down' : 'up');
  }

  override async get(key: string): Promise<StoreValue> {
    if (this.#isAway || (this.keepsEncoders && key.startsWith(encoderReportKey(''))))
      throw new HlsStreamError('STORE_GONE', 'the store cannot be reached');
    return super.get(key);
  }

  override onState(listener: (state: StoreState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
