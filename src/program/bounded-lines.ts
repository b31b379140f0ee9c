/** What becomes of the lines. */
export interface BoundedLinesOptions {
  /** Longest line that is taken, in bytes. */
  readonly longest: number;
  onLine(line: string): void;
  /** A line is longer: it is left out, whatever its length. Called once for each. */
  onTooLong(): void;
}

/** Splits bytes that come in pieces into lines, and never keeps more than one of the longest. */
export class BoundedLines {
  readonly #options: BoundedLinesOptions;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #tooLong = false;

  constructor(options: BoundedLinesOptions) {
    this.#options = options;
  }

  /** Takes the next bytes. */
  add(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      const end = chunk.indexOf(10, at);
      this.#take(chunk.subarray(at, end === -1 ? chunk.length : end));
      if (end === -1) return;
      this.#finish();
      at = end + 1;
    }
  }

  #take(piece: Buffer): void {
    if (this.#tooLong) return;
    this.#bytes += piece.length;
    if (this.#bytes <= this.#options.longest) {
      this.#pieces.push(piece);
      return;
    }
    this.#tooLong = true;
    this.#pieces = [];
    this.#options.onTooLong();
  }

  #finish(): void {
    const line = this.#tooLong ? undefined : Buffer.concat(this.#pieces).toString();
    this.#pieces = [];
    this.#bytes = 0;
    this.#tooLong = false;
    if (line !== undefined) this.#options.onLine(line);
  }
}
