import { HlsStreamError, messageOf } from '../../errors.ts';
import type { Database } from '../../level/database.ts';
import type { Journal, KeptEntry } from '../memory/journal.ts';
import type { StoreValue } from '../store.ts';
import { entryKey, packEntry, recordKey, TOKENS_KEY, toRecord } from './records.ts';

/** A change of the database. */
export type Change =
  | { readonly type: 'put'; readonly key: string; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: string };

/** Turns what the Map tells into changes of the database. */
export abstract class ChangeNotes implements Omit<Journal, 'kept' | 'trouble'> {
  protected abstract note(change: Change, synced?: boolean): void;

  value(key: string, value: StoreValue, synced = false): void {
    const record = recordKey('value', key);
    if (value === undefined) this.note({ type: 'del', key: record });
    else this.#put(record, value, synced);
  }

  token(key: string, token: number): void {
    this.#put(recordKey('token', key), token);
  }

  reserveTokens(below: number): void {
    this.#put(TOKENS_KEY, below, true);
  }

  entry(log: string, entry: KeptEntry): void {
    this.#put(entryKey(log, entry.number), packEntry(entry));
  }

  gone(log: string, numbers: readonly number[]): void {
    for (const number of numbers) this.note({ type: 'del', key: entryKey(log, number) });
  }

  dropped(log: string): void {
    this.note({ type: 'del', key: recordKey('numbers', log) });
  }

  reserveNumbers(log: string, below: number): void {
    this.#put(recordKey('numbers', log), below, true);
  }

  #put(key: string, value: StoreValue, synced = false): void {
    this.note({ type: 'put', key, value: toRecord(key, value) }, synced);
  }
}

/** Collects changes. */
export class CollectedChanges extends ChangeNotes implements Journal {
  readonly changes: Change[] = [];
  readonly trouble = undefined;

  kept(): undefined {
    return undefined;
  }

  protected note(change: Change): void {
    this.changes.push(change);
  }
}

/** What a {@link DiskJournal} works with. */
export interface DiskJournalOptions {
  /** Every batch is synced to the disk, so that it outlives a power cut; else only what is reserved. */
  readonly synced: boolean;
  /** Told of each call that failed. */
  readonly counted?: ((error: unknown) => void) | undefined;
  /** A batch could not be written. Told until {@link DiskJournal.goOn}. */
  readonly failed: (error: HlsStreamError) => void;
}

/**
 * Keeps the Map in the database. All changes of one turn of the event loop, and those that come while a batch is being
 * written, are one batch, written in one step. While nothing can be written the Map goes on in memory.
 */
export class DiskJournal extends ChangeNotes implements Journal {
  readonly #options: DiskJournalOptions;
  #database: Database;
  #changes: Change[] = [];
  #synced = false;
  #next: Promise<void> | undefined;
  #writing: Promise<void> | undefined;
  #trouble: HlsStreamError | undefined;

  constructor(database: Database, options: DiskJournalOptions) {
    super();
    this.#database = database;
    this.#options = options;
  }

  get trouble(): HlsStreamError | undefined {
    return this.#trouble;
  }

  kept(): Promise<void> | undefined {
    return this.#next ?? this.#writing;
  }

  /** Nothing can be written until {@link goOn}. */
  fail(error: unknown): void {
    this.#options.counted?.(error);
    if (this.#trouble !== undefined) return;
    this.#trouble = new HlsStreamError(
      'STORE_FULL',
      `the store cannot be kept on disk for now (${messageOf(error)}); make room or mend the disk`,
      { cause: error },
    );
    this.#changes = [];
    this.#options.failed(this.#trouble);
  }

  /** Goes on with a database, which these changes make into what the Map holds at this moment. */
  goOn(database: Database, changes: readonly Change[]): void {
    this.#database = database;
    this.#trouble = undefined;
    for (const change of changes) this.note(change, true);
  }

  protected note(change: Change, synced = false): void {
    if (this.#trouble !== undefined) return;
    this.#changes.push(change);
    this.#synced ||= synced;
    this.#next ??= this.#writeNext();
  }

  async #writeNext(): Promise<void> {
    // What comes in the same turn goes with it; and one batch at a time.
    await (this.#writing ?? Promise.resolve());
    this.#next = undefined;
    const changes = this.#changes;
    const sync = this.#synced || this.#options.synced;
    this.#changes = [];
    this.#synced = false;
    const writing = this.#database
      .batch(changes, { sync })
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        if (this.#writing === writing) this.#writing = undefined;
      });
    this.#writing = writing;
    await writing;
  }
}
