import type { RedisConnection } from '../redis/redis-connection.ts';
import { objectPath } from './object-path.ts';
import { storageScripts } from './redis-scripts.ts';

/** How many keys one command names. */
const KEYS_AT_ONCE = 500;

/**
 * Objects as keys of Redis, `<prefix>:media:<path>`; one command each, nothing tried twice. Every call rejects
 * with a STORE_ code.
 */
export class RedisObjects {
  readonly #call: RedisConnection['call'];
  readonly #prefix: string;
  readonly #expiry: number;

  /**
   * @param call sends one command
   * @param expiry after which an object goes that nobody keeps, in milliseconds
   */
  constructor(call: RedisConnection['call'], prefix: string, expiry: number) {
    this.#call = call;
    this.#prefix = prefix;
    this.#expiry = Math.round(expiry);
  }

  async put(path: string, bytes: Buffer): Promise<void> {
    await this.#call('write', 'SET', this.#bytesOf(path), bytes, 'PX', this.#expiry);
  }

  /** Makes an object of others without sending it again; false where they are not all there. */
  async join(path: string, length: number, parts: readonly string[]): Promise<boolean> {
    const keys = [
      this.#bytesOf(path),
      ...parts.flatMap((part) => [this.#bytesOf(part), this.#placeOf(part)]),
    ];
    const args = [length, this.#expiry];
    return (await storageScripts.run(this.#call, 'write', 'join', keys, args)) === 1;
  }

  /** One round trip, wherever the bytes lie. */
  async read(path: string): Promise<Buffer | undefined> {
    const keys = [this.#bytesOf(path), this.#placeOf(path)];
    return ((await storageScripts.run(this.#call, 'read', 'read', keys, [])) as Buffer | null) ?? undefined;
  }

  /** Whether an object is there. */
  async has(path: string): Promise<boolean> {
    return (await this.#call('read', 'EXISTS', this.#bytesOf(path), this.#placeOf(path))) !== 0;
  }

  /** Rejects where nothing can be written. */
  async tryWriting(): Promise<void> {
    await this.#call('write', 'SET', `${this.#prefix}:media`, '', 'PX', 1000);
  }

  async remove(paths: readonly string[]): Promise<void> {
    await this.#removeKeys(paths.flatMap((path) => [this.#bytesOf(path), this.#placeOf(path)]));
  }

  /** All objects below a folder. */
  async removeFolder(folder: string): Promise<void> {
    await this.#removeKeys(await this.#keysBelow(folder));
  }

  /** Names of the folders directly below one, sorted. */
  async folders(folder: string): Promise<string[]> {
    const own = this.#bytesOf(folder).length + 1;
    const below = (await this.#keysBelow(folder))
      .filter((key) => key.startsWith(this.#bytesOf(folder)))
      .map((key) => key.slice(own).split('/'));
    return [...new Set(below.filter(({ length }) => length > 1).map(([name = '']) => name))].sort();
  }

  /** Puts off the expiry of all objects below a folder. */
  async renew(folder: string): Promise<void> {
    const keys = await this.#keysBelow(folder);
    for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
      const some = keys.slice(from, from + KEYS_AT_ONCE);
      await Promise.all(some.map((key) => this.#call('renew', 'PEXPIRE', key, this.#expiry)));
    }
  }

  async #removeKeys(keys: readonly string[]): Promise<void> {
    for (let from = 0; from < keys.length; from += KEYS_AT_ONCE)
      await this.#call('remove', 'UNLINK', ...keys.slice(from, from + KEYS_AT_ONCE));
  }

  async #keysBelow(folder: string): Promise<string[]> {
    const patterns = [`${this.#bytesOf(folder)}/*`, `${this.#placeOf(folder)}/*`];
    return (await Promise.all(patterns.map((pattern) => this.#scan(pattern)))).flat();
  }

  async #scan(pattern: string): Promise<string[]> {
    const found = new Set<string>();
    let place = '0';
    do {
      // Neither a prefix nor a path holds anything that a pattern would take for more than itself.
      const reply = await this.#call('list', 'SCAN', place, 'MATCH', pattern, 'COUNT', 1000);
      const [next, keys] = reply as [Buffer, Buffer[]];
      for (const key of keys) found.add(key.toString());
      place = next.toString();
    } while (place !== '0');
    return [...found];
  }

  #bytesOf(path: string): string {
    return `${this.#prefix}:media:${objectPath(path)}`;
  }

  #placeOf(path: string): string {
    return `${this.#prefix}:place:${objectPath(path)}`;
  }
}
