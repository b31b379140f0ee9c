/** A stretch of bytes, both ends included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a Range header (RFC 9110 §14.2) for an object of `size` bytes. `undefined`: send the whole object
 * (no range, another unit, malformed, or several ranges, which a server may ignore). `unsatisfiable`: 416.
 * Positions may have any number of digits: rfc8216bis has clients ask up to 2^53 - 1 for what is not whole yet.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  // Elements of a list may be empty (§5.6.1.2).
  const match = /^bytes=[\s,]*(\d*)\s*-\s*(\d*)[\s,]*$/i.exec(header ?? '');
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  if (last !== '' && BigInt(last) < BigInt(first)) return undefined;
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start >= size ? 'unsatisfiable' : { start, end };
}
