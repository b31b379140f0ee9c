import { HlsStreamError } from '../../errors.ts';
import type { Cursor, LogEntry, StoreValue } from '../store.ts';

/** What a log's entries look like that are not the plain ones of its first version. A newer one is refused. */
export const LOG_SCHEMA = 1;

/** A checkpoint begins: its parts hold the fold of all that lies before this entry. */
export interface CheckpointEntry {
  readonly type: 'checkpoint';
  readonly schema: number;
  readonly id: string;
}

/**
 * A part of the checkpoint with this id; all `of` of them make it whole, wherever they stand behind its beginning. One
 * of 0 says that nothing came before it.
 */
export interface CheckpointPartEntry {
  readonly type: 'checkpoint-part';
  readonly schema: number;
  readonly id: string;
  readonly index: number;
  readonly of: number;
  readonly saved: readonly unknown[];
}

/** A log whose fold can be saved in it. */
export interface SavedFold<State, Entry, Change, Saved> {
  empty(): State;
  /** Folds an entry into `state`, in place; says what changed. */
  apply(state: State, entry: Entry, cursor: Cursor): readonly Change[];
  /** What {@link load} makes the same state of. What it gives must not change with the state. */
  save(state: State): readonly Saved[];
  load(saved: readonly Saved[]): State;
  /** How much an entry adds to the log, in the measure of {@link size}. */
  weight(entry: Entry): number;
  /** How much {@link save} gives. */
  size(state: State): number;
}

/** An entry that was folded, and what it changed. */
export interface FoldedEntry<Change> {
  readonly cursor: Cursor;
  readonly changes: readonly Change[];
}

/** A place in front of a checkpoint, and what lies before it. */
interface Place {
  readonly cursor: Cursor;
  /** Weight of the entries. */
  readonly weight: number;
  /** Size of the checkpoints, in the same measure. */
  readonly saved: number;
}

interface Begun<Saved> extends Place {
  readonly parts: Map<number, readonly Saved[]>;
}

/**
 * Folds a log that its owner cuts off in front of a checkpoint now and then. A log that begins with a checkpoint was cut
 * off: what comes is kept until that checkpoint is whole, and folded on top of it. Otherwise checkpoints say what has
 * been folded already and are passed over, those that were never finished among them. However a fold came about, it is
 * the same.
 */
export class CheckpointedFold<State, Entry, Change, Saved> {
  state: State;
  readonly #fold: SavedFold<State, Entry, Change, Saved>;
  readonly #begun = new Map<string, Begun<Saved>>();
  /** Entries that wait for the checkpoint that the log begins with. */
  #held: LogEntry[] | undefined;
  #first: Cursor | undefined;
  #cutOff = false;
  #weight = 0;
  #saved = 0;
  #wholes: readonly Place[] = [];

  constructor(fold: SavedFold<State, Entry, Change, Saved>) {
    this.#fold = fold;
    this.state = fold.empty();
  }

  /** Whether the log began with a checkpoint. */
  get cutOff(): boolean {
    return this.#cutOff;
  }

  /** The checkpoint that the log begins with, while it is waited for. */
  get awaited(): string | undefined {
    return this.#held === undefined ? undefined : this.#begun.keys().next().value;
  }

  /** Whether {@link state} says all that was taken: nothing waits for a checkpoint to be whole. */
  get settled(): boolean {
    return this.#held === undefined;
  }

  /** Weight of what came behind the newest whole checkpoint. */
  get added(): number {
    return this.#weight - (this.#wholes.at(-1)?.weight ?? 0);
  }

  /** How much the log holds, entries and checkpoints, from where it can be cut off. */
  get held(): number {
    const [older, newer] = this.#wholes;
    const cut = newer === undefined ? undefined : older;
    return this.#weight + this.#saved - (cut === undefined ? 0 : cut.weight + cut.saved);
  }

  /** Before this place the log can be cut off, and whoever has read as far as the newest checkpoint misses nothing. */
  get trimBefore(): Cursor | undefined {
    const [older, newer] = this.#wholes;
    return newer === undefined || older?.cursor === this.#first ? undefined : older?.cursor;
  }

  /**
   * Takes the next entry of the log; returns what was folded by it, in the order of the log.
   * @throws HlsStreamError STORE_NEWER for an entry of a newer version
   */
  take(entry: LogEntry): FoldedEntry<Change>[] {
    assertKnown(entry.value);
    const value = entry.value as CheckpointEntry | CheckpointPartEntry | Entry;
    if (this.#first === undefined) {
      this.#first = entry.cursor;
      this.#cutOff = isCheckpoint(value) && value.type === 'checkpoint';
      if (this.#cutOff) this.#held = [];
    }
    const whole = isCheckpoint(value) ? this.#note(entry.cursor, value) : undefined;
    if (!isCheckpoint(value)) this.#weight += this.#fold.weight(value);
    if (this.#held === undefined) return [this.#apply(entry)];
    this.#held.push(entry);
    if (whole === undefined) return [];
    const parts = [...whole.parts].sort(([a], [b]) => a - b);
    this.state = this.#fold.load(parts.flatMap(([, saved]) => saved));
    const from = this.#held.findIndex(({ cursor }) => cursor === whole.cursor);
    const held = this.#held.slice(from);
    this.#held = undefined;
    return held.map((each) => this.#apply(each));
  }

  #apply({ cursor, value }: LogEntry): FoldedEntry<Change> {
    const changes = isCheckpoint(value) ? [] : this.#fold.apply(this.state, value as Entry, cursor);
    return { cursor, changes };
  }

  /** Returns the checkpoint that is whole with this entry. */
  #note(cursor: Cursor, entry: CheckpointEntry | CheckpointPartEntry): Begun<Saved> | undefined {
    if (entry.type === 'checkpoint') {
      this.#begun.set(entry.id, { cursor, weight: this.#weight, saved: this.#saved, parts: new Map() });
      return undefined;
    }
    this.#saved += entry.saved.length;
    const begun = this.#begun.get(entry.id);
    if (begun === undefined) return undefined;
    // Where it is passed over, only that it came is of interest.
    if (entry.of === 0) begun.parts.clear();
    else begun.parts.set(entry.index, this.#held === undefined ? [] : (entry.saved as readonly Saved[]));
    if (begun.parts.size < entry.of) return undefined;
    // Those that began before it and are not whole yet never will be.
    for (const id of this.#begun.keys()) {
      this.#begun.delete(id);
      if (id === entry.id) break;
    }
    this.#wholes = [...this.#wholes.slice(-1), begun].map(({ cursor: at, weight, saved }) => ({
      cursor: at,
      weight,
      saved,
    }));
    return begun;
  }
}

/** Whether an entry is one of a checkpoint. */
export function isCheckpoint(value: StoreValue): value is CheckpointEntry | CheckpointPartEntry {
  const type = (value as { type?: unknown } | null)?.type;
  return type === 'checkpoint' || type === 'checkpoint-part';
}

function assertKnown(value: StoreValue): void {
  const schema = (value as { schema?: unknown } | null)?.schema ?? 0;
  if (typeof schema === 'number' && schema <= LOG_SCHEMA) return;
  throw new HlsStreamError(
    'STORE_NEWER',
    `the store holds entries of version ${schema}, and this hlsstream knows ${LOG_SCHEMA}: use the version that wrote them, or a newer one`,
  );
}
