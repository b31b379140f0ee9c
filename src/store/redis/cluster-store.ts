import type { HlsStreamError } from '../../errors.ts';
import { COMMON_TAG, hashTagOf, taggedPrefix } from '../../redis/hash-tag.ts';
import { Shards } from '../../redis/shards.ts';
import type { FollowOptions, Store, StoreState, SubscribeOptions } from '../store.ts';
import { RedisStore, type RedisStoreOptions } from './redis-store.ts';

/**
 * The store in a cluster of Redis: a {@link RedisStore} for each stream, and one for what is common to all, each
 * connected to the node that has its keys. {@link keys} finds those of one stream, or the common ones.
 */
export class ClusterStore implements Store {
  readonly #shards: Shards<RedisStore>;
  readonly #listeners = new Set<(state: StoreState) => void>();
  readonly #down = new Set<RedisStore>();

  private constructor(open: (tag: string) => RedisStore) {
    this.#shards = new Shards((tag) => {
      const shard = open(tag);
      shard.onState((state) => this.#hear(shard, state));
      return shard;
    });
  }

  /** Begins to connect; see {@link settled}. Throws USAGE for a URL that is none. */
  static async open(url: string, options: RedisStoreOptions = {}): Promise<ClusterStore> {
    const { prefix = 'hlsstream' } = options;
    const open = await RedisStore.opener();
    const store = new ClusterStore((tag) =>
      open(url, { ...options, prefix: taggedPrefix(prefix, tag), tag }),
    );
    store.#shards.get(COMMON_TAG);
    return store;
  }

  /** Resolves when the common part is up or `timeout` has aborted; rejects with what waiting cannot help. */
  settled(timeout: AbortSignal): Promise<void> {
    return this.#shards.get(COMMON_TAG).settled(timeout);
  }

  async get(...call: Parameters<Store['get']>) {
    return (await this.#of(call[0])).get(...call);
  }

  async set(...call: Parameters<RedisStore['set']>) {
    return (await this.#of(call[0])).set(...call);
  }

  async delete(...call: Parameters<Store['delete']>) {
    return (await this.#of(call[0])).delete(...call);
  }

  async keys(...call: Parameters<Store['keys']>) {
    return (await this.#of(call[0])).keys(...call);
  }

  async update(...call: Parameters<Store['update']>) {
    return (await this.#of(call[0])).update(...call);
  }

  async compareAndSet(...call: Parameters<Store['compareAndSet']>) {
    return (await this.#of(call[0])).compareAndSet(...call);
  }

  async append(...call: Parameters<Store['append']>) {
    return (await this.#of(call[0])).append(...call);
  }

  async read(...call: Parameters<Store['read']>) {
    return (await this.#of(call[0])).read(...call);
  }

  async trim(...call: Parameters<Store['trim']>) {
    return (await this.#of(call[0])).trim(...call);
  }

  async drop(...call: Parameters<Store['drop']>) {
    return (await this.#of(call[0])).drop(...call);
  }

  follow(log: string, options?: FollowOptions) {
    return this.#shards.get(hashTagOf(log)).follow(log, options);
  }

  async publish(...call: Parameters<Store['publish']>) {
    return (await this.#of(call[0])).publish(...call);
  }

  subscribe(channel: string, options?: SubscribeOptions) {
    return this.#shards.get(hashTagOf(channel)).subscribe(channel, options);
  }

  async subscribers(...call: Parameters<Store['subscribers']>) {
    return (await this.#of(call[0])).subscribers(...call);
  }

  get trouble(): HlsStreamError | undefined {
    return this.#shards.all.map(({ trouble }) => trouble).find((trouble) => trouble !== undefined);
  }

  /** It is up while all of it is. */
  onState(listener: (state: StoreState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#shards.close();
  }

  #of(name: string): Promise<RedisStore> {
    return this.#shards.ready(hashTagOf(name));
  }

  #hear(shard: RedisStore, state: StoreState): void {
    const before = this.#down.size;
    if (state === 'down') this.#down.add(shard);
    else this.#down.delete(shard);
    if (before > 0 && this.#down.size > 0) return;
    for (const listener of this.#listeners) listener(state);
  }
}
