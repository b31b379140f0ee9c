/**
 * Collects what one turn of the event loop wants to send and sends it as one array: the IPC channel costs
 * far more for each message than for what is in it.
 */
export class Outbox<T> {
  readonly #send: (batch: readonly T[]) => void;
  readonly #refuse: (item: T, error: Error) => void;
  #items: T[] = [];

  /**
   * @param send may throw when an item is no structured data
   * @param refuse called for each item that cannot be sent; the others of its batch are
   */
  constructor(send: (batch: readonly T[]) => void, refuse: (item: T, error: Error) => void) {
    this.#send = send;
    this.#refuse = refuse;
  }

  push(item: T): void {
    // The next tick comes after all promises that are ready now: whoever waited for an answer of the batch that
    // just came has made the next call by then. As well filled as with setImmediate, and a little sooner.
    if (this.#items.push(item) === 1) process.nextTick(() => this.flush());
  }

  /** Sends what is there at once. */
  flush(): void {
    const items = this.#items;
    if (items.length === 0) return;
    this.#items = [];
    try {
      this.#send(items);
    } catch {
      for (const item of items) this.#sendAlone(item);
    }
  }

  #sendAlone(item: T): void {
    try {
      this.#send([item]);
    } catch (error) {
      this.#refuse(item, error as Error);
    }
  }
}
