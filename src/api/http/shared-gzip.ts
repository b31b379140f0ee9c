import { constants, deflateRawSync } from 'node:zlib';

/** How a gzip stream begins: no time, no name, any system (RFC 1952 §2.3). */
export const GZIP_HEAD = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/** A stored block holds no more, in bytes (RFC 1951 §3.2.4). */
const MOST_STORED = 0xffff;

/**
 * Text as a part of a gzip stream: blocks that end with a byte and need nothing that came before, so that what is made once
 * goes into the streams of any number of clients. Such a stream has no end of its own: it ends with its connection.
 */
export function gzipPart(text: string): Buffer {
  return deflateRawSync(text, { level: constants.Z_BEST_SPEED, finishFlush: constants.Z_SYNC_FLUSH });
}

/** The same for what one client alone is told, which is not worth compressing: stored as it is. */
export function storedPart(text: string): Buffer {
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let from = 0; from < bytes.length; from += MOST_STORED) {
    const piece = bytes.subarray(from, from + MOST_STORED);
    const head = Buffer.alloc(5);
    head.writeUInt16LE(piece.length, 1);
    head.writeUInt16LE(MOST_STORED - piece.length, 3);
    parts.push(head, piece);
  }
  return Buffer.concat(parts);
}
