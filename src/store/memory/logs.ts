import { formatCursor, parseCursor } from '../cursor.ts';
import type { Feed } from '../feed.ts';
import { assertLimit, badCursor } from '../refusal.ts';
import type { Cursor, FollowOptions, LogEntry, LogEvent, ReadOptions, StoreValue } from '../store.ts';
import { followLog } from './follow.ts';
import type { Journal, KeptEntry, KeptState } from './journal.ts';
import { MemoryLog } from './log.ts';

/** How many numbers of a log are reserved at a time. */
const NUMBERS = 10_000;

/** The logs of the Map engine, by their names. */
export class MemoryLogs {
  readonly #generation: string;
  readonly #copy: (value: StoreValue) => StoreValue;
  readonly #journal: Journal | undefined;
  readonly #logs = new Map<string, MemoryLog>();
  readonly #follows = new Set<Feed<LogEvent>>();

  /** @param copy applied to a value on its way in and on its way out */
  constructor(
    generation: string,
    copy: (value: StoreValue) => StoreValue,
    journal?: Journal,
    state?: KeptState,
  ) {
    this.#generation = generation;
    this.#copy = copy;
    this.#journal = journal;
    for (const [name, kept] of state?.logs ?? []) this.#logs.set(name, new MemoryLog(kept));
  }

  /** Followers see the entry as soon as it is kept. */
  async append(name: string, value: StoreValue, id: string | undefined, ephemeral = false): Promise<Cursor> {
    const copied = this.#copy(value);
    const log = this.#log(name);
    log.ephemeral ||= ephemeral;
    const { reserved } = log;
    const known = log.numberOf(id);
    const number = known ?? this.#add(name, log, copied, id);
    // What is not kept waits for no disk, but for its numbers.
    const kept = log.ephemeral && log.reserved === reserved ? undefined : this.#journal?.kept();
    if (kept !== undefined) await kept;
    log.show(number);
    return formatCursor(this.#generation, number);
  }

  read(name: string, { after, limit = 1000, latest = false }: ReadOptions): LogEntry[] {
    assertLimit(limit);
    const log = this.#logs.get(name);
    const from = after === undefined ? -1 : this.#find(log, name, after);
    return (log?.slice(from, limit, latest) ?? []).map((entry) => this.#entry(entry));
  }

  trim(name: string, before: Cursor): number {
    const log = this.#logs.get(name);
    const number = parseCursor(before, this.#generation);
    // Entries already gone need no trimming: two may trim the same log.
    if (number !== undefined && log?.isGone(number)) return 0;
    const gone = log?.trim(this.#find(log, name, before)) ?? [];
    if (gone.length > 0 && log?.ephemeral === false) this.#journal?.gone(name, gone);
    return gone.length;
  }

  drop(name: string): void {
    const log = this.#logs.get(name);
    if (log === undefined) return;
    const gone = log.trim(log.next);
    if (!log.ephemeral) this.#journal?.gone(name, gone);
    this.#journal?.dropped(name);
    this.#logs.delete(name);
  }

  follow(name: string, { after, signal }: FollowOptions): Feed<LogEvent> {
    const log = this.#log(name);
    const onEnd = () => {
      this.#follows.delete(feed);
      // Nobody wrote to it and nobody waits for it any more.
      if (log.listeners === 0 && log.untouched) this.#logs.delete(name);
    };
    const seen = after === undefined ? undefined : (parseCursor(after, this.#generation) ?? 'elsewhere');
    const feed = followLog(log, seen, { toEntry: (entry) => this.#entry(entry), onEnd, signal });
    if (feed.ended) onEnd();
    else this.#follows.add(feed);
    return feed;
  }

  /** Tells all there is. */
  retell(journal: Journal): void {
    for (const [name, log] of this.#logs) {
      if (log.untouched) continue;
      journal.reserveNumbers(name, log.reserved);
      if (!log.ephemeral) for (const entry of log.all()) journal.entry(name, entry);
    }
  }

  /** Ends all follows. */
  close(): void {
    for (const feed of this.#follows) feed.end();
  }

  #add(name: string, log: MemoryLog, value: StoreValue, id: string | undefined): number {
    if (this.#journal !== undefined && log.next >= log.reserved) {
      log.reserved = log.next + NUMBERS;
      this.#journal.reserveNumbers(name, log.reserved);
    }
    const entry = log.append(value, id);
    if (!log.ephemeral) this.#journal?.entry(name, entry);
    return entry.number;
  }

  #log(name: string): MemoryLog {
    const known = this.#logs.get(name);
    if (known !== undefined) return known;
    const log = new MemoryLog();
    this.#logs.set(name, log);
    return log;
  }

  #entry({ number, value }: KeptEntry): LogEntry {
    return { cursor: formatCursor(this.#generation, number), value: this.#copy(value) };
  }

  /** The number of a place in `log` from which one can go on without having missed anything. */
  #find(log: MemoryLog | undefined, name: string, cursor: Cursor): number {
    const number = parseCursor(cursor, this.#generation);
    if (number !== undefined && log?.joins(number)) return number;
    throw badCursor(name, cursor);
  }
}
