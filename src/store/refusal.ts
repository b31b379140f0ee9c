import { HlsStreamError } from '../errors.ts';
import type { Cursor, Fence } from './store.ts';

/** What a write is refused with whose lease was taken over. */
export function fencedError(fence: Fence | undefined): HlsStreamError {
  return new HlsStreamError(
    'STORE_FENCED',
    `the lease ${fence?.key} was taken over; fence ${fence?.token} is out of date`,
  );
}

/** What is said of a cursor from which one cannot go on. */
export function badCursor(log: string, cursor: Cursor): HlsStreamError {
  return new HlsStreamError(
    'STORE_BAD_CURSOR',
    `${cursor} is not a place in ${log} now; begin at its oldest entry`,
  );
}

/** @throws HlsStreamError STORE_BAD_VALUE for what is not the limit of a read */
export function assertLimit(limit: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= 10_000) return;
  throw new HlsStreamError('STORE_BAD_VALUE', `read limit ${limit} is not a whole number from 1 to 10000`);
}
