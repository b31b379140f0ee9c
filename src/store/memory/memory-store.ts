import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { systemDate } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';
import { formatCursor, parseCursor } from '../cursor.ts';
import type { Feed } from '../feed.ts';
import type {
  AppendOptions,
  ChannelMessage,
  Cursor,
  Fence,
  FollowOptions,
  LogEntry,
  LogEvent,
  PublishOptions,
  ReadOptions,
  Store,
  StoreState,
  StoreValue,
  SubscribeOptions,
} from '../store.ts';
import { MemoryChannels } from './channels.ts';
import { followLog } from './follow.ts';
import { MemoryLog } from './log.ts';

/** How the Map engine is set up. */
export interface MemoryStoreOptions {
  /** Names this life of the data in cursors; letters and digits. @default 8 random ones */
  readonly generation?: string;
  /**
   * Whether values are copied on their way in and out, so that nobody can change what is stored. Off where
   * every value crosses a process border anyway. @default true
   */
  readonly isolated?: boolean;
}

/** The store as a Map in this process. What it holds is gone when the process is. */
export class MemoryStore implements Store {
  readonly #generation: string;
  readonly #copy: (value: StoreValue) => StoreValue;
  readonly #values = new Map<string, StoreValue>();
  readonly #tokens = new Map<string, number>();
  readonly #logs = new Map<string, MemoryLog>();
  readonly #channels: MemoryChannels;
  readonly #follows = new Set<Feed<LogEvent>>();
  // From the clock, so that a token of an earlier life is never taken for one of this.
  #lastToken = systemDate();
  #closed = false;

  constructor({ generation, isolated = true }: MemoryStoreOptions = {}) {
    this.#generation = generation ?? randomBytes(4).toString('hex');
    this.#copy = isolated ? clone : (value) => value;
    this.#channels = new MemoryChannels(this.#copy);
  }

  async get(key: string): Promise<StoreValue> {
    this.#assertOpen();
    return this.#copy(this.#values.get(key));
  }

  async set(key: string, value: StoreValue): Promise<void> {
    this.#assertOpen();
    if (value === undefined) {
      throw new HlsStreamError(
        'STORE_BAD_VALUE',
        `set of ${key} came without a value; use delete to remove it`,
      );
    }
    this.#values.set(key, this.#copy(value));
  }

  async delete(key: string): Promise<boolean> {
    this.#assertOpen();
    return this.#values.delete(key);
  }

  async keys(prefix: string): Promise<string[]> {
    this.#assertOpen();
    return [...this.#values.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  async update(key: string, entries: Readonly<Record<string, StoreValue>>): Promise<void> {
    this.#assertOpen();
    const found = this.#values.get(key) ?? {};
    if (!isDictionary(found) || !isDictionary(entries)) {
      throw new HlsStreamError(
        'STORE_BAD_VALUE',
        `update of ${key} needs a dictionary on both sides; use set to replace it`,
      );
    }
    // A new object: the old one may be on its way to a reader.
    this.#values.set(key, { ...found, ...(this.#copy(entries) as typeof entries) });
  }

  async compareAndSet(key: string, before: StoreValue, after: StoreValue) {
    this.#assertOpen();
    const found = this.#values.get(key);
    if (!isDeepStrictEqual(found, before)) return { ok: false as const, found: this.#copy(found) };
    if (after === undefined) this.#values.delete(key);
    else this.#values.set(key, this.#copy(after));
    this.#lastToken += 1;
    this.#tokens.set(key, this.#lastToken);
    return { ok: true as const, token: this.#lastToken };
  }

  async append(name: string, value: StoreValue, { id, fence }: AppendOptions = {}): Promise<Cursor> {
    this.#assertOpen();
    this.#assertFence(fence);
    const kept = this.#copy(value);
    return formatCursor(this.#generation, this.#log(name).append(kept, id));
  }

  async read(name: string, { after, limit = 1000, latest = false }: ReadOptions = {}): Promise<LogEntry[]> {
    this.#assertOpen();
    if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) {
      throw new HlsStreamError(
        'STORE_BAD_VALUE',
        `read limit ${limit} is not a whole number from 1 to 10000`,
      );
    }
    const log = this.#logs.get(name);
    const from = after === undefined ? (log?.first ?? 0) : this.#find(log, name, after) + 1;
    if (log === undefined) return [];
    const start = latest ? Math.max(from, log.next - limit) : from;
    return log.slice(start, limit).map((value, index) => this.#entry(start + index, value));
  }

  async trim(name: string, before: Cursor, { fence }: { readonly fence?: Fence } = {}): Promise<number> {
    this.#assertOpen();
    this.#assertFence(fence);
    const log = this.#logs.get(name);
    const number = parseCursor(before, this.#generation);
    // Entries already gone need no trimming: two may trim the same log.
    if (log !== undefined && number !== undefined && number < log.first) return 0;
    return log?.trim(this.#find(log, name, before)) ?? 0;
  }

  follow(name: string, options: FollowOptions = {}): AsyncIterable<LogEvent> {
    return { [Symbol.asyncIterator]: () => this.#startFollow(name, options) };
  }

  async publish(channel: string, value: StoreValue, { lost = 0 }: PublishOptions = {}): Promise<number> {
    this.#assertOpen();
    return this.#channels.publish(channel, value, lost);
  }

  subscribe(channel: string, options: SubscribeOptions = {}): AsyncIterable<ChannelMessage> {
    const start = () => {
      this.#assertOpen();
      return this.#channels.subscribe(channel, options);
    };
    return { [Symbol.asyncIterator]: start };
  }

  async subscribers(channel: string): Promise<number> {
    this.#assertOpen();
    return this.#channels.count(channel);
  }

  /** Always up: the engine lives in this process. */
  onState(_listener: (state: StoreState) => void): () => void {
    return () => {};
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const feed of this.#follows) feed.end();
    this.#channels.close();
  }

  #startFollow(name: string, { after, signal }: FollowOptions): Feed<LogEvent> {
    this.#assertOpen();
    const log = this.#log(name);
    const onEnd = () => {
      this.#follows.delete(feed);
      // Nobody wrote to it and nobody waits for it any more.
      if (log.listeners === 0 && log.next === 0) this.#logs.delete(name);
    };
    const seen = after === undefined ? undefined : (parseCursor(after, this.#generation) ?? 'elsewhere');
    const toEntry = (number: number, value: StoreValue) => this.#entry(number, value);
    const feed = followLog(log, seen, { toEntry, onEnd, signal });
    if (feed.ended) onEnd();
    else this.#follows.add(feed);
    return feed;
  }

  #log(name: string): MemoryLog {
    const known = this.#logs.get(name);
    if (known !== undefined) return known;
    const log = new MemoryLog();
    this.#logs.set(name, log);
    return log;
  }

  #entry(number: number, value: StoreValue): LogEntry {
    return { cursor: formatCursor(this.#generation, number), value: this.#copy(value) };
  }

  /** The number of a place in `log` from which one can go on without having missed anything. */
  #find(log: MemoryLog | undefined, name: string, cursor: Cursor): number {
    const number = parseCursor(cursor, this.#generation);
    if (log === undefined || number === undefined || number < log.first - 1 || number >= log.next) {
      throw new HlsStreamError(
        'STORE_BAD_CURSOR',
        `${cursor} is no place in ${name} now; begin at its oldest entry`,
      );
    }
    return number;
  }

  #assertFence(fence: Fence | undefined): void {
    if (fence === undefined || this.#tokens.get(fence.key) === fence.token) return;
    throw new HlsStreamError(
      'STORE_FENCED',
      `the lease ${fence.key} was taken over; fence ${fence.token} is out of date`,
    );
  }

  #assertOpen(): void {
    if (this.#closed) throw new HlsStreamError('STORE_CLOSED', 'the store is closed');
  }
}

function clone(value: StoreValue): StoreValue {
  if (value === null || !['object', 'function', 'symbol'].includes(typeof value)) return value;
  try {
    return structuredClone(value);
  } catch (cause) {
    throw new HlsStreamError('STORE_BAD_VALUE', `this is no structured data: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function isDictionary(value: unknown): value is Record<string, StoreValue> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
