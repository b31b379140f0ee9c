import type { Cursor } from '../store.ts';

const CURSOR = /^(\d{1,16})-(\d{1,15})$/;

/** Whether this could be a cursor of the Redis engine. */
export function isRedisCursor(cursor: Cursor): boolean {
  return CURSOR.test(cursor);
}

/** Below 0 when `a` comes before `b`, 0 for the same place, above 0 after it. */
export function compareCursors(a: Cursor, b: Cursor): number {
  const [first, second] = [split(a), split(b)];
  return first[0] - second[0] || first[1] - second[1];
}

/** Whether nothing can lie between the two: `next` came right after `cursor`, in the same generation. */
export function isNext(cursor: Cursor, next: Cursor): boolean {
  const [first, second] = [split(cursor), split(next)];
  return first[0] === second[0] && first[1] + 1 === second[1];
}

function split(cursor: Cursor): [generation: number, n: number] {
  const dash = cursor.indexOf('-');
  return [Number(cursor.slice(0, dash)), Number(cursor.slice(dash + 1))];
}
