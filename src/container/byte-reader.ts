/** Reads a stream of chunks by counts of bytes. Takes from the input only what it is asked for. */
export class ByteReader {
  readonly #input: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #position = 0;

  constructor(input: AsyncIterable<Uint8Array>) {
    this.#input = input[Symbol.asyncIterator]();
  }

  /** How many bytes have been taken or passed over, those before an early end included. */
  get position(): number {
    return this.#position;
  }

  /** Waits until there is something to take; false if the stream ends instead. */
  ready(): Promise<boolean> {
    return this.#more();
  }

  /** The next `count` bytes, in memory of their own; `undefined` if the stream ends before them. */
  async take(count: number): Promise<Buffer | undefined> {
    const bytes = Buffer.allocUnsafeSlow(count);
    let filled = 0;
    while (filled < count) {
      if (!(await this.#more())) return undefined;
      const piece = this.#chunk.subarray(this.#offset, this.#offset + count - filled);
      bytes.set(piece, filled);
      filled += piece.length;
      this.#advance(piece.length);
    }
    return bytes;
  }

  /** Passes over `count` bytes; false if the stream ends before. */
  async skip(count: number): Promise<boolean> {
    let left = count;
    while (left > 0) {
      if (!(await this.#more())) return false;
      const step = Math.min(left, this.#chunk.length - this.#offset);
      this.#advance(step);
      left -= step;
    }
    return true;
  }

  /** Nothing more is wanted: frees the input. */
  async close(): Promise<void> {
    await this.#input.return?.();
  }

  #advance(count: number): void {
    this.#offset += count;
    this.#position += count;
  }

  async #more(): Promise<boolean> {
    while (this.#offset >= this.#chunk.length) {
      const next = await this.#input.next();
      if (next.done) return false;
      this.#chunk = next.value;
      this.#offset = 0;
    }
    return true;
  }
}
