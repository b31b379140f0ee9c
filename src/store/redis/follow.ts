import { isPermanent } from '../../redis/redis-failure.ts';
import { Deque } from '../deque.ts';
import { Feed } from '../feed.ts';
import type { Cursor, LogEntry, LogEvent } from '../store.ts';
import { compareCursors, isNext, isRedisCursor } from './redis-cursor.ts';
import type { RedisTail } from './tail.ts';

/** How many entries one read brings. */
const PAGE = 256;

/** With so many entries waiting here, no more are taken; they stay in Redis. */
const FULL = 1024;

/** What a follow needs of its store. */
export interface FollowSource {
  readonly tail: () => RedisTail;
  /** A page of the log, or undefined when one cannot go on after that cursor. */
  readonly page: (after: Cursor | undefined, limit: number) => Promise<LogEntry[] | undefined>;
  readonly onEnd: (follow: RedisFollow) => void;
}

/**
 * One follow of one log: reads pages until it has caught up, then hears of new entries from the shared
 * tail. Each entry must be the very next one; if not, it reads on from its place, which Redis checks.
 */
export class RedisFollow {
  readonly feed: Feed<LogEvent>;
  readonly #log: string;
  readonly #source: FollowSource;
  readonly #buffer = new Deque<LogEvent>();
  #position: Cursor | undefined;
  #leave: (() => void) | undefined;
  #reading = false;

  constructor(log: string, after: Cursor | undefined, source: FollowSource, signal: AbortSignal | undefined) {
    this.#log = log;
    this.#source = source;
    if (after !== undefined && isRedisCursor(after)) this.#position = after;
    else if (after !== undefined) this.#buffer.push({ type: 'reset' });
    this.feed = new Feed<LogEvent>({
      take: () => this.#take(),
      onEnd: () => {
        this.#leave?.();
        source.onEnd(this);
      },
      signal,
    });
  }

  /** Reads on from its place: at the beginning, and when the connection is back. */
  resume(): void {
    this.#leave?.();
    this.#leave = undefined;
    void this.#read();
  }

  #take(): LogEvent | undefined {
    const event = this.#buffer.shift();
    if (this.#leave === undefined && this.#buffer.length < FULL / 2) void this.#read();
    return event;
  }

  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (!this.feed.ended && this.#leave === undefined && this.#buffer.length < FULL) {
        const entries = await this.#source.page(this.#position, PAGE);
        if (this.feed.ended) return;
        if (entries === undefined) {
          this.#position = undefined;
          this.#push({ type: 'reset' });
        } else {
          for (const entry of entries) this.#accept(entry);
          if (entries.length < PAGE) this.#join();
        }
      }
    } catch (error) {
      // What the loss of a connection interrupts goes on when it is back.
      if (isPermanent(error) || !/^STORE_(GONE|TIMEOUT|CLOSED)$/.test(codeOf(error))) {
        this.feed.end(error as Error);
      }
    } finally {
      this.#reading = false;
    }
  }

  #join(): void {
    this.#leave = this.#source.tail().join(this.#log, this.#position ?? '0-0', (entries) => {
      if (entries === undefined) return this.#stepBack(true);
      for (const entry of entries) {
        if (this.#leave === undefined) return;
        if (this.#position !== undefined && compareCursors(entry.cursor, this.#position) <= 0) continue;
        const missed = this.#position !== undefined && !isNext(this.#position, entry.cursor);
        if (missed || this.#buffer.length >= FULL) this.#stepBack(missed);
        else this.#accept(entry);
      }
    });
  }

  #stepBack(readOn: boolean): void {
    this.#leave?.();
    this.#leave = undefined;
    if (readOn) void this.#read();
  }

  #accept(entry: LogEntry): void {
    this.#position = entry.cursor;
    this.#push({ type: 'entry', ...entry });
  }

  #push(event: LogEvent): void {
    this.#buffer.push(event);
    this.feed.wake();
  }
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? '';
}
