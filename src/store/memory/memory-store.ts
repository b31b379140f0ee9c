import { randomBytes } from 'node:crypto';
import { HlsStreamError } from '../../errors.ts';
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
  SetOptions,
  Store,
  StoreState,
  StoreValue,
  SubscribeOptions,
} from '../store.ts';
import { MemoryChannels } from './channels.ts';
import { MemoryDictionary } from './dictionary.ts';
import type { Journal, KeptState } from './journal.ts';
import { MemoryLogs } from './logs.ts';

/** How the Map engine is set up. */
export interface MemoryStoreOptions {
  /** Names this life of the data in cursors; letters and digits. @default 8 random ones */
  readonly generation?: string;
  /**
   * Whether values are copied on their way in and out, so that nobody can change what is stored. Off where
   * every value crosses a process border anyway. @default true
   */
  readonly isolated?: boolean;
  /** Keeps what the store holds; no call is answered before it has. */
  readonly journal?: Journal | undefined;
  /** What was kept of an earlier life; goes on with its generation. */
  readonly state?: KeptState | undefined;
}

/** The store as a Map in this process. Without a journal what it holds is gone when the process is. */
export class MemoryStore implements Store {
  readonly #copy: (value: StoreValue) => StoreValue;
  readonly #journal: Journal | undefined;
  readonly #dictionary: MemoryDictionary;
  readonly #logs: MemoryLogs;
  readonly #channels: MemoryChannels;
  #closed = false;

  constructor({ generation, isolated = true, journal, state }: MemoryStoreOptions = {}) {
    const life = state?.generation ?? generation ?? randomBytes(4).toString('hex');
    this.#copy = isolated ? clone : (value) => value;
    this.#journal = journal;
    this.#dictionary = new MemoryDictionary(this.#copy, journal, state);
    this.#logs = new MemoryLogs(life, this.#copy, journal, state);
    this.#channels = new MemoryChannels(this.#copy);
  }

  async get(key: string): Promise<StoreValue> {
    return this.#answer(() => this.#dictionary.get(key));
  }

  async set(key: string, value: StoreValue, { synced }: SetOptions = {}): Promise<void> {
    return this.#answer(() => this.#dictionary.set(key, value, synced));
  }

  async delete(key: string): Promise<boolean> {
    return this.#answer(() => this.#dictionary.delete(key));
  }

  async keys(prefix: string): Promise<string[]> {
    return this.#answer(() => this.#dictionary.keys(prefix));
  }

  async update(key: string, entries: Readonly<Record<string, StoreValue>>): Promise<void> {
    return this.#answer(() => this.#dictionary.update(key, entries));
  }

  async compareAndSet(key: string, before: StoreValue, after: StoreValue) {
    return this.#answer(() => this.#dictionary.compareAndSet(key, before, after));
  }

  async append(
    name: string,
    value: StoreValue,
    { id, fence, lasting, ephemeral }: AppendOptions = {},
  ): Promise<Cursor> {
    this.#assertOpen();
    this.#dictionary.assertFence(fence);
    const trouble = lasting ? this.#journal?.trouble : undefined;
    if (trouble !== undefined) throw trouble;
    return this.#logs.append(name, value, id, ephemeral);
  }

  async read(name: string, options: ReadOptions = {}): Promise<LogEntry[]> {
    return this.#answer(() => this.#logs.read(name, options));
  }

  async trim(name: string, before: Cursor, { fence }: { readonly fence?: Fence } = {}): Promise<number> {
    return this.#answer(() => {
      this.#dictionary.assertFence(fence);
      return this.#logs.trim(name, before);
    });
  }

  async drop(name: string, { fence }: { readonly fence?: Fence } = {}): Promise<void> {
    return this.#answer(() => {
      this.#dictionary.assertFence(fence);
      this.#logs.drop(name);
    });
  }

  follow(name: string, options: FollowOptions = {}): AsyncIterable<LogEvent> {
    const start = () => {
      this.#assertOpen();
      return this.#logs.follow(name, options);
    };
    return { [Symbol.asyncIterator]: start };
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
    this.#logs.close();
    this.#channels.close();
  }

  /** Tells all it holds: what was kept elsewhere was lost. */
  retell(journal: Journal): void {
    this.#dictionary.retell(journal);
    this.#logs.retell(journal);
  }

  /** What a call gives, once all that it may have seen is kept: nobody is told what a crash could take back. */
  async #answer<T>(call: () => T): Promise<T> {
    this.#assertOpen();
    const result = call();
    const kept = this.#journal?.kept();
    if (kept !== undefined) await kept;
    return result;
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
    throw new HlsStreamError('STORE_BAD_VALUE', `not structured data: ${(cause as Error).message}`, {
      cause,
    });
  }
}
