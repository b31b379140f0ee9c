import { HlsStreamError } from '../errors.ts';

/**
 * Reads something of fields whose places are known.
 * @throws HlsStreamError CONTAINER_INVALID when it ends before them
 */
export function whole<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new HlsStreamError('CONTAINER_INVALID', `${what} is damaged: it ends too soon`, { cause });
  }
}
