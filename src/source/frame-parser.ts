import { isAlone, LONGEST_LINE } from './frame-line.ts';
import { asLine, endsWithLine, findLine, isEarlyPart, NEWLINE } from './line-search.ts';

/** A line of JSON, not checked but for being an object. */
type JsonLine = Readonly<Record<string, unknown>>;

/** What a {@link FrameParser} finds in a stream of lines and pictures. */
export type ParsedFrame =
  | { readonly type: 'frame'; readonly line: JsonLine; readonly pixels: Buffer }
  /** A line that has no picture. */
  | { readonly type: 'alone'; readonly line: JsonLine }
  /** Where a line had to be, there is none. `line` is that of the picture before it, which is not given out then. */
  | { readonly type: 'lost'; readonly line: JsonLine | undefined; readonly came: Buffer }
  /** Two lines are so many bytes apart, which no picture is; said once while the place is lost. */
  | { readonly type: 'apart'; readonly bytes: number }
  /** Frames go on. `skipped`: how many bytes came between the last line that counted and this one. */
  | { readonly type: 'found'; readonly skipped: number };

/** A picture that is whole. */
interface Whole {
  readonly line: JsonLine;
  readonly pixels: Buffer;
  /** It was given out already. */
  readonly given: boolean;
}

/**
 * Takes a stream apart into lines of JSON and the pictures behind them, however it comes in pieces. A picture is given
 * out when another line begins right behind it, so that one of the wrong length is never shown; or, see {@link idle},
 * when nothing at all comes behind it. Once its place is lost, a line counts only when another one begins right behind
 * its pixels. A line that stands alone counts as one whose picture has no bytes. Holds a picture and two lines at most. Pure.
 */
export class FrameParser {
  readonly #size: number;
  /** The line whose pixels are coming; undefined while a line is. */
  #current: JsonLine | undefined;
  #pixels: Buffer;
  #filled = 0;
  #whole: Whole | undefined;
  /** What came of a line that is not whole yet. */
  #begun: Buffer = Buffer.alloc(0);
  /** What came since the place was lost, from the first byte that may begin a line. */
  #search: Buffer | undefined;
  /** How many bytes came before those. */
  #searched = 0;
  /** Where the pixels of the newest line would begin that did not count; `told` once its distance was told. */
  #refused: number | 'told' | undefined;

  /** @param size bytes of a picture */
  constructor(size: number) {
    this.#size = size;
    this.#pixels = Buffer.alloc(0);
  }

  /** Bytes of a picture that is not whole. */
  get rest(): number {
    return this.#current === undefined ? this.#begun.length : this.#filled;
  }

  /** Bytes held in all. */
  get held(): number {
    const whole = this.#whole?.pixels.length ?? 0;
    const coming = this.#current === undefined ? 0 : this.#size;
    return whole + coming + this.#begun.length + (this.#search?.length ?? 0);
  }

  /** Whether a whole picture waits for what comes behind it. */
  get waits(): boolean {
    return this.#whole?.given === false && this.#current === undefined;
  }

  /** Takes the next bytes. */
  push(chunk: Uint8Array): ParsedFrame[] {
    const out: ParsedFrame[] = [];
    let rest: Buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (rest.length > 0) {
      if (this.#search !== undefined) rest = this.#look(rest, out);
      else if (this.#current !== undefined) rest = this.#fill(rest);
      else rest = this.#readLine(rest, out);
    }
    return out;
  }

  /** Nothing has come for a while: a whole picture is given out, unless a line has got into it. */
  idle(): ParsedFrame[] {
    const whole = this.#whole;
    if (!this.waits || whole === undefined || endsWithLine(whole.pixels)) return [];
    return this.#giveWhole();
  }

  /** The input has ended: that is as good as a line. */
  end(): ParsedFrame[] {
    return this.#begun.length === 0 ? this.idle() : [];
  }

  #giveWhole(): ParsedFrame[] {
    const whole = this.#whole;
    if (whole === undefined || whole.given) return [];
    this.#whole = { ...whole, given: true };
    const { line, pixels } = whole;
    return [isAlone(line) ? { type: 'alone', line } : { type: 'frame', line, pixels }];
  }

  #fill(rest: Buffer): Buffer {
    const piece = rest.subarray(0, this.#size - this.#filled);
    this.#pixels.set(piece, this.#filled);
    this.#filled += piece.length;
    if (this.#filled === this.#size && this.#current !== undefined) {
      this.#whole = { line: this.#current, pixels: this.#pixels, given: false };
      this.#current = undefined;
    }
    return rest.subarray(piece.length);
  }

  #readLine(rest: Buffer, out: ParsedFrame[]): Buffer {
    const end = rest.indexOf(NEWLINE);
    const piece = end === -1 ? rest : rest.subarray(0, end + 1);
    // Copied: what comes in may be used again by whoever reads.
    const come = Buffer.concat([this.#begun, piece]);
    const line = end === -1 || come.length > LONGEST_LINE ? undefined : asLine(come);
    if (line === undefined && end === -1 && come.length < LONGEST_LINE && isEarlyPart(come)) {
      this.#begun = come;
      return rest.subarray(piece.length);
    }
    this.#begun = Buffer.alloc(0);
    if (line !== undefined) {
      out.push(...this.#giveWhole());
      this.#begin(line);
      return rest.subarray(piece.length);
    }
    const whole = this.#whole;
    out.push({ type: 'lost', line: whole?.line, came: come.subarray(0, 64) });
    this.#search = Buffer.concat(whole === undefined ? [come] : [whole.pixels, come]);
    this.#searched = 0;
    // Pixels of the line that was taken for one begin there.
    this.#refused = whole === undefined ? undefined : 0;
    this.#whole = undefined;
    return this.#look(rest.subarray(piece.length), out);
  }

  #sizeOf(line: JsonLine): number {
    return isAlone(line) ? 0 : this.#size;
  }

  #begin(line: JsonLine): void {
    this.#whole = isAlone(line) ? { line, pixels: Buffer.alloc(0), given: false } : undefined;
    if (this.#whole !== undefined) {
      this.#current = undefined;
      return;
    }
    this.#current = line;
    this.#pixels = Buffer.allocUnsafeSlow(this.#size);
    this.#filled = 0;
  }

  /** Looks for a line with another one right behind its pixels; returns what is left when there is one. */
  #look(more: Buffer, out: ParsedFrame[]): Buffer {
    let search = this.#search === undefined ? more : Buffer.concat([this.#search, more]);
    for (;;) {
      const found = findLine(search);
      if (found === undefined || typeof found === 'number') {
        // Nothing before this place can begin a line.
        const from = found ?? search.length;
        this.#searched += from;
        this.#search = Buffer.from(search.subarray(from));
        return Buffer.alloc(0);
      }
      const at = this.#searched + found.start;
      const size = this.#sizeOf(found.line);
      const behind = search.subarray(found.end + size);
      const end = behind.indexOf(NEWLINE);
      const next = end === -1 ? undefined : asLine(behind.subarray(0, end + 1));
      if (next !== undefined) {
        const pixels = Buffer.from(search.subarray(found.end, found.end + size));
        this.#whole = { line: found.line, pixels, given: false };
        out.push({ type: 'found', skipped: at }, ...this.#giveWhole());
        this.#search = undefined;
        this.#begin(next);
        return behind.subarray(end + 1);
      }
      const short = search.length < found.end + size;
      if (short || (end === -1 && behind.length < LONGEST_LINE && isEarlyPart(behind))) {
        this.#searched += found.start;
        this.#search = Buffer.from(search.subarray(found.start));
        return Buffer.alloc(0);
      }
      if (typeof this.#refused === 'number') out.push({ type: 'apart', bytes: at - this.#refused });
      this.#refused = this.#refused === undefined ? at + found.end - found.start : 'told';
      this.#searched += found.start + 1;
      search = search.subarray(found.start + 1);
    }
  }
}
