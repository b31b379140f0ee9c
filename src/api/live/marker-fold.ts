import { markerFold } from '../../hls/marker-checkpoint.ts';
import type { MarkerChange, MarkerState } from '../../hls/marker-log.ts';
import { LOG_START } from '../../store/cursor.ts';
import { CheckpointedFold } from '../../store/log/checkpoint.ts';
import type { Cursor, LogEntry } from '../../store/store.ts';

/**
 * How many entries of a marker log are remembered for those who resume: about as many as the log itself keeps. Who was away
 * for longer fetches the list.
 */
const HISTORY = 4000;

/** One entry of the marker log and what it changed. */
export interface MarkerEvent {
  readonly cursor: Cursor;
  readonly changes: readonly MarkerChange[];
}

/** A marker log folded as far as it has been read, with the steps that led there. */
export class MarkerFold {
  /** The newest entry folded; {@link LOG_START} before the first. */
  cursor: Cursor = LOG_START;

  readonly #fold = new CheckpointedFold(markerFold);
  #history: MarkerEvent[] = [];
  #places = new Map<Cursor, number>([[LOG_START, -1]]);
  /** Place of the first event still in `#history`. */
  #first = 0;
  #awaited = new Map<Cursor, Set<(event: MarkerEvent) => void>>();

  get state(): MarkerState {
    return this.#fold.state;
  }

  /** Whether {@link state} says all that was taken; see {@link CheckpointedFold.settled}. */
  get settled(): boolean {
    return this.#fold.settled;
  }

  /** Whether the log began with a checkpoint: what came before that is not known step by step. */
  get cutOff(): boolean {
    return this.#fold.cutOff;
  }

  /** Takes an entry; folds what can be folded with it, and wakes who waited for that. */
  take(entry: LogEntry): readonly MarkerEvent[] {
    const events = this.#fold.take(entry);
    if (this.#fold.cutOff) this.#places.delete(LOG_START);
    for (const event of events) this.#note(event);
    return events;
  }

  /** What came after `cursor`; undefined if that place is not known (any more, or yet). */
  after(cursor: Cursor): readonly MarkerEvent[] | undefined {
    const place = this.#places.get(cursor);
    if (place === undefined || place + 1 < this.#first) return undefined;
    return this.#history.slice(place + 1 - this.#first);
  }

  /** The entry at `cursor` once it is folded, or undefined when `signal` aborts before. */
  folded(cursor: Cursor, signal: AbortSignal): Promise<MarkerEvent | undefined> {
    const place = this.#places.get(cursor);
    if (place !== undefined) return Promise.resolve(this.#history[place - this.#first]);
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const waiting = this.#awaited.get(cursor) ?? new Set();
      this.#awaited.set(cursor, waiting);
      const giveUp = () => {
        waiting.delete(wake);
        if (waiting.size === 0 && this.#awaited.get(cursor) === waiting) this.#awaited.delete(cursor);
        resolve(undefined);
      };
      const wake = (event: MarkerEvent) => {
        signal.removeEventListener('abort', giveUp);
        resolve(event);
      };
      waiting.add(wake);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  #note(event: MarkerEvent): void {
    const { cursor } = event;
    this.cursor = cursor;
    this.#places.set(cursor, this.#first + this.#history.length);
    this.#history.push(event);
    // Dropped in bulk, so that a long log costs the same per entry as a short one.
    if (this.#history.length > HISTORY * 1.25) this.#forgetOldest();
    const waiting = this.#awaited.get(cursor);
    this.#awaited.delete(cursor);
    for (const wake of waiting ?? []) wake(event);
  }

  #forgetOldest(): void {
    const gone = this.#history.splice(0, this.#history.length - HISTORY);
    for (const { cursor } of gone) this.#places.delete(cursor);
    this.#places.delete(LOG_START);
    this.#first += gone.length;
  }
}
