/** Objects up to this size, in bytes, are kept until they are removed: init segments must outlive their run. */
const SMALL = 4096;

/** An object as it was written. */
export interface ObjectWrite {
  readonly path: string;
  readonly chunks: readonly Uint8Array[];
  readonly madeOf: readonly string[];
}

/** The newest writes, for a server that came back without them. */
export class RecentWrites {
  readonly #limit: number;
  readonly #writes = new Map<string, ObjectWrite>();
  #bytes = 0;

  /** @param limit how much is kept, in bytes; small objects come on top */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** All of them, oldest first. */
  all(): readonly ObjectWrite[] {
    return [...this.#writes.values()];
  }

  has(path: string): boolean {
    return this.#writes.has(path);
  }

  add(write: ObjectWrite): void {
    this.forget(write.path);
    this.#writes.set(write.path, write);
    this.#bytes += weight(write);
    for (const old of this.#writes.values()) {
      if (this.#bytes <= this.#limit) return;
      if (weight(old) > 0) this.forget(old.path);
    }
  }

  forget(path: string): void {
    const write = this.#writes.get(path);
    if (write !== undefined && this.#writes.delete(path)) this.#bytes -= weight(write);
  }
}

/** In bytes. */
export function sizeOf({ chunks }: ObjectWrite): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

/** What a write takes of the limit, in bytes. */
function weight(write: ObjectWrite): number {
  const size = sizeOf(write);
  return size <= SMALL ? 0 : size;
}
