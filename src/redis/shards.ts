/** How long the first call to a shard waits until it is up, in milliseconds. */
const FIRST_TIMEOUT = 3000;

/** What belongs to one hash tag of a cluster. */
export interface Shard {
  /** Resolves when it is up, or `timeout` has aborted; rejects with what waiting cannot help. */
  settled(timeout: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/**
 * One shard for each hash tag, opened as it is needed: one connection is to one node, so that what is sent stays in
 * order, blocking reads block nobody else, and WAIT speaks of what was written before it.
 */
export class Shards<T extends Shard> {
  readonly #open: (tag: string) => T;
  readonly #shards = new Map<string, { readonly shard: T; readonly ready: Promise<void> }>();

  constructor(open: (tag: string) => T) {
    this.#open = open;
  }

  get all(): readonly T[] {
    return [...this.#shards.values()].map(({ shard }) => shard);
  }

  /** That of this tag, perhaps still down. */
  get(tag: string): T {
    return this.#of(tag).shard;
  }

  /** That of this tag, once it was up for the first time, or that has taken too long. */
  async ready(tag: string): Promise<T> {
    const { shard, ready } = this.#of(tag);
    await ready;
    return shard;
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((shard) => shard.close()));
  }

  #of(tag: string): { readonly shard: T; readonly ready: Promise<void> } {
    const known = this.#shards.get(tag);
    if (known !== undefined) return known;
    const shard = this.#open(tag);
    // What cannot be helped is told by the calls.
    const ready = shard.settled(AbortSignal.timeout(FIRST_TIMEOUT)).catch(() => {});
    this.#shards.set(tag, { shard, ready });
    return { shard, ready };
  }
}
