/** How many characters behind the first dot a text is found by: enough of a signature to be its only one. */
const KEY_LENGTH = 12;

interface Entry<T> {
  readonly text: string;
  readonly value: T;
}

/**
 * What was found out about texts that come again and again. Each request of thousands of readers comes here, to what
 * the processor has long since forgotten: a look hashes a few characters and touches little memory. It keeps the newest
 * half and the one before it, not an order of use.
 */
export class Recent<T> {
  readonly #most: number;
  #young = new Map<string, Entry<T>>();
  #old = new Map<string, Entry<T>>();

  /** @param most how many texts are kept */
  constructor(most: number) {
    this.#most = most / 2;
  }

  get(text: string): T | undefined {
    const key = keyOf(text);
    let found = this.#young.get(key);
    if (found === undefined && this.#old.size > 0) {
      found = this.#old.get(key);
      if (found !== undefined) this.set(found.text, found.value);
    }
    return found !== undefined && found.text === text ? found.value : undefined;
  }

  set(text: string, value: T): void {
    if (this.#young.size >= this.#most) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(keyOf(text), { text, value });
  }
}

function keyOf(text: string): string {
  const from = text.indexOf('.') + 1;
  return text.slice(from, from + KEY_LENGTH);
}
