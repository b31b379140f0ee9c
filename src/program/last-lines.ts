/** Longest line that is taken whole, in characters: a program that never ends its line must not make us grow. */
const LONGEST = 4096;

/** Splits text that comes in pieces into lines and remembers the last few. */
export class LastLines {
  readonly #limit: number;
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #remember: (line: string) => string | undefined;
  readonly #lines: string[] = [];
  #partial = '';

  /** Keeps what `remember` makes of the last `limit` lines; `onLine` is called with every one. */
  constructor(
    limit: number,
    onLine?: (line: string) => void,
    remember: (line: string) => string | undefined = (line) => line,
  ) {
    this.#limit = limit;
    this.#onLine = onLine;
    this.#remember = remember;
  }

  /** Takes the next piece of text. */
  add(text: string): void {
    const pieces = (this.#partial + text).split(/\r\n|\n|\r/);
    this.#partial = (pieces.pop() ?? '').slice(-LONGEST);
    for (const line of pieces) this.#keep(line.slice(0, LONGEST));
  }

  /** No more text: what stands in the last, unended line counts too. */
  end(): void {
    if (this.#partial !== '') this.#keep(this.#partial);
    this.#partial = '';
  }

  /** The lines remembered, oldest first. */
  all(): readonly string[] {
    return [...this.#lines];
  }

  #keep(line: string): void {
    if (line.trim() === '') return;
    const kept = this.#remember(line);
    if (kept !== undefined) this.#lines.push(kept);
    if (this.#lines.length > this.#limit) this.#lines.shift();
    this.#onLine?.(line);
  }
}
