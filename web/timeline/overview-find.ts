import type { Lane } from './lanes.ts';
import { layOutMarks, type Mark, markAt, type Scale } from './marks.ts';
import { type LaidOutLane, laneBoxes } from './overview-paint.ts';

const SHAPE = { head: 4, apart: 3, widest: 34 };

/** Lays out the lanes and what they hold for a view, in a canvas of this height. Pure. */
export function layOutLanes(lanes: readonly Lane[], scale: Scale, height: number): readonly LaidOutLane[] {
  const boxes = laneBoxes(lanes.length, height);
  return lanes.map((lane, at) => ({
    lane,
    marks: layOutMarks(lane.index, scale, SHAPE, lane.stack),
    ...(boxes[at] ?? { top: 0, height: 0 }),
  }));
}

/** The mark that begins with the marker of this id; undefined if none does. Pure. */
export function markOf(rows: readonly LaidOutLane[], id: string): Mark | undefined {
  for (const { lane, marks } of rows) {
    const mark = marks.find(({ first }) => lane.index.markers[first]?.id === id);
    if (mark !== undefined) return mark;
  }
  return undefined;
}

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
