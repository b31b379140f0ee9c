import type { EpochMicroseconds, Microseconds } from '../clock.ts';
import type { Filler } from './filler.ts';
import { lastListed } from './live-edge.ts';
import { listedOpenParts, type MediaState } from './playlist-log.ts';

/** Listed media, without a break, that shows no pictures of the source. */
export interface FillerRange extends Filler {
  readonly pts: Microseconds;
  readonly duration: Microseconds;
  readonly date: EpochMicroseconds;
}

/** More of this silence: it runs on where the other ends. Rounding of dates is no break. */
function joins(range: FillerRange, { kind, since, pts }: FillerRange): boolean {
  return range.kind === kind && range.since === since && Math.abs(range.pts + range.duration - pts) <= 2;
}

/** Where the listed media shows no pictures of the source, oldest first. */
export function fillerRanges(state: MediaState): FillerRange[] {
  const ranges: FillerRange[] = [];
  for (const { filler, pts, duration, date } of [...state.segments, ...listedOpenParts(state)]) {
    if (filler === undefined) continue;
    const range = { ...filler, pts, duration, date };
    const before = ranges.at(-1);
    if (before !== undefined && joins(before, range))
      ranges[ranges.length - 1] = { ...before, duration: pts + duration - before.pts };
    else ranges.push(range);
  }
  return ranges;
}

/** The silence that the newest listed media fills; undefined while it shows pictures of the source. */
export function presentFiller(state: MediaState): Filler | undefined {
  return lastListed(state)?.filler;
}
