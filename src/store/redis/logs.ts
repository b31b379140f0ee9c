import { hashTagOf } from '../../redis/hash-tag.ts';
import type { RedisArgument, RedisConnection } from '../../redis/redis-connection.ts';
import { assertLimit, badCursor, fencedError } from '../refusal.ts';
import type { AppendOptions, Cursor, Fence, LogEntry, ReadOptions, StoreValue } from '../store.ts';
import { isRedisCursor } from './redis-cursor.ts';
import { storeScripts } from './scripts.ts';
import { type RawEntry, toBytes, toEntry } from './value.ts';

/** The logs of the Redis engine: a Redis Stream each, with what must be remembered of it in keys beside it. */
export class RedisLogs {
  readonly #connection: RedisConnection;
  readonly #key: (kind: string, name?: string) => string;
  readonly #tag: string | undefined;

  /**
   * @param key makes the Redis key of a thing of this kind and name
   * @param tag of a cluster: the hash tag of these logs
   */
  constructor(
    connection: RedisConnection,
    key: (kind: string, name?: string) => string,
    tag: string | undefined,
  ) {
    this.#connection = connection;
    this.#key = key;
    this.#tag = tag;
  }

  async append(log: string, value: StoreValue, { id = '', fence }: AppendOptions): Promise<Cursor> {
    const [fenceKey, ...fenced] = this.#fence(fence);
    const keys = ['log', 'place', 'ids', 'order'].map((kind) => this.#key(kind, log));
    keys.push(this.#key('generation'), fenceKey);
    const cursor = await this.#script('append', keys, [toBytes(value), id, ...fenced]);
    if (cursor === null) throw fencedError(fence);
    return String(cursor);
  }

  async read(log: string, { after, limit = 1000, latest = false }: ReadOptions): Promise<LogEntry[]> {
    assertLimit(limit);
    if (after !== undefined && !isRedisCursor(after)) throw badCursor(log, after);
    const entries = await this.page(log, after, limit, latest);
    if (entries === undefined) throw badCursor(log, after ?? '');
    return entries;
  }

  async trim(log: string, before: Cursor, fence: Fence | undefined): Promise<number> {
    if (!isRedisCursor(before)) throw badCursor(log, before);
    const [fenceKey, ...fenced] = this.#fence(fence);
    const keys = [this.#key('log', log), this.#key('place', log), fenceKey];
    const gone = Number(await this.#script('trim', keys, [before, ...fenced]));
    if (gone === -1) throw fencedError(fence);
    if (gone === -2) throw badCursor(log, before);
    return gone;
  }

  async drop(log: string, fence: Fence | undefined): Promise<void> {
    const [fenceKey, ...fenced] = this.#fence(fence);
    const keys = ['log', 'place', 'ids', 'order'].map((kind) => this.#key(kind, log));
    keys.push(fenceKey);
    if ((await this.#script('drop', keys, fenced)) === -1) throw fencedError(fence);
  }

  /** A page of a log, or undefined when one cannot go on after that cursor. */
  async page(
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

  /** The key of a fence, its token, and whether it is a guest's: that of another hash tag. */
  #fence(fence: Fence | undefined): [key: string, token: RedisArgument, guest: number] {
    const isGuest = this.#tag !== undefined && fence !== undefined && hashTagOf(fence.key) !== this.#tag;
    const key = this.#key(isGuest ? 'guest-fence' : 'fence', fence?.key ?? '');
    return [key, fence?.token ?? '', isGuest ? 1 : 0];
  }

  #script(
    script: Parameters<typeof storeScripts.run>[2],
    keys: readonly string[],
    args: readonly RedisArgument[],
  ): Promise<unknown> {
    return storeScripts.run((...call) => this.#connection.call(...call), script, script, keys, args);
  }
}
