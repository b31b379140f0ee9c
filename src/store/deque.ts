/** Below this many dead places a {@link Deque} is not worth packing. */
const PACK_FROM = 64;

/** A list that grows at its end and shrinks at its front, both in amortised constant time. */
export class Deque<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** The item at `index`, counted from the front. */
  at(index: number): T | undefined {
    return this.#items[this.#head + index];
  }

  /** Takes the front item away; `undefined` when there is none. */
  shift(): T | undefined {
    const item = this.at(0);
    this.drop(1);
    return item;
  }

  /** Takes up to `count` items away from the front; says how many went. */
  drop(count: number): number {
    const gone = Math.min(count, this.length);
    const head = this.#head + gone;
    if (head >= PACK_FROM && head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(head);
      this.#head = 0;
    } else {
      // The places are kept for now, what stood there is let go.
      this.#items.fill(undefined, this.#head, head);
      this.#head = head;
    }
    return gone;
  }

  /** A copy of the items from `start` (included) to `end` (not included), counted from the front. */
  slice(start: number, end: number): T[] {
    return this.#items.slice(this.#head + start, this.#head + Math.min(end, this.length)) as T[];
  }
}
