import { isDeepStrictEqual } from 'node:util';
import { HlsStreamError } from '../../errors.ts';
import type { RedisConnection } from '../../redis/redis-connection.ts';
import type { Store, StoreValue } from '../store.ts';
import { storeScripts } from './scripts.ts';
import { fromBytes, toBytes } from './value.ts';

/** The dictionary of the Redis engine: a key each. What depends on the value found is tried until it fits. */
export class RedisDictionary {
  readonly #connection: RedisConnection;
  readonly #key: (kind: string, name?: string) => string;

  /** @param key makes the Redis key of a thing of this kind and name */
  constructor(connection: RedisConnection, key: (kind: string, name?: string) => string) {
    this.#connection = connection;
    this.#key = key;
  }

  async get(key: string): Promise<StoreValue> {
    const bytes = await this.#getBytes('get', key);
    return bytes === undefined ? undefined : fromBytes(bytes);
  }

  async set(key: string, value: StoreValue): Promise<void> {
    if (value === undefined) {
      throw new HlsStreamError(
        'STORE_BAD_VALUE',
        `set of ${key} came without a value; use delete to remove it`,
      );
    }
    await this.#connection.call('set', 'SET', this.#key('key', key), toBytes(value));
  }

  async delete(key: string): Promise<boolean> {
    return (await this.#connection.call('delete', 'DEL', this.#key('key', key))) === 1;
  }

  async keys(prefix: string): Promise<string[]> {
    const own = this.#key('key', '');
    const pattern = `${`${own}${prefix}`.replace(/[*?[\]\\]/g, '\\$&')}*`;
    const found = new Set<string>();
    let place = '0';
    do {
      const reply = await this.#connection.call('keys', 'SCAN', place, 'MATCH', pattern, 'COUNT', 1000);
      const [next, keys] = reply as [Buffer, Buffer[]];
      for (const key of keys) found.add(key.toString().slice(own.length));
      place = next.toString();
    } while (place !== '0');
    return [...found].sort();
  }

  async update(key: string, entries: Readonly<Record<string, StoreValue>>): Promise<void> {
    for (;;) {
      const bytes = await this.#getBytes('update', key);
      const found = bytes === undefined ? {} : fromBytes(bytes);
      if (!isDictionary(found) || !isDictionary(entries)) {
        throw new HlsStreamError(
          'STORE_BAD_VALUE',
          `update of ${key} needs a dictionary on both sides; use set to replace it`,
        );
      }
      const merged = toBytes({ ...found, ...entries });
      if ((await this.#swap('update', key, bytes, merged, false)) !== undefined) return;
    }
  }

  async compareAndSet(
    key: string,
    before: StoreValue,
    after: StoreValue,
  ): ReturnType<Store['compareAndSet']> {
    const wanted = after === undefined ? undefined : toBytes(after);
    for (;;) {
      const bytes = await this.#getBytes('compareAndSet', key);
      const found = bytes === undefined ? undefined : fromBytes(bytes);
      if (!isDeepStrictEqual(found, before)) return { ok: false, found };
      const token = await this.#swap('compareAndSet', key, bytes, wanted, true);
      if (token !== undefined) return { ok: true, token };
    }
  }

  async #getBytes(name: string, key: string): Promise<Buffer | undefined> {
    const bytes = await this.#connection.call(name, 'GET', this.#key('key', key));
    return bytes === null ? undefined : (bytes as Buffer);
  }

  /** Replaces these very bytes; gives the token, 0 if none was wanted, or undefined: they had changed. */
  async #swap(
    name: string,
    key: string,
    before: Buffer | undefined,
    after: Buffer | undefined,
    withToken: boolean,
  ): Promise<number | undefined> {
    const keys = [this.#key('key', key), this.#key('fence', key), this.#key('token')];
    const args = [before ? 1 : 0, before ?? '', after ? 1 : 0, after ?? '', withToken ? 1 : 0];
    const call: RedisConnection['call'] = (...command) => this.#connection.call(...command);
    const reply = await storeScripts.run(call, name, 'swap', keys, args);
    const [done, token] = reply as [number, Buffer | null];
    return done === 1 ? Number(token ?? 0) : undefined;
  }
}

function isDictionary(value: unknown): value is Record<string, StoreValue> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
