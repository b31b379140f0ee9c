import { randomUUID } from 'node:crypto';
import {
  applyObjectsEntry,
  emptyObjectsState,
  type LoggedObjects,
  MOST_BYTES,
  type ObjectsEntry,
  type ObjectsState,
  objectsLogName,
} from '../../hls/objects-log.ts';
import { followLog } from '../../store/log/follow.ts';
import type { LogEvent, Store } from '../../store/store.ts';

/** What {@link LiveObjects} need. */
export interface LiveObjectsOptions {
  readonly store: Store;
  /** Name of the stream. */
  readonly stream: string;
  /** Objects of frames have come. */
  readonly taken: (frames: readonly LoggedObjects[]) => void;
  /** What is closed or written has changed. */
  readonly moved: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * The objects of a stream's frames that are in no file yet, as this process has folded them. A log that begins anew
 * repeats what is known already.
 */
export class LiveObjects {
  readonly #options: LiveObjectsOptions;
  readonly #state = emptyObjectsState();
  readonly #log: string;
  readonly #stop = new AbortController();
  /** Those who want to know what became of their request. */
  readonly #waiting = new Map<string, (late: readonly LoggedObjects[]) => void>();

  constructor(options: LiveObjectsOptions) {
    this.#options = options;
    const { store, stream, failed } = options;
    this.#log = objectsLogName(stream);
    const take = (event: LogEvent) => this.#take(event);
    void followLog({ store, log: this.#log, signal: this.#stop.signal, take, failed });
  }

  get state(): Readonly<ObjectsState> {
    return this.#state;
  }

  /** What is in no file yet. */
  get frames(): Iterable<LoggedObjects> {
    return this.#state.frames.values();
  }

  /** Whether so much waits to be written that no more is to come for now. */
  get isFull(): boolean {
    return this.#state.bytes > MOST_BYTES / 2;
  }

  /** Whether there were objects in this epoch. */
  hasAny(epoch: string): boolean {
    return this.#state.any && (this.#state.epoch ?? epoch) === epoch;
  }

  /**
   * Whether a Media Segment has no file because there would be nothing in it, as far as is known: only one with objects
   * is waited for.
   */
  isDone(epoch: string, msn: number): boolean {
    return this.#state.epoch === epoch && msn <= this.#state.written;
  }

  /**
   * Appends what is said of frames, all of it or nothing. Resolves to what was too late, undefined where this is not
   * known in time. Rejects with STORE_*.
   */
  async append(
    frames: readonly LoggedObjects[],
    timeout: AbortSignal,
  ): Promise<readonly LoggedObjects[] | undefined> {
    const request = randomUUID();
    const known = new Promise<readonly LoggedObjects[] | undefined>((resolve) => {
      this.#waiting.set(request, resolve);
      timeout.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    try {
      const entry: ObjectsEntry = { type: 'frames', frames, request };
      await this.#options.store.append(this.#log, entry, { id: request, ephemeral: true });
      return await known;
    } finally {
      this.#waiting.delete(request);
    }
  }

  /** Stops following; what was folded stays. */
  close(): void {
    this.#stop.abort();
  }

  #take(event: LogEvent): void {
    if (event.type === 'reset') return;
    const entry = event.value as ObjectsEntry;
    const { taken, late, withdrawn } = applyObjectsEntry(this.#state, entry);
    if (entry.type === 'frames' && entry.request !== undefined) this.#waiting.get(entry.request)?.(late);
    if (taken.length > 0) this.#options.taken(taken);
    // Who has seen it already sees nothing in its place.
    if (withdrawn.length > 0) this.#options.taken(withdrawn.map((frame) => ({ ...frame, objects: '[]' })));
    if (entry.type === 'closed' || entry.type === 'written') this.#options.moved();
  }
}
