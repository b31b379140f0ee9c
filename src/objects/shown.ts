import type { Microseconds } from '../clock.ts';
import { frontLength } from '../hls/bisect.ts';
import type { FrameObject } from '../hls/frame-objects.ts';

/** Which objects belong to a frame. Pure, and the same for the page and for clips. */

/** What one source said of one frame. */
export interface SeenObjects {
  readonly pts: Microseconds;
  readonly source: string;
  readonly objects: readonly FrameObject[];
}

/** What to draw of one source on one frame. */
export interface ShownObjects {
  readonly source: string;
  readonly objects: readonly FrameObject[];
  /** They were seen in this very frame; else in the last one looked at, not longer ago than from one look to the next. */
  readonly exact: boolean;
}

/** Browsers round where they place a frame: a PTS this near is that of the same frame. */
export const SAME_FRAME: Microseconds = 3;

/** The time from one look to the next is taken from so many looks before; where few are known, from those after. */
const LOOKS = 6;
const FEW = 2;

/** What to draw on the frame of this PTS of one source. @param entries what it said of frames, oldest first */
export function shownOf(entries: readonly SeenObjects[], pts: Microseconds): ShownObjects | undefined {
  const at =
    frontLength(entries.length, (index) => (entries[index] as SeenObjects).pts <= pts + SAME_FRAME) - 1;
  const entry = entries[at];
  if (entry === undefined) return undefined;
  const { source, objects } = entry;
  const age = pts - entry.pts;
  if (age <= SAME_FRAME) return { source, objects, exact: true };
  return age <= intervalAt(entries, at) + SAME_FRAME ? { source, objects, exact: false } : undefined;
}

/** How long it usually is from one look to the next, there; 0 as long as there was only one. */
function intervalAt(entries: readonly SeenObjects[], at: number): Microseconds {
  const from = Math.max(0, at - LOOKS);
  const near = entries.slice(from, at - from < FEW ? from + LOOKS : at + 1);
  const lengths = near.slice(1).map(({ pts }, index) => pts - (near[index] as SeenObjects).pts);
  return lengths.sort((a, b) => a - b)[(lengths.length - 1) >> 1] ?? 0;
}
