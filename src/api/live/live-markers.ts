import { setTimeout as delay } from 'node:timers/promises';
import { type MarkerEntry, type MarkerState, markerLogName } from '../../hls/marker-log.ts';
import { type RestoringEntry, restoringEntries } from '../../hls/marker-restore.ts';
import { isAhead, isCutOff, LOG_START } from '../../store/cursor.ts';
import { followLog } from '../../store/log/follow.ts';
import type { Cursor, LogEvent, Store } from '../../store/store.ts';
import { type MarkerEvent, MarkerFold } from './marker-fold.ts';

/** How many appends are under way at once while a lost log is restored. */
const RESTORE_BATCH = 500;

/** How long to wait before trying again when the store failed meanwhile, in milliseconds. */
const RETRY_MS = 1000;

/** What a {@link LiveMarkers} needs. */
export interface LiveMarkersOptions {
  readonly store: Store;
  /** Name of the stream. */
  readonly stream: string;
  /** Called after every entry that changed something. */
  readonly changed: (event: MarkerEvent) => void;
  /** Called when entries may have been missed: what is here now is all there is. */
  readonly replaced: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * The markers of a stream as this process has folded them. When the store lost the log, this fold is what is
 * left of it: it goes on being served and is appended again.
 */
export class LiveMarkers {
  readonly #options: LiveMarkersOptions;
  readonly #log: string;
  readonly #stop = new AbortController();
  #fold = new MarkerFold();
  /** What the log itself says since it began anew; undefined when that is what is served. */
  #aside: MarkerFold | undefined;

  constructor(options: LiveMarkersOptions) {
    this.#options = options;
    this.#log = markerLogName(options.stream);
    const { store, failed } = options;
    const take = (event: LogEvent) => this.#take(event);
    void followLog({ store, log: this.#log, signal: this.#stop.signal, take, failed });
  }

  get state(): MarkerState {
    return this.#fold.state;
  }

  /** The newest entry folded. */
  get cursor(): Cursor {
    return this.#fold.cursor;
  }

  /** What came after `cursor`; undefined if that place is not known. */
  after(cursor: Cursor): readonly MarkerEvent[] | undefined {
    return this.#fold.after(cursor);
  }

  /** The entry at `cursor` once it is folded here, or undefined when `signal` aborts before. */
  folded(cursor: Cursor, signal: AbortSignal): Promise<MarkerEvent | undefined> {
    return this.#fold.folded(cursor, signal);
  }

  /** Whether `cursor` may be a place ahead of what is folded here, which other processes have reached already. */
  mayCome(cursor: Cursor): boolean {
    if (this.cursor === LOG_START) return true;
    return isAhead(cursor, this.cursor);
  }

  /** Appends one entry: all of its operations or none, and only where it is kept. Rejects with STORE_*. */
  append(entry: MarkerEntry, id: string): Promise<Cursor> {
    return this.#options.store.append(this.#log, entry, { id, lasting: true });
  }

  /** Stops following; what was folded stays. */
  close(): void {
    this.#stop.abort();
  }

  #take(event: LogEvent): void {
    if (event.type === 'reset') {
      this.#aside = new MarkerFold();
      // Asked now: the first entry that follows moves the fold's own cursor into the log's new generation.
      void this.#recoverUntilDone(this.#aside, this.#fold.cursor);
      return;
    }
    this.#aside?.take(event);
    const fold = this.#fold;
    const isBeginning = !fold.settled || fold.cursor === LOG_START;
    const events = fold.take(event);
    // A checkpoint brings more than the changes that came behind it.
    if (isBeginning && fold.cutOff) {
      if (fold.settled) this.#options.replaced();
      return;
    }
    for (const one of events) if (one.changes.length > 0) this.#options.changed(one);
  }

  /** @param folded what was folded last of the log as it was before */
  async #recoverUntilDone(aside: MarkerFold, folded: Cursor): Promise<void> {
    const { signal } = this.#stop;
    while (this.#aside === aside && !signal.aborted) {
      try {
        await this.#recover(aside, folded);
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#options.failed(error);
        await delay(RETRY_MS, undefined, { signal, ref: false }).catch(() => {});
      }
    }
  }

  async #recover(aside: MarkerFold, folded: Cursor): Promise<void> {
    const [newest] = await this.#options.store.read(this.#log, { latest: true, limit: 1 });
    const isPresent = () => this.#aside === aside && !this.#stop.signal.aborted;
    if (newest !== undefined) await aside.folded(newest.cursor, this.#stop.signal);
    // The same log, cut off in front while this process lagged behind: the log is right.
    const cutOff = newest !== undefined && isCutOff(newest.cursor, folded);
    // Each round appends what the log still lacks; a second one finds what changed meanwhile.
    for (let round = 0; isPresent() && !cutOff; round += 1) {
      const lacking = restoringEntries(this.state, aside.state);
      if (lacking.length === 0 || round === 5) break;
      for (let from = 0; from < lacking.length && isPresent(); from += RESTORE_BATCH)
        await this.#appendAgain(lacking.slice(from, from + RESTORE_BATCH), aside);
    }
    if (!isPresent()) return;
    this.#aside = undefined;
    // What it was told of meanwhile is not all that there is.
    if (!cutOff && !aside.cutOff) return;
    this.#fold = aside;
    this.#options.replaced();
  }

  async #appendAgain(entries: readonly RestoringEntry[], aside: MarkerFold): Promise<void> {
    const { store } = this.#options;
    const cursors = await Promise.all(entries.map(({ id, entry }) => store.append(this.#log, entry, { id })));
    await Promise.all(cursors.map((cursor) => aside.folded(cursor, this.#stop.signal)));
  }
}
