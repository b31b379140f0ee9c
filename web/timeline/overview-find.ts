import { type Mark, markAt } from './marks.ts';
import type { LaidOutLane } from './overview-paint.ts';

/** The pointer finds a mark this many pixels away. */
export const REACH = 6;

/** A mark and the row that it lies in. */
export interface FoundMark {
  readonly mark: Mark;
  readonly row: LaidOutLane;
}

/**
 * The mark at a place, within `reach`; without `y` that of the nearest row that has one. Pixels from the upper left
 * corner. Pure.
 */
export function findMark(
  rows: readonly LaidOutLane[],
  x: number,
  y: number | undefined,
  reach: number,
): FoundMark | undefined {
  let best: (FoundMark & { readonly away: number }) | undefined;
  for (const row of rows) {
    // Rows lower than a finger share what lies between them: the nearest head wins.
    const off = y === undefined ? 0 : Math.max(row.top - y, y - row.top - row.height, 0);
    if (off > (reach > REACH ? reach / 2 : 2)) continue;
    const mark = markAt(row.marks, x, reach);
    if (mark === undefined) continue;
    const away = off + Math.max(mark.x - x, x - mark.head, 0);
    if (best === undefined || away < best.away) best = { mark, row, away };
  }
  return best;
}
