/**
 * EBML (RFC 8794): the binary tree that Matroska is written in. An element is an id, a size and a body;
 * sizes are variable-length integers, and all bits set means "unknown".
 */

/** Element ids of Matroska (RFC 9559 §5), with their length marker, as they stand in the file. */
export const ids = {
  ebml: 0x1a45dfa3,
  ebmlVersion: 0x4286,
  ebmlReadVersion: 0x42f7,
  ebmlMaxIdLength: 0x42f2,
  ebmlMaxSizeLength: 0x42f3,
  docType: 0x4282,
  docTypeVersion: 0x4287,
  docTypeReadVersion: 0x4285,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  muxingApp: 0x4d80,
  writingApp: 0x5741,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  flagLacing: 0x9c,
  codecId: 0x86,
  defaultDuration: 0x23e383,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  uncompressedFourCC: 0x2eb524,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
} as const;

/** An element with its body, ready to be written. The size takes one byte below 127, else eight. */
export function element(id: number, ...body: readonly Uint8Array[]): Buffer {
  const size = body.reduce((sum, bytes) => sum + bytes.length, 0);
  return Buffer.concat([idBytes(id), size < 127 ? Buffer.of(0x80 | size) : longSize(size), ...body]);
}

/** An element that holds an unsigned integer (RFC 8794 §7.2), written in eight bytes. */
export function unsigned(id: number, value: number): Buffer {
  const body = Buffer.alloc(8);
  body.writeBigUInt64BE(BigInt(value));
  return element(id, body);
}

/** An element that holds ASCII text (RFC 8794 §7.4). */
export function text(id: number, value: string): Buffer {
  return element(id, Buffer.from(value, 'latin1'));
}

/** An element's id as bytes. */
export function idBytes(id: number): Buffer {
  const length = id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1;
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(id, 0, length);
  return bytes;
}

/** A size of up to 2^53 − 1 as an eight-byte variable-length integer (RFC 8794 §4). */
export function longSize(size: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE((1n << 56n) | BigInt(size));
  return bytes;
}

/** The size of an element whose end is not known when it begins (RFC 8794 §6.2). */
export const unknownSize: Uint8Array = Buffer.from('01ffffffffffffff', 'hex');
