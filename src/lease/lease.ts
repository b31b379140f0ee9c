import { millisecondsToSeconds } from '../clock.ts';
import { HlsStreamError } from '../errors.ts';
import type { Fence, Store } from '../store/store.ts';
import type { Holder } from './holder.ts';
import { fenceKey, type LeaseRecord, type LeaseSubject, leaseKey } from './lease-record.ts';

/** After so many milliseconds without a sign of life a holder counts as gone. */
export const TTL_MS = 1500;

/** How often the holder gives a sign of life, in milliseconds. */
const BEAT_MS = 400;

/** How often a change of the record is tried against others before it is left to the next beat. */
const ATTEMPTS = 4;

/** What is known of a lease after asking the store: ours, somebody else's, or the store is away. */
export type LeaseState = 'held' | 'lost' | 'unknown';

/** A lease, as far as those heed it who write under it. */
export type WriteLease = Pick<Lease, 'fence' | 'held' | 'lost' | 'confirm' | 'renewFence'>;

/** What a {@link Lease} works with. */
export interface LeaseOptions {
  readonly store: Store;
  readonly subject: LeaseSubject;
  readonly holder: Holder;
  /** Milliseconds of a monotonic clock that goes on while the process is stopped. @default performance.now */
  readonly now?: () => number;
}

/**
 * A lease as its holder has it. It gives signs of life, says by its own clock whether it still holds, and
 * fences what it writes: after a takeover every write that carries {@link fence} is refused. When the store was
 * away, or came back empty, it is taken again unless somebody else was quicker.
 */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #now: () => number;
  readonly #lost = new AbortController();
  readonly #unsubscribe: () => void;
  #record: LeaseRecord;
  #confirmedAt: number;
  #fence: Fence;
  #timer: NodeJS.Timeout | undefined;
  #asking: Promise<LeaseState> | undefined;
  #released = false;

  private constructor(options: LeaseOptions, record: LeaseRecord, confirmedAt: number, fence: Fence) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#record = record;
    this.#confirmedAt = confirmedAt;
    this.#fence = fence;
    this.#unsubscribe = options.store.onState((state) => {
      if (state === 'up') void this.confirm();
    });
    this.#beatLater();
  }

  /**
   * Takes the lease from `found`, which is what the store was seen to hold; `undefined` if another was
   * quicker. Rejects with STORE_*.
   */
  static async take(options: LeaseOptions, found: LeaseRecord | undefined): Promise<Lease | undefined> {
    const { store, subject, holder, now = () => performance.now() } = options;
    const record: LeaseRecord = { holder, beat: 0, ttl: TTL_MS };
    const startedAt = now();
    const taken = await store.compareAndSet(leaseKey(subject), found, record);
    if (!taken.ok) return undefined;
    const fence = await newFence(options, 'take');
    return fence === undefined ? undefined : new Lease(options, record, startedAt, fence);
  }

  /** What writing under this lease carries; it changes when a store came back without its own memory of it. */
  get fence(): Fence {
    return this.#fence;
  }

  /** Whether it surely holds: nobody may have taken it before its time to live has passed since the last sign of life. */
  get held(): boolean {
    return !this.#lost.signal.aborted && this.#now() - this.#confirmedAt < TTL_MS;
  }

  /** Aborts when somebody else has taken it; the reason is an HlsStreamError STREAM_TAKEN that names them. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Gives a sign of life now, and says how it stands. Never rejects; callers at the same time share an answer. */
  async confirm(): Promise<LeaseState> {
    if (this.#lost.signal.aborted) return 'lost';
    this.#asking ??= this.#beat().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** A write was refused as fenced: finds out whether the store forgot the fence or somebody else has it now. */
  async renewFence(): Promise<LeaseState> {
    const state = await this.confirm();
    if (state !== 'held') return state;
    try {
      const fence = await newFence(this.#options, 'keep');
      if (fence === undefined) return 'unknown';
      this.#fence = fence;
      return 'held';
    } catch {
      return 'unknown';
    }
  }

  /** Gives it back, so that whoever waits has it at once. A store that is away is not told. */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#stop();
    await this.#asking;
    if (this.#lost.signal.aborted) return;
    const { store, subject } = this.#options;
    await store
      .compareAndSet(leaseKey(subject), this.#record, { ...this.#record, released: true })
      .catch(() => {});
  }

  async #beat(): Promise<LeaseState> {
    const { store, subject, holder } = this.#options;
    try {
      for (let attempt = 0; attempt < ATTEMPTS && !this.#released; attempt += 1) {
        const startedAt = this.#now();
        const next = { ...this.#record, beat: this.#record.beat + 1 };
        const answer = await store.compareAndSet(leaseKey(subject), this.#record, next);
        if (answer.ok) return this.#confirmed(next, startedAt);
        const found = answer.found as LeaseRecord | undefined;
        if (found === undefined) {
          // The store came back empty: nobody holds it, and nothing is fenced.
          const again = await store.compareAndSet(leaseKey(subject), undefined, next);
          if (!again.ok) continue;
          this.#fence = (await newFence(this.#options, 'keep')) ?? this.#fence;
          return this.#confirmed(next, startedAt);
        }
        if (found.holder.id !== holder.id) return this.#lose(found.holder);
        // An earlier sign of life arrived although its answer did not.
        this.#record = found;
      }
      return 'unknown';
    } catch {
      return 'unknown';
    }
  }

  #confirmed(record: LeaseRecord, startedAt: number): LeaseState {
    this.#record = record;
    // From before it was sent: whoever waits has seen it later than that.
    this.#confirmedAt = startedAt;
    // An answer that took longer than the lease lasts is none.
    return this.held ? 'held' : 'unknown';
  }

  #lose({ host, pid }: Holder): LeaseState {
    this.#stop();
    const message = `${this.#options.subject} was taken over by process ${pid} on ${host}, because this one gave no sign of life for ${millisecondsToSeconds(TTL_MS)} s`;
    this.#lost.abort(new HlsStreamError('STREAM_TAKEN', message));
    return 'lost';
  }

  #beatLater(): void {
    if (this.#released) return;
    this.#timer = setTimeout(() => void this.confirm().then(() => this.#beatLater()), BEAT_MS);
    this.#timer.unref();
  }

  #stop(): void {
    this.#released = true;
    clearTimeout(this.#timer);
    this.#unsubscribe();
  }
}

/**
 * A new fence for the holder of the lease. To `take` it, it is wrested from whoever had it before; to `keep` it,
 * it must still be ours or nobody's. `undefined` when somebody else holds the lease by now.
 */
async function newFence(
  { store, subject, holder }: LeaseOptions,
  how: 'take' | 'keep',
): Promise<Fence | undefined> {
  const key = fenceKey(subject);
  let owner: unknown = how === 'keep' ? holder.id : await store.get(key);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const answer = await store.compareAndSet(key, owner, holder.id);
    if (answer.ok) return { key, token: answer.token };
    const record = (await store.get(leaseKey(subject))) as LeaseRecord | undefined;
    if (record?.holder.id !== holder.id) return undefined;
    owner = answer.found;
  }
  return undefined;
}
