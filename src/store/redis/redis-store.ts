import type { HlsStreamError } from '../../errors.ts';
import { type RedisArgument, RedisConnection } from '../../redis/redis-connection.ts';
import { closedError } from '../../redis/redis-failure.ts';
import type { Feed } from '../feed.ts';
import { PublishGate } from '../publish-gate.ts';
import { assertLimit, badCursor, fencedError } from '../refusal.ts';
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
import { begin, probe } from './begin.ts';
import { RedisChannels } from './channels.ts';
import { RedisDictionary } from './dictionary.ts';
import { RedisFollow } from './follow.ts';
import { isRedisCursor } from './redis-cursor.ts';
import { storeScripts } from './scripts.ts';
import { RedisTail } from './tail.ts';
import { type RawEntry, toBytes, toEntry } from './value.ts';

/** How the Redis engine is set up. */
export interface RedisStoreOptions {
  /** Begins all keys and channels. @default hlsstream */
  readonly prefix?: string;
  /** Is told each time a try to connect fails. */
  readonly onTrouble?: (error: HlsStreamError) => void;
}

/**
 * The store in a Redis (6.2 or later, one primary): for processes on more than one machine. Beyond the
 * store's own words: `publish` and `subscribers` count processes, however many iterations each has.
 */
export class RedisStore implements Store {
  readonly #connection: RedisConnection;
  readonly #dictionary: RedisDictionary;
  readonly #prefix: string;
  readonly #gate = new PublishGate();
  readonly #follows = new Set<RedisFollow>();
  #tail: RedisTail | undefined;
  #channels: RedisChannels | undefined;
  #closed = false;

  private constructor(connection: RedisConnection, prefix: string) {
    this.#connection = connection;
    this.#prefix = prefix;
    this.#dictionary = new RedisDictionary(connection, (kind, name) => this.#key(kind, name));
    connection.onState((state) => {
      if (state === 'up') for (const follow of this.#follows) follow.resume();
    });
  }

  /** Begins to connect; see {@link settled}. Throws USAGE for a URL that is none. */
  static async open(
    url: string,
    { prefix = 'hlsstream', onTrouble }: RedisStoreOptions = {},
  ): Promise<RedisStore> {
    const connection = await RedisConnection.open(url, {
      prepare: (fresh) => begin(fresh, prefix),
      probe: (old) => probe(old, prefix),
      ...(onTrouble === undefined ? {} : { onTrouble }),
    });
    return new RedisStore(connection, prefix);
  }

  /** Resolves when the store is up or `timeout` has aborted; rejects with what waiting cannot help. */
  settled(timeout: AbortSignal): Promise<void> {
    return this.#connection.settled(timeout);
  }

  get(key: string): Promise<StoreValue> {
    return this.#dictionary.get(key);
  }

  set(key: string, value: StoreValue): Promise<void> {
    return this.#dictionary.set(key, value);
  }

  delete(key: string): Promise<boolean> {
    return this.#dictionary.delete(key);
  }

  keys(prefix: string): Promise<string[]> {
    return this.#dictionary.keys(prefix);
  }

  update(key: string, entries: Readonly<Record<string, StoreValue>>): Promise<void> {
    return this.#dictionary.update(key, entries);
  }

  compareAndSet(key: string, before: StoreValue, after: StoreValue): ReturnType<Store['compareAndSet']> {
    return this.#dictionary.compareAndSet(key, before, after);
  }

  async append(log: string, value: StoreValue, { id = '', fence }: AppendOptions = {}): Promise<Cursor> {
    const keys = ['log', 'place', 'ids', 'order'].map((kind) => this.#key(kind, log));
    keys.push(this.#key('generation'), this.#key('fence', fence?.key ?? ''));
    const cursor = await this.#script('append', keys, [toBytes(value), id, fence?.token ?? '']);
    if (cursor === null) throw fencedError(fence);
    return String(cursor);
  }

  async read(log: string, { after, limit = 1000, latest = false }: ReadOptions = {}): Promise<LogEntry[]> {
    assertLimit(limit);
    if (after !== undefined && !isRedisCursor(after)) throw badCursor(log, after);
    const entries = await this.#page(log, after, limit, latest);
    if (entries === undefined) throw badCursor(log, after ?? '');
    return entries;
  }

  async trim(log: string, before: Cursor, { fence }: { readonly fence?: Fence } = {}): Promise<number> {
    if (!isRedisCursor(before)) throw badCursor(log, before);
    const keys = [this.#key('log', log), this.#key('place', log), this.#key('fence', fence?.key ?? '')];
    const gone = Number(await this.#script('trim', keys, [before, fence?.token ?? '']));
    if (gone === -1) throw fencedError(fence);
    if (gone === -2) throw badCursor(log, before);
    return gone;
  }

  async drop(log: string, { fence }: { readonly fence?: Fence } = {}): Promise<void> {
    const keys = ['log', 'place', 'ids', 'order'].map((kind) => this.#key(kind, log));
    keys.push(this.#key('fence', fence?.key ?? ''));
    if ((await this.#script('drop', keys, [fence?.token ?? ''])) === -1) throw fencedError(fence);
  }

  follow(log: string, { after, signal }: FollowOptions = {}): AsyncIterable<LogEvent> {
    return { [Symbol.asyncIterator]: () => this.#startFollow(log, after, signal) };
  }

  async publish(channel: string, value: StoreValue, { lost = 0 }: PublishOptions = {}): Promise<number> {
    if (this.#closed) throw closedError();
    const pass = this.#gate.enter(channel, lost);
    if (!pass.sent) return pass.subscribers;
    try {
      const message = this.#openChannels().envelope(channel, value, pass.lost);
      const name = this.#channel(channel);
      const subscribers = await this.#connection.call('publish', 'PUBLISH', name, message);
      pass.answered(Number(subscribers));
      return Number(subscribers);
    } finally {
      pass.settled();
    }
  }

  subscribe(channel: string, options: SubscribeOptions = {}): AsyncIterable<ChannelMessage> {
    const start = () => {
      if (this.#closed) throw closedError();
      return this.#openChannels().subscribe(channel, options);
    };
    return { [Symbol.asyncIterator]: start };
  }

  async subscribers(channel: string): Promise<number> {
    const name = this.#channel(channel);
    const reply = (await this.#connection.call('subscribers', 'PUBSUB', 'NUMSUB', name)) as unknown[];
    return Number(reply[1]);
  }

  get trouble(): HlsStreamError | undefined {
    return this.#connection.failure;
  }

  onState(listener: (state: StoreState) => void): () => void {
    return this.#connection.onState(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const follow of this.#follows) follow.feed.end();
    this.#channels?.close();
    this.#tail?.close();
    this.#connection.close();
  }

  #startFollow(log: string, after: Cursor | undefined, signal: AbortSignal | undefined): Feed<LogEvent> {
    if (this.#closed) throw closedError();
    const source = {
      tail: () => this.#openTail(),
      page: (from: Cursor | undefined, limit: number) => this.#page(log, from, limit, false),
      onEnd: (ended: RedisFollow) => this.#follows.delete(ended),
    };
    const follow = new RedisFollow(log, after, source, signal);
    if (!follow.feed.ended) {
      this.#follows.add(follow);
      follow.resume();
    }
    return follow.feed;
  }

  async #page(
    log: string,
    after: Cursor | undefined,
    limit: number,
    latest: boolean,
  ): Promise<LogEntry[] | undefined> {
    const keys = [this.#key('log', log), this.#key('place', log)];
    const reply = await this.#script('read', keys, [after ?? '', limit, latest ? 1 : 0]);
    if (reply === null) return undefined;
    const entries = (reply as readonly RawEntry[]).map(toEntry);
    return latest ? entries.reverse() : entries;
  }

  #script(
    script: Parameters<typeof storeScripts.run>[2],
    keys: readonly string[],
    args: readonly RedisArgument[],
  ): Promise<unknown> {
    return storeScripts.run((...call) => this.#connection.call(...call), script, script, keys, args);
  }

  #openTail(): RedisTail {
    this.#tail ??= new RedisTail(this.#connection, (log) => this.#key('log', log));
    return this.#tail;
  }

  #openChannels(): RedisChannels {
    this.#channels ??= new RedisChannels(this.#connection, (channel) => this.#channel(channel));
    return this.#channels;
  }

  /** PUB/SUB knows no databases, so the name tells them apart. */
  #channel(name: string): string {
    return this.#key(`channel:${this.#connection.client.options.db ?? 0}`, name);
  }

  #key(kind: string, name?: string): string {
    return name === undefined ? `${this.#prefix}:${kind}` : `${this.#prefix}:${kind}:${name}`;
  }
}
