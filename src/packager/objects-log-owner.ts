import type { Microseconds } from '../clock.ts';
import {
  applyObjectsEntry,
  emptyObjectsState,
  type LoggedObjects,
  type ObjectsEntry,
  type ObjectsState,
  objectsKey,
  objectsLogName,
} from '../hls/objects-log.ts';
import { followLog } from '../store/log/follow.ts';
import { readAll } from '../store/log/read-all.ts';
import type { Cursor, Fence, LogEvent, Store } from '../store/store.ts';
import type { Publisher } from './publisher.ts';

/** What an {@link ObjectsLogOwner} works with. */
export interface ObjectsLogOwnerOptions {
  readonly store: Store;
  readonly publisher: Publisher;
  /** Takes what is known of repeated frames, to be written into the log. */
  readonly echo: (frame: LoggedObjects) => void;
  /** What is appended out of turn carries. */
  readonly fence?: (() => Fence) | undefined;
  /** Told of every failure; it is tried again. */
  readonly failed: (error: unknown) => void;
}

/** An entry of the log that may be needed still. */
interface Kept {
  readonly cursor: Cursor;
  /** PTS behind the newest frame in it. */
  readonly end: Microseconds;
  /** It says what is closed and written, as whoever begins to read must know. */
  readonly says: boolean;
}

/** After how many entries the log is trimmed. */
const LEAST_TRIMMED = 16;

/** The objects log of a stream, from the side that folds it, keeps it short, and writes it again where it was lost. */
export class ObjectsLogOwner {
  /** Frames of which objects were taken, and those that came too late, by source. */
  readonly counts = { frames: 0, late: new Map<string, number>() };
  readonly #options: ObjectsLogOwnerOptions;
  readonly #state = emptyObjectsState();
  readonly #log: string;
  readonly #stop = new AbortController();
  #entries: Kept[] = [];
  /** There were objects in this epoch, under a process before this one. */
  #any = false;
  #anyKept = false;

  constructor(options: ObjectsLogOwnerOptions) {
    this.#options = options;
    this.#log = objectsLogName(options.publisher.state.stream.name);
  }

  get state(): Readonly<ObjectsState> {
    return this.#state;
  }

  /** Media Sequence Numbers of this epoch: of the newest segment that is closed, and of the newest that is written. */
  get reach(): { readonly closed: number; readonly written: number } {
    const { epoch, closed, written } = this.#state;
    return epoch === this.#options.publisher.state.stream.epoch
      ? { closed, written }
      : { closed: -1, written: -1 };
  }

  /** Whether there were objects in this epoch. */
  get any(): boolean {
    return this.#any || this.#state.any;
  }

  /** Reads what there is, and goes on from it. Rejects with STORE_*. */
  async open(): Promise<void> {
    const { store, publisher, failed } = this.#options;
    const { name, epoch } = publisher.state.stream;
    this.#any = (await store.get(objectsKey(name))) === epoch;
    this.#anyKept = this.#any;
    let after: Cursor | undefined;
    for (const entry of await readAll(store, this.#log)) {
      this.#take({ type: 'entry', ...entry });
      after = entry.cursor;
    }
    const take = (event: LogEvent) => this.#take(event);
    void followLog({ store, log: this.#log, after, signal: this.#stop.signal, take, failed });
  }

  /** Appends, in turn; says whether the store has taken all of it. */
  async append(entries: readonly ObjectsEntry[]): Promise<boolean> {
    if (entries.length === 0) return true;
    let taken = false;
    await this.#options.publisher.inTurn(async () => {
      for (const entry of entries) await this.#appendNow(entry);
      taken = true;
    });
    return taken;
  }

  /** A run of the encoder begins at this PTS or later. Never rejects. */
  async begins(at: Microseconds): Promise<void> {
    const { store, fence, failed } = this.#options;
    const entry: ObjectsEntry = { type: 'begins', at };
    // Not in turn: it stands before what is said of the pictures that follow.
    await store.append(this.#log, entry, { ephemeral: true, ...(fence && { fence: fence() }) }).catch(failed);
  }

  /** Folds what was appended at once: it comes from the log once more, and changes nothing then. */
  fold(entry: ObjectsEntry): void {
    applyObjectsEntry(this.#state, entry);
  }

  /** A process that comes later, to an empty log, knows that there were objects. Rejects with STORE_*. */
  async keepAny(): Promise<void> {
    if (this.#anyKept || !this.#state.any) return;
    const { store, publisher } = this.#options;
    const { name, epoch } = publisher.state.stream;
    await store.set(objectsKey(name), epoch);
    this.#anyKept = true;
  }

  /** Entries go of which nothing is needed any more; the newest that says what is written stays. */
  async trim(): Promise<void> {
    const { publisher } = this.#options;
    const { closed, written } = this.reach;
    if (written < closed) return;
    const needed = this.#entries.findIndex(({ end }) => end > this.#state.before);
    const newest = this.#entries.findLastIndex(({ says }) => says);
    const keep = needed === -1 ? newest : Math.min(needed, newest);
    const first = this.#entries[keep];
    if (first === undefined || keep < LEAST_TRIMMED) return;
    await publisher.inTurn(() => publisher.trim(this.#log, first.cursor));
    this.#entries.splice(0, keep);
  }

  /** Ends it. */
  close(): void {
    this.#stop.abort();
  }

  #take(event: LogEvent): void {
    if (event.type === 'reset') {
      this.#entries = [];
      void this.append(this.#all());
      return;
    }
    const entry = event.value as ObjectsEntry;
    const { taken, late, echoes } = applyObjectsEntry(this.#state, entry);
    this.#entries.push({ cursor: event.cursor, end: endOf(entry), says: 'epoch' in entry });
    this.counts.frames += taken.length;
    for (const { source } of late) this.counts.late.set(source, (this.counts.late.get(source) ?? 0) + 1);
    for (const echo of echoes) this.#options.echo(echo);
  }

  /** What is in no file yet, for a log that was lost. */
  #all(): ObjectsEntry[] {
    const { epoch, closed, before, written, frames, any } = this.#state;
    const all: ObjectsEntry[] = [...frames.values()].map((frame) => ({ type: 'frames', frames: [frame] }));
    if (epoch === undefined || closed < 0) return all;
    if (written === closed) all.push({ type: 'written', epoch, msn: written, before });
    all.push({ type: 'closed', epoch, msn: closed, before, any, some: written < closed });
    return all;
  }

  #appendNow(entry: ObjectsEntry): Promise<Cursor> {
    return this.#options.publisher.append(this.#log, entry, undefined, { ephemeral: true });
  }
}

/** PTS behind the newest frame that an entry speaks of. */
function endOf(entry: ObjectsEntry): Microseconds {
  if (entry.type === 'begins') return entry.at;
  return 'epoch' in entry ? entry.before : Math.max(...entry.frames.map(({ pts }) => pts)) + 1;
}
