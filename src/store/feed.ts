interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: Error): void;
}

/** How a feed is filled and ended. */
export interface FeedOptions<T> {
  /** The next item, or `undefined` while there is none. Called only when somebody asks for an item. */
  readonly take: () => T | undefined;
  /** Called once, when the iteration ends for whatever reason. */
  readonly onEnd: () => void;
  /** Ends the iteration quietly. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * An async iterator over something that is pulled: it holds nothing itself, so a consumer that does not ask
 * costs nothing here. Unlike an async generator it also ends while somebody waits in `next()`.
 */
export class Feed<T> implements AsyncIterableIterator<T, undefined> {
  readonly #options: FeedOptions<T>;
  readonly #waiting: Waiter<T>[] = [];
  readonly #abort = () => this.end();
  #ended = false;
  #failure: Error | undefined;

  constructor(options: FeedOptions<T>) {
    this.#options = options;
    this.#ended = options.signal?.aborted === true;
    if (!this.#ended) options.signal?.addEventListener('abort', this.#abort, { once: true });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Says that there may be an item now. */
  wake(): void {
    while (this.#waiting.length > 0) {
      const value = this.#options.take();
      if (value === undefined) return;
      this.#waiting.shift()?.resolve({ value, done: false });
    }
  }

  /** Ends the iteration: quietly, or with an error that the next `next()` throws. */
  end(failure?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#options.onEnd();
    const [first, ...others] = this.#waiting.splice(0);
    if (first === undefined) this.#failure = failure;
    else if (failure === undefined) first.resolve({ value: undefined, done: true });
    else first.reject(failure);
    for (const waiter of others) waiter.resolve({ value: undefined, done: true });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      return Promise.reject(failure);
    }
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    const value = this.#waiting.length === 0 ? this.#options.take() : undefined;
    if (value !== undefined) return Promise.resolve({ value, done: false });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
