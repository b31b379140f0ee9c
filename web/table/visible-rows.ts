/** Which rows of a long list are worth having in the page. Pure; pixels. */

/** Height of every row: fixed, so that the place of each is known without asking the browser. */
export const ROW_HEIGHT = 60;
/** Rows kept ready beyond each edge of what is seen. */
const SPARE = 6;

/** A stretch of rows, from the first to before `end`. */
export interface RowRange {
  readonly first: number;
  readonly end: number;
}

/**
 * The rows to have when the stretch from `from` to `to` of the list is seen, measured from its top. Its length
 * depends on the height seen only, never on how many rows there are.
 */
export function visibleRows(count: number, { from, to }: { from: number; to: number }): RowRange {
  const seen = Math.max(0, Math.ceil((to - from) / ROW_HEIGHT));
  const length = Math.min(count, seen + 1 + 2 * SPARE);
  const first = Math.floor(from / ROW_HEIGHT) - SPARE;
  const start = Math.max(0, Math.min(first, count - length));
  return { first: start, end: start + length };
}
