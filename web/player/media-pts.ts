import { fromSeconds, type Microseconds } from '../../src/clock.ts';

/**
 * Which frame a player time names. Dates of playlists are exact to a millisecond, which tells frames apart and no more;
 * what was put into the buffer, and how far from its own times, is exact. Pure.
 */

/** How far a run of the encoder lies from its own times in the buffer, and from where on. All in seconds. */
export interface PtsOffset {
  /** Its Discontinuity Sequence Number. */
  readonly run: number;
  /** Player time of the first of its media that was loaded. */
  readonly from: number;
  /** Player time less PTS. */
  readonly offset: number;
}

/** Sums of seconds are exact to this, in seconds. */
const ROUNDING = 1e-6;

/** The offsets after media of a run was loaded that begins at `pts`, in seconds; ascending by where they hold from. */
export function noteLoaded(
  offsets: readonly PtsOffset[],
  { run, pts, offset }: { readonly run: number; readonly pts: number; readonly offset: number },
): readonly PtsOffset[] {
  const from = pts + offset;
  const known = offsets.find((one) => one.run === run);
  const isSame = known !== undefined && Math.abs(known.offset - offset) <= ROUNDING;
  if (isSame && known.from <= from) return offsets;
  const noted = { run, from, offset: isSame ? known.offset : offset };
  return [...offsets.filter((one) => one !== known), noted].sort((a, b) => a.from - b.from);
}

/** The PTS of the frame presented at a player time, in seconds; undefined before all that was loaded. */
export function ptsAt(offsets: readonly PtsOffset[], time: number): Microseconds | undefined {
  const run = offsets.findLast(({ from }) => from <= time + 2 * ROUNDING);
  return run && fromSeconds(time - run.offset);
}
