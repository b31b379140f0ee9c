import { deserialize, serialize } from 'node:v8';
import { HlsStreamError } from '../../errors.ts';
import type { LogEntry, StoreValue } from '../store.ts';

/** Values as bytes in Redis: node:v8's format, which carries typed arrays and dates as the Map engine does. */
export function toBytes(value: StoreValue): Buffer {
  try {
    return serialize(value);
  } catch (cause) {
    throw new HlsStreamError('STORE_BAD_VALUE', `not structured data: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** The value in these bytes; STORE_BAD_VALUE for bytes that this program did not write. */
export function fromBytes(bytes: Buffer): StoreValue {
  try {
    return deserialize(bytes);
  } catch (cause) {
    throw new HlsStreamError(
      'STORE_BAD_VALUE',
      'a value in Redis was not written by hlsstream; choose another --store-prefix',
      { cause },
    );
  }
}

/** An entry as Redis gives it: its ID, and fields and values in turn. */
export type RawEntry = readonly [id: Buffer, fields: readonly Buffer[]];

/** The entry behind Redis's answer. */
export function toEntry([id, fields]: RawEntry): LogEntry {
  return { cursor: id.toString('latin1'), value: fromBytes(fields[1] as Buffer) };
}
