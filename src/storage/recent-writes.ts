import { type PendingWrite, sizeOf } from './write-buffer.ts';

/** Objects up to this size, in bytes, are kept until they are removed: init segments must outlive their run. */
const SMALL = 4096;

/** The newest writes, for a server that came back without them. */
export class RecentWrites {
  readonly #limit: number;
  readonly #writes = new Map<string, PendingWrite>();
  #bytes = 0;

  /** @param limit how much is kept, in bytes; small objects come on top */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** All of them, oldest first. */
  all(): readonly PendingWrite[] {
    return [...this.#writes.values()];
  }

  has(path: string): boolean {
    return this.#writes.has(path);
  }

  add(write: PendingWrite): void {
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

/** What a write takes of the limit, in bytes. */
function weight(write: PendingWrite): number {
  const size = sizeOf(write);
  return size <= SMALL ? 0 : size;
}
