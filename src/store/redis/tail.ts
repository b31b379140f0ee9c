import { setTimeout as pause } from 'node:timers/promises';
import type { RedisConnection } from '../../redis/redis-connection.ts';
import type { Cursor, LogEntry } from '../store.ts';
import { compareCursors } from './redis-cursor.ts';
import { type RawEntry, toEntry } from './value.ts';

/** How long one XREAD waits, in milliseconds: shorter than a connection may stay silent. */
const BLOCK = 1000;

/** How many entries of each log one XREAD takes. */
const COUNT = 500;

/** How long until another try after an answer that is an error, in milliseconds. */
const AGAIN = 1000;

/** How long until another try to end a wait that had not begun yet, in milliseconds. */
const NUDGE_AGAIN = 5;

/** Hears of entries; of none where they cannot be told: whoever reads on from its own place is told why. */
type TailListener = (entries: readonly LogEntry[] | undefined) => void;

interface Followed {
  /** Entries up to here have been handed out. */
  position: Cursor;
  readonly listeners: Set<TailListener>;
}

/**
 * The end of all logs that are followed in this process, read by one blocked connection. Whoever joins has
 * read the log up to the place the others are at.
 */
export class RedisTail {
  readonly #reader: RedisConnection;
  readonly #nudger: RedisConnection;
  readonly #keyOf: (log: string) => string;
  readonly #logs = new Map<string, Followed>();
  #readerId = 0;
  #running = false;
  #waiting = false;
  #stale = false;

  /**
   * @param reader a connection of its own: nothing else gets through while it waits
   * @param nudger ends the reader's wait when other logs are to be read
   */
  constructor(nudger: RedisConnection, keyOf: (log: string) => string) {
    this.#nudger = nudger;
    this.#keyOf = keyOf;
    this.#reader = nudger.duplicate({
      prepare: async (connection) => {
        this.#readerId = Number(await connection.send('the client id', 'CLIENT', 'ID'));
      },
    });
    this.#reader.onState(() => void this.#run());
  }

  /**
   * Hands `listener` all entries of `log` after `position` (`0-0`: all), perhaps some it has seen. Returns the
   * leaver, or undefined when the others are further already: read on and try again.
   */
  join(log: string, position: Cursor, listener: TailListener): (() => void) | undefined {
    let followed = this.#logs.get(log);
    if (followed === undefined) {
      followed = { position, listeners: new Set() };
      this.#logs.set(log, followed);
      this.#stale = true;
      if (this.#waiting) this.#nudge();
      else void this.#run();
    } else if (compareCursors(position, followed.position) < 0) return undefined;
    const { listeners } = followed;
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#logs.get(log)?.listeners === listeners) this.#logs.delete(log);
    };
  }

  close(): void {
    this.#logs.clear();
    this.#reader.close();
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    while (this.#reader.up && this.#logs.size > 0) {
      try {
        this.#hand(await this.#wait());
      } catch {
        // Where the connection is gone it says when it is back, and followers then read on from where they are.
        if (!this.#reader.up) break;
        await pause(AGAIN, undefined, { ref: false });
      }
    }
    this.#running = false;
  }

  async #wait(): Promise<readonly (readonly [key: Buffer, entries: readonly RawEntry[]])[]> {
    const logs = [...this.#logs];
    this.#stale = false;
    this.#waiting = true;
    try {
      const keys = logs.map(([log]) => this.#keyOf(log));
      const places = logs.map(([, { position }]) => position);
      const options = ['COUNT', COUNT, 'BLOCK', BLOCK, 'STREAMS', ...keys, ...places];
      const reply = await this.#reader.call('follow', 'XREAD', ...options);
      return (reply ?? []) as readonly (readonly [Buffer, readonly RawEntry[]])[];
    } finally {
      this.#waiting = false;
    }
  }

  #hand(batches: readonly (readonly [key: Buffer, entries: readonly RawEntry[]])[]): void {
    const byKey = new Map([...this.#logs].map(([log, followed]) => [this.#keyOf(log), followed]));
    for (const [key, raw] of batches) {
      const followed = byKey.get(key.toString());
      const entries = readable(raw);
      const last = entries?.at(-1);
      // A log that was left and joined anew may be somewhere else by now.
      if (followed === undefined || (entries !== undefined && last === undefined)) continue;
      if (last !== undefined && compareCursors(last.cursor, followed.position) > 0)
        followed.position = last.cursor;
      for (const listener of [...followed.listeners]) listener(entries);
    }
  }

  #nudge(): void {
    if (!this.#waiting || !this.#stale) return;
    this.#nudger.call('follow', 'CLIENT', 'UNBLOCK', this.#readerId).then(
      (ended) => {
        // The wait may reach Redis after the word that should end it.
        if (Number(ended) === 0) setTimeout(() => this.#nudge(), NUDGE_AGAIN).unref();
      },
      () => {},
    );
  }
}

/** The entries; undefined where one of them is not ours. */
function readable(raw: readonly RawEntry[]): LogEntry[] | undefined {
  try {
    return raw.map(toEntry);
  } catch {
    return undefined;
  }
}
