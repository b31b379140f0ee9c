import type { HlsStreamError } from '../../errors.ts';
import { writtenTag } from '../../redis/hash-tag.ts';
import { RedisConnection } from '../../redis/redis-connection.ts';
import { closedError } from '../../redis/redis-failure.ts';
import type { Feed } from '../feed.ts';
import { PublishGate } from '../publish-gate.ts';
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
import { RedisLogs } from './logs.ts';
import { ReplicaAcks } from './replica-acks.ts';
import { RedisTail } from './tail.ts';

const PREFIX = 'hlsstream';

/** How the Redis engine is set up. */
export interface RedisStoreOptions {
  /** Begins all keys and channels. @default hlsstream */
  readonly prefix?: string;
  /** Is told each time a try to connect fails, and what else Redis answers other than yes. */
  readonly onTrouble?: (error: HlsStreamError) => void;
  /** How many replicas must have an entry before it is acknowledged. @default 0 */
  readonly replicas?: number;
  /** Of a cluster: what this store is for; {@link prefix} holds it already. */
  readonly tag?: string;
}

/**
 * The store in a Redis (6.2 or later, one primary): for processes on more than one machine. Beyond the
 * store's own words: `publish` and `subscribers` count processes, however many iterations each has.
 */
export class RedisStore implements Store {
  readonly #connection: RedisConnection;
  readonly #dictionary: RedisDictionary;
  readonly #prefix: string;
  readonly #logs: RedisLogs;
  readonly #acks: ReplicaAcks | undefined;
  readonly #gate = new PublishGate();
  readonly #follows = new Set<RedisFollow>();
  #tail: RedisTail | undefined;
  #channels: RedisChannels | undefined;
  #closed = false;

  private constructor(
    connection: RedisConnection,
    { prefix = PREFIX, tag, replicas = 0 }: RedisStoreOptions,
  ) {
    this.#connection = connection;
    this.#prefix = prefix;
    this.#logs = new RedisLogs(connection, (kind, name) => this.#key(kind, name), tag);
    if (replicas > 0) this.#acks = new ReplicaAcks(connection, this.#key('acknowledged'), replicas);
    this.#dictionary = new RedisDictionary(connection, (kind, name) => this.#key(kind, name));
    connection.onState((state) => {
      if (state === 'up') for (const follow of this.#follows) follow.resume();
    });
  }

  /** Begins to connect; see {@link settled}. Throws USAGE for a URL that is none. */
  static async open(url: string, options: RedisStoreOptions = {}): Promise<RedisStore> {
    return (await RedisStore.opener())(url, options);
  }

  /** {@link open}, for whoever opens some as they are needed. */
  static async opener(): Promise<(url: string, options: RedisStoreOptions) => RedisStore> {
    const open = await RedisConnection.opener();
    return (url, options) => {
      const { prefix = PREFIX, onTrouble, tag } = options;
      let store: RedisStore | undefined;
      const connection = open(url, {
        prepare: (fresh) => begin(fresh, prefix),
        async probe(old) {
          await probe(old, prefix);
          if (store !== undefined) await store.#acks?.wait();
        },
        ...(onTrouble && { onTrouble }),
        ...(tag !== undefined && { tag: writtenTag(tag) }),
      });
      store = new RedisStore(connection, options);
      return store;
    };
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

  async append(log: string, value: StoreValue, options: AppendOptions = {}): Promise<Cursor> {
    const cursor = await this.#logs.append(log, value, options);
    await this.#acks?.wait();
    return cursor;
  }

  read(log: string, options: ReadOptions = {}): Promise<LogEntry[]> {
    return this.#logs.read(log, options);
  }

  trim(log: string, before: Cursor, { fence }: { readonly fence?: Fence } = {}): Promise<number> {
    return this.#logs.trim(log, before, fence);
  }

  drop(log: string, { fence }: { readonly fence?: Fence } = {}): Promise<void> {
    return this.#logs.drop(log, fence);
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
    this.#acks?.close();
    this.#connection.close();
  }

  #startFollow(log: string, after: Cursor | undefined, signal: AbortSignal | undefined): Feed<LogEvent> {
    if (this.#closed) throw closedError();
    const source = {
      tail: () => this.#openTail(),
      page: (from: Cursor | undefined, limit: number) => this.#logs.page(log, from, limit, false),
      onEnd: (ended: RedisFollow) => this.#follows.delete(ended),
    };
    const follow = new RedisFollow(log, after, source, signal);
    if (!follow.feed.ended) {
      this.#follows.add(follow);
      follow.resume();
    }
    return follow.feed;
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
