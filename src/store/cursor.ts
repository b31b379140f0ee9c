import type { Cursor } from './store.ts';

/** The cursor of entry `number` (from 0) in a log of this generation. */
export function formatCursor(generation: string, number: number): Cursor {
  return `${generation}-${number}`;
}

/** The number in a cursor of this generation; `undefined` if it is of another, or no cursor at all. */
export function parseCursor(cursor: Cursor, generation: string): number | undefined {
  const digits = cursor.startsWith(`${generation}-`) ? cursor.slice(generation.length + 1) : '';
  return /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
}
