import { randomBytes, randomUUID } from 'node:crypto';
import type { EpochMicroseconds } from '../clock.ts';
import { hasCode } from '../errors.ts';
import { CheckpointedFold } from '../store/log/checkpoint.ts';
import { LogOwner } from '../store/log/owner.ts';
import { readAll } from '../store/log/read-all.ts';
import type { Fence, Store } from '../store/store.ts';
import { isAway, storeAgain, storeBack } from '../store/store-return.ts';
import type { HookEvent } from './event.ts';
import {
  type OutboxEntry,
  type OutboxState,
  outboxFold,
  outboxLogName,
  type QueuedEntry,
  type SavedOutbox,
} from './outbox-log.ts';

/** So many entries make a checkpoint due: they hold whole events. */
const CHECKPOINT_AFTER = 1000;

/** What whoever may send has of that. */
export interface SendingRight {
  readonly fence: Fence;
  /** A write was refused: whether it still is ours, or nobody knows for now. */
  renewFence(): Promise<'held' | 'lost' | 'unknown'>;
}

/** Where an outbox lies, and whose it is. */
export interface OutboxOptions {
  readonly store: Store;
  /** Names the hook. */
  readonly key: string;
  readonly right: SendingRight;
  readonly signal: AbortSignal;
  readonly failed: (error: unknown) => void;
  readonly now: () => EpochMicroseconds;
}

/**
 * What waits to be sent to one receiver, and what it was told: a log in the store, written by whoever holds the lease.
 * What was queued is kept before it is sent; what was sent is told of a little later, so it may come twice after a death.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #owner: LogOwner<OutboxState, OutboxEntry, never, SavedOutbox>;
  readonly #state: OutboxState;
  #chain: Promise<void> = Promise.resolve();
  #settled: string[] = [];
  #muted: string[] = [];
  #settling: Promise<void> | undefined;

  private constructor(options: OutboxOptions, state: OutboxState) {
    this.#options = options;
    this.#state = state;
    const { store, key, right, failed } = options;
    this.#owner = new LogOwner({
      ...{ store, log: outboxLogName(key), fold: outboxFold, failed },
      fence: () => right.fence,
      checkpointAfter: CHECKPOINT_AFTER,
    });
  }

  /** Reads what is there, and begins it where nothing is. Resolves to undefined when the signal came first. */
  static async open(options: OutboxOptions): Promise<Outbox | undefined> {
    const { store, key, signal, now } = options;
    const entries = await storeAgain(store, signal, () => readAll(store, outboxLogName(key)));
    if (entries === undefined) return undefined;
    const fold = new CheckpointedFold(outboxFold);
    for (const entry of entries) fold.take(entry);
    const outbox = new Outbox(options, fold.state);
    const born = { type: 'born', id: randomBytes(6).toString('hex'), at: now() } as const;
    if (fold.state.born === undefined) await outbox.#write(born);
    return signal.aborted ? undefined : outbox;
  }

  /** What was queued and settled so far. */
  get state(): Readonly<OutboxState> {
    return this.#state;
  }

  /** Keeps what is to be sent, one after the other. Resolves to what is new of it; rejects if it is ours no more. */
  queue(entry: QueuedEntry): Promise<readonly HookEvent[]> {
    const kept = this.#chain.then(async () => {
      const before = new Set(this.#state.waiting.keys());
      await this.#write(entry);
      return entry.events.filter((event) => !before.has(event.id) && this.#state.waiting.has(event.id));
    });
    this.#chain = kept.then(
      () => {},
      () => {},
    );
    return kept;
  }

  /** What was sent or dropped waits no more. */
  settle(ids: readonly string[], muted: readonly string[] = []): void {
    this.#settled.push(...ids);
    this.#muted.push(...muted);
    this.#settling ??= this.#settleAll().finally(() => {
      this.#settling = undefined;
    });
  }

  /** Writes down what was settled, and stops. */
  async close(): Promise<void> {
    await this.#chain;
    await this.#settling;
    this.#owner.close();
  }

  async #settleAll(): Promise<void> {
    try {
      // What is settled in the same turn goes in one step.
      await Promise.resolve();
      while (this.#settled.length > 0) {
        const [ids, muted] = [this.#settled, this.#muted];
        this.#settled = [];
        this.#muted = [];
        await this.#write({ type: 'settled', ids, ...(muted.length > 0 && { muted }) });
      }
    } catch (error) {
      // Then it is sent once more.
      if (!this.#options.signal.aborted) this.#options.failed(error);
    }
  }

  /** Once, however often it is tried. */
  async #write(entry: OutboxEntry): Promise<void> {
    const id = randomUUID();
    const { store, right, signal } = this.#options;
    for (;;) {
      try {
        await this.#owner.append(entry, id);
        outboxFold.apply(this.#state, entry, '');
        return;
      } catch (error) {
        if (signal.aborted) throw error;
        const fenced = hasCode(error, 'STORE_FENCED');
        if (!isAway(error) && !(fenced && (await right.renewFence()) !== 'lost')) throw error;
        await storeBack(store, signal);
      }
    }
  }
}
