import { randomUUID } from 'node:crypto';
import type { Milliseconds } from '../../clock.ts';
import type { Cursor, Fence, LogEvent, Store } from '../store.ts';
import { storeAgain } from '../store-return.ts';
import { CheckpointedFold, isCheckpoint, LOG_SCHEMA, type SavedFold } from './checkpoint.ts';
import { followLog } from './follow.ts';

/** How much may be added to a log before it gets another checkpoint; more, where more than that is kept. */
const CHECKPOINT_AFTER = 4000;

/** Where what is kept is no more than this part of what the log holds, the rest is to go soon, whatever is added. */
const MOSTLY_GONE = 1 / 4;

/** Then it gets another checkpoint after this time: until then a reader that is behind may read what will go. */
const SOON: Milliseconds = 10_000;

/** How much more must be added before a checkpoint is tried again that could not be written. */
const RETRY_AFTER = 1000;

/** How much of what is kept goes into one entry. */
const PART = 100;

/** What a {@link LogOwner} works with. */
export interface LogOwnerOptions<State, Entry, Change, Saved> {
  readonly store: Store;
  readonly log: string;
  readonly fold: SavedFold<State, Entry, Change, Saved>;
  /** What everything it writes carries, as it is at that time. */
  readonly fence?: (() => Fence) | undefined;
  /** @default 4000 */
  readonly checkpointAfter?: number | undefined;
  /** How long what the log holds of what is gone stays in it at least. @default 10,000 */
  readonly soon?: Milliseconds | undefined;
  readonly failed: (error: unknown) => void;
}

/**
 * Keeps a log bounded to which others append: writes a checkpoint when much was added, or most of what it holds is gone,
 * and cuts the log off in front of the one before it, so that a reader who is a little behind misses nothing. It may
 * die at any place: a checkpoint that is not whole is passed over, and the next owner goes by what the log says.
 */
export class LogOwner<State, Entry, Change, Saved> {
  readonly #options: LogOwnerOptions<State, Entry, Change, Saved>;
  readonly #stop = new AbortController();
  #fold: CheckpointedFold<State, Entry, Change, Saved>;
  /** What the log said before it began anew, until it says something again. */
  #former: State | undefined;
  /** The checkpoint that is being written. */
  #writing:
    | { readonly id: string; readonly reached: (saved: readonly Saved[] | undefined) => void }
    | undefined;
  #soon: NodeJS.Timeout | undefined;
  /** After a failure so much must have been added before the next one is tried. */
  #notBefore = 0;
  #trimmedTo: Cursor | undefined;
  #last: Cursor | undefined;
  /** The log's newest entry when this began to read it. */
  #end: Cursor | undefined;

  constructor(options: LogOwnerOptions<State, Entry, Change, Saved>) {
    this.#options = options;
    this.#fold = new CheckpointedFold(options.fold);
    const { store, log, failed } = options;
    void followLog({ store, log, signal: this.#stop.signal, take: (event) => this.#take(event), failed });
    void this.#findEnd();
  }

  /** The log's fold, as far as it has been read here. */
  get state(): State {
    return this.#fold.state;
  }

  /** The same; of a log that has begun anew and is empty, what it said before that. */
  get known(): State {
    return this.#former ?? this.state;
  }

  /** Adds an entry of the owner's own, once for an id. Rejects with STORE_*. */
  append(entry: Entry, id: string = randomUUID()): Promise<Cursor> {
    return this.#append(entry, id);
  }

  /** Stops owning it. */
  close(): void {
    this.#stop.abort();
    clearTimeout(this.#soon);
    this.#abandon();
  }

  #take(event: LogEvent): void {
    if (event.type === 'reset') {
      if (this.#options.fold.size(this.state) > 0) this.#former = this.state;
      this.#fold = new CheckpointedFold(this.#options.fold);
      this.#notBefore = 0;
      this.#trimmedTo = undefined;
      this.#end = undefined;
      this.#abandon();
      void this.#findEnd();
      return;
    }
    this.#fold.take(event);
    this.#former = undefined;
    this.#last = event.cursor;
    const { value } = event;
    // This very turn: the fold is that of all before the entry.
    if (isCheckpoint(value) && value.type === 'checkpoint' && value.id === this.#writing?.id)
      this.#writing.reached(this.#options.fold.save(this.#fold.state));
    this.#mend();
    if (this.#fold.settled) void this.#trim();
    this.#considerCheckpoint();
  }

  #considerCheckpoint(): void {
    if (!this.#canWrite) return;
    if (this.#isDue()) void this.#checkpoint();
    else if (this.#isMostlyGone()) {
      this.#soon ??= setTimeout(() => {
        this.#soon = undefined;
        if (this.#canWrite && this.#isMostlyGone()) void this.#checkpoint();
      }, this.#options.soon ?? SOON).unref();
    }
  }

  get #canWrite(): boolean {
    return this.#writing === undefined && this.#fold.settled;
  }

  #isDue(): boolean {
    const { checkpointAfter = CHECKPOINT_AFTER, fold } = this.#options;
    const { added, state } = this.#fold;
    // Writing down what is kept must cost no more than it cost to come.
    return added >= Math.max(checkpointAfter, this.#notBefore) && 2 * added >= fold.size(state);
  }

  #isMostlyGone(): boolean {
    const { checkpointAfter = CHECKPOINT_AFTER, fold } = this.#options;
    const { added, held, state } = this.#fold;
    return held >= checkpointAfter && fold.size(state) + added <= MOSTLY_GONE * held;
  }

  async #checkpoint(): Promise<void> {
    const id = randomUUID();
    const snapshot = new Promise<readonly Saved[] | undefined>((reached) => {
      this.#writing = { id, reached };
    });
    try {
      await this.#append({ type: 'checkpoint', schema: LOG_SCHEMA, id }, id);
      const saved = await snapshot;
      if (saved === undefined) return;
      const of = Math.max(1, Math.ceil(saved.length / PART));
      for (let index = 0; index < of && this.#writing?.id === id; index += 1) {
        const part = saved.slice(index * PART, (index + 1) * PART);
        const facts = { schema: LOG_SCHEMA, id, index, of };
        await this.#append({ type: 'checkpoint-part', ...facts, saved: part }, `${id}/${index}`);
      }
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#notBefore = this.#fold.added + RETRY_AFTER;
      this.#options.failed(error);
    } finally {
      if (this.#writing?.id === id) this.#writing = undefined;
      if (!this.#stop.signal.aborted) this.#considerCheckpoint();
    }
  }

  /** Finds out how far the log reaches, for {@link #mend}. */
  async #findEnd(): Promise<void> {
    const { store, log, failed } = this.#options;
    const { signal } = this.#stop;
    const fold = this.#fold;
    const read = () => store.read(log, { latest: true, limit: 1 });
    const page = await storeAgain(store, signal, read).catch(failed);
    if (fold !== this.#fold || signal.aborted) return;
    this.#end = page?.[0]?.cursor;
    this.#mend();
  }

  /**
   * Where a log came back empty while a checkpoint was being written, its beginning may be the first that the log has.
   * A log is cut off in front of whole ones only: if this one is not whole when all was read, nothing came before it.
   */
  #mend(): void {
    const id = this.#fold.awaited;
    if (id === undefined || this.#end === undefined || this.#last !== this.#end) return;
    const front = { type: 'checkpoint-part', schema: LOG_SCHEMA, id, index: 0, of: 0, saved: [] };
    this.#append(front, `${id}/front`).catch(this.#options.failed);
  }

  async #trim(): Promise<void> {
    const before = this.#fold.trimBefore;
    if (before === undefined || before === this.#trimmedTo) return;
    this.#trimmedTo = before;
    const { store, log, fence, failed } = this.#options;
    try {
      await store.trim(log, before, fence && { fence: fence() });
    } catch (error) {
      // The next checkpoint brings another place.
      if (!this.#stop.signal.aborted) failed(error);
    }
  }

  #abandon(): void {
    this.#writing?.reached(undefined);
    this.#writing = undefined;
  }

  #append(value: unknown, id: string): Promise<Cursor> {
    const { store, log, fence } = this.#options;
    return store.append(log, value, { id, ...(fence && { fence: fence() }) });
  }
}
