import { LONGEST_LINE } from './frame-line.ts';

/** What ends a line. */
export const NEWLINE = 0x0a;

const [TAB, RETURN, SPACE, QUOTE, OPENS, CLOSES] = [0x09, 0x0d, 0x20, 0x22, 0x7b, 0x7d];

/** How many bytes are read in all, at most, to find out where the line begins that ends at one place. */
const MOST_READ = 16 * 1024 * 1024;

/** A line among other bytes. */
export interface FoundLine {
  readonly line: Readonly<Record<string, unknown>>;
  /** Place of its first byte. */
  readonly start: number;
  /** Place behind its end. */
  readonly end: number;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The object that a line holds, its end included; undefined where it is not an object as JSON. */
export function asLine(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  if (bytes[0] !== OPENS || bytes.length > LONGEST_LINE || !isText(bytes, bytes.length - 1)) return undefined;
  try {
    return JSON.parse(utf8.decode(bytes)) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

/** Whether these bytes, which hold no end of a line, may be the beginning of one. Nothing may be. */
export function isEarlyPart(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return true;
  if (bytes[0] !== OPENS || !isText(bytes, bytes.length)) return false;
  const second = firstAfterSpace(bytes, 1);
  return second === undefined || second === QUOTE || second === CLOSES;
}

/** Whether a picture's last bytes are a line: one that was too short has taken it up. */
export function endsWithLine(bytes: Buffer): boolean {
  const end = bytes.length - 1;
  if (bytes[end] !== NEWLINE || !closesAt(bytes, end)) return false;
  const start = textFrom(bytes, Math.max(0, end + 1 - LONGEST_LINE), end);
  return lineWithin(bytes, start, end + 1) !== undefined;
}

/**
 * The first line among these bytes. Where there is none: the place before which none can begin; undefined where none can
 * begin at all.
 */
export function findLine(bytes: Buffer): FoundLine | number | undefined {
  let from = 0;
  for (;;) {
    const end = bytes.indexOf(NEWLINE, from);
    const stop = textFrom(bytes, from, end === -1 ? bytes.length : end);
    if (end === -1) return firstOpening(bytes, Math.max(stop, bytes.length - LONGEST_LINE + 1));
    const start = Math.max(stop, end + 1 - LONGEST_LINE);
    const found = closesAt(bytes, end) ? lineWithin(bytes, start, end + 1) : undefined;
    if (found !== undefined) return found;
    from = end + 1;
  }
}

/** The line that ends before `end`, wherever it begins from `from` on. */
function lineWithin(bytes: Buffer, from: number, end: number): FoundLine | undefined {
  let budget = MOST_READ;
  for (
    let start = bytes.indexOf(OPENS, from);
    start !== -1 && start < end;
    start = bytes.indexOf(OPENS, start + 1)
  ) {
    const second = firstAfterSpace(bytes, start + 1);
    if (second !== QUOTE && second !== CLOSES) continue;
    budget -= end - start;
    if (budget < 0) return undefined;
    const line = asLine(bytes.subarray(start, end));
    if (line !== undefined) return { line, start, end };
  }
  return undefined;
}

function firstOpening(bytes: Buffer, from: number): number | undefined {
  const at = bytes.indexOf(OPENS, from);
  return at === -1 ? undefined : at;
}

/** Where the text that reaches up to `end` begins: JSON holds no control characters but these. */
function textFrom(bytes: Uint8Array, from: number, end: number): number {
  let at = end;
  while (at > from && isTextByte(bytes[at - 1])) at -= 1;
  return at;
}

function isText(bytes: Uint8Array, end: number): boolean {
  for (let at = 0; at < end; at += 1) if (!isTextByte(bytes[at])) return false;
  return true;
}

function isTextByte(byte: number | undefined): boolean {
  return byte !== undefined && (byte >= SPACE || byte === TAB || byte === RETURN);
}

function firstAfterSpace(bytes: Uint8Array, from: number): number | undefined {
  let at = from;
  while (bytes[at] === SPACE || bytes[at] === TAB || bytes[at] === RETURN) at += 1;
  return bytes[at];
}

/** Whether an object may be closed by the last byte before the end of a line that is no space. */
function closesAt(bytes: Uint8Array, end: number): boolean {
  let at = end - 1;
  while (at >= 0 && (bytes[at] === SPACE || bytes[at] === TAB || bytes[at] === RETURN)) at -= 1;
  return bytes[at] === CLOSES;
}
