import type { Cursor } from './store.ts';

/** The place before the first entry of a log, where nothing else is known: no cursor of a store is like it. */
export const LOG_START: Cursor = '0';

/** The cursor of entry `number` (from 0) in a log of this generation. */
export function formatCursor(generation: string, number: number): Cursor {
  return `${generation}-${number}`;
}

/** The number in a cursor of this generation; `undefined` if it is of another, or no cursor at all. */
export function parseCursor(cursor: Cursor, generation: string): number | undefined {
  const digits = cursor.startsWith(`${generation}-`) ? cursor.slice(generation.length + 1) : '';
  return /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
}

/**
 * Whether a log whose `newest` place this is may hold all that came behind `last`, a place that is not in it any more: it
 * was cut off. Otherwise it lost something, be it the last that a primary wrote before a replica took its place.
 */
export function isCutOff(newest: Cursor, last: Cursor): boolean {
  return isSameGeneration(newest, last) && split(newest).number >= split(last).number;
}

/** Whether `one` may be a place behind `other` in the same log: of the same life, and with a greater number. */
export function isAhead(one: Cursor, other: Cursor): boolean {
  return isSameGeneration(one, other) && split(one).number > split(other).number;
}

/** Whether both are places of one life of the store's data. */
export function isSameGeneration(one: Cursor, other: Cursor): boolean {
  return split(one).generation === split(other).generation;
}

function split(cursor: Cursor): { readonly generation: string; readonly number: number } {
  const dash = cursor.lastIndexOf('-');
  return { generation: cursor.slice(0, Math.max(0, dash)), number: Number(cursor.slice(dash + 1)) };
}
