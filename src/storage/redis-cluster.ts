import { HlsStreamError } from '../errors.ts';
import { taggedPrefix } from '../redis/hash-tag.ts';
import { Shards } from '../redis/shards.ts';
import { RedisStorage, type RedisStorageOptions } from './redis.ts';
import type { LossListener, Storage, WriteOptions } from './storage.ts';

/** Media bytes in a cluster of Redis: a {@link RedisStorage} for each stream, on the node that has its keys. */
export class ClusterStorage implements Storage {
  readonly #shards: Shards<RedisStorage>;
  /** The stream that this process writes. */
  readonly #own: RedisStorage | undefined;

  private constructor(open: (stream: string) => RedisStorage, keep: string | undefined) {
    this.#shards = new Shards(open);
    if (keep !== undefined) this.#own = this.#shards.get(keep);
  }

  /** Begins to connect; see {@link settled}. Throws USAGE for a URL that is none. */
  static async open(url: string, options: RedisStorageOptions): Promise<ClusterStorage> {
    const { prefix = 'hlsstream', keep } = options;
    const open = await RedisStorage.opener();
    return new ClusterStorage((stream) => {
      const own = { ...options, keep: stream === keep ? keep : undefined };
      return open(url, { ...own, prefix: taggedPrefix(prefix, stream), tag: stream });
    }, keep);
  }

  /** Resolves when what is written to is up or `timeout` has aborted; rejects with what waiting cannot help. */
  async settled(timeout: AbortSignal): Promise<void> {
    await this.#own?.settled(timeout);
  }

  async reachable(): Promise<void> {
    await this.#own?.reachable();
  }

  async write(path: string, chunks: readonly Uint8Array[], options?: WriteOptions): Promise<void> {
    await (await this.#of(path)).write(path, chunks, options);
  }

  async read(path: string): Promise<Buffer | undefined> {
    return (await this.#of(path)).read(path);
  }

  async remove(paths: readonly string[]): Promise<void> {
    for (const stream of new Set(paths.map(streamOf)))
      await (await this.#shards.ready(stream)).remove(paths.filter((path) => streamOf(path) === stream));
  }

  async removeFolder(path: string): Promise<void> {
    await (await this.#of(path)).removeFolder(path);
  }

  async folders(path: string): Promise<string[]> {
    return (await this.#of(path)).folders(path);
  }

  onLoss(listener: LossListener): () => void {
    return this.#own?.onLoss(listener) ?? (() => {});
  }

  async close(): Promise<void> {
    await this.#shards.close();
  }

  #of(path: string): Promise<RedisStorage> {
    return this.#shards.ready(streamOf(path));
  }
}

function streamOf(path: string): string {
  const [stream = ''] = path.split('/');
  if (stream !== '') return stream;
  throw new HlsStreamError('STORAGE_FAILED', `${path} names no stream`);
}
