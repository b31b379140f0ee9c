import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { HlsStreamError } from '../../errors.ts';
import type { KeptEntry } from '../memory/journal.ts';
import type { StoreValue } from '../store.ts';

/**
 * What the Map's records look like in LevelDB. A key is a kind, a colon and a name; in front of each value stands a
 * CRC-32 of key and value, since LevelDB does not look at its own checks whenever it reads.
 */

/** Version of all of this. A newer one is refused, an older one is brought here when it is opened. */
export const STORE_SCHEMA = 1;

/** What every store begins with. */
export interface Header {
  readonly schema: number;
  /** In the cursors of this life of the data. */
  readonly generation: string;
}

/** Key of the {@link Header}. */
export const HEADER_KEY = 'header';

/** Key of a record that is there while the store is closed in good order: nothing can have been lost since. */
export const CLOSED_KEY = 'closed';

/** Key of the number below which fence tokens may have been given. */
export const TOKENS_KEY = 'tokens';

/** Kinds of records that have a name. */
export type Kind = 'value' | 'token' | 'numbers' | 'entry';

/** Digits of an entry's number in its key, so that keys sort as numbers do. */
const DIGITS = 15;

/** Key of a record. */
export function recordKey(kind: Exclude<Kind, 'entry'>, name: string): string {
  return `${kind}:${name}`;
}

/** Key of an entry of a log. */
export function entryKey(log: string, number: number): string {
  return `entry:${log}:${String(number).padStart(DIGITS, '0')}`;
}

/** What a key says; undefined for one without a name. */
export function parseKey(key: string): { readonly kind: Kind; readonly name: string } | undefined {
  const colon = key.indexOf(':');
  if (colon === -1) return undefined;
  const kind = key.slice(0, colon) as Kind;
  return { kind, name: kind === 'entry' ? key.slice(colon + 1, -DIGITS - 1) : key.slice(colon + 1) };
}

/** An entry as a record holds it. */
export function packEntry({ number, value, id, previous }: KeptEntry): StoreValue {
  return id === undefined ? [number, previous, value] : [number, previous, value, id];
}

/** The entry in a record. */
export function unpackEntry(record: StoreValue): KeptEntry {
  const [number, previous, value, id] = record as [number, number, StoreValue, string?];
  return { number, previous, value, ...(id !== undefined && { id }) };
}

/** A value as bytes with their check. @throws HlsStreamError STORE_BAD_VALUE for what is not structured data */
export function toRecord(key: string, value: StoreValue): Buffer {
  let body: Buffer;
  try {
    body = serialize(value);
  } catch (cause) {
    throw new HlsStreamError('STORE_BAD_VALUE', `not structured data: ${(cause as Error).message}`, {
      cause,
    });
  }
  const record = Buffer.allocUnsafe(body.length + 4);
  record.writeUInt32LE(crc32(body, crc32(key)));
  body.copy(record, 4);
  return record;
}

/** The value in a record; undefined where its bytes are not those that were written. */
export function fromRecord(key: string, record: Buffer): { readonly value: StoreValue } | undefined {
  if (record.length < 5) return undefined;
  const body = record.subarray(4);
  if (record.readUInt32LE() !== crc32(body, crc32(key))) return undefined;
  try {
    return { value: deserialize(body) };
  } catch {
    return undefined;
  }
}
