import type { Microseconds } from '../clock.ts';
import { difference, SAME } from './cells.ts';

/** What has not been still for some time, as shares of the picture. */
export interface Restlessness {
  /** What differs, and has looked otherwise within that time. */
  readonly moving: number;
  /** What differs no more, but did within that time. */
  readonly freed: number;
  /** Since when all else that differs has been at rest. */
  readonly restSince: Microseconds;
}

/** How the cells look that differ from the background, and since when. */
export class Rest {
  /** Red, green and blue of each cell, 0 to 255, its noise averaged out while it looks the same. */
  readonly looks: Float32Array;
  /** NaN before the first picture. */
  readonly #since: Float64Array;
  /** When a cell last counted as a difference. */
  readonly #countedAt: Float64Array;

  constructor(values: Float32Array) {
    this.looks = values.slice();
    this.#since = new Float64Array(values.length / 3).fill(Number.NaN);
    this.#countedAt = new Float64Array(values.length / 3).fill(Number.NEGATIVE_INFINITY);
  }

  /** Since when a cell has looked as it does. */
  since(cell: number): Microseconds {
    return this.#since[cell] as number;
  }

  /** Takes a cell of the next picture; it is at rest while it `differs` and looks the same within `limit`. */
  follow(
    values: Float32Array,
    cell: number,
    {
      limit,
      pts,
      rate,
      differs,
      counts,
    }: {
      readonly limit: number;
      readonly pts: Microseconds;
      readonly rate: number;
      readonly differs: boolean;
      /** It is foreground, and not only lit otherwise. */
      readonly counts: boolean;
    },
  ): void {
    const still = differs && difference(values, this.looks, cell, SAME) <= limit;
    if (!still || Number.isNaN(this.#since[cell])) this.#since[cell] = pts;
    if (counts) this.#countedAt[cell] = pts;
    for (let at = cell * 3; at < cell * 3 + 3; at += 1) {
      const known = this.looks[at] as number;
      const value = values[at] as number;
      this.looks[at] = still ? known + rate * (value - known) : value;
    }
  }

  /** What has not been still for `time`. */
  restless(foreground: Uint8Array, pts: Microseconds, time: Microseconds): Restlessness {
    let [moving, freed] = [0, 0];
    let restSince = Number.NEGATIVE_INFINITY;
    for (let cell = 0; cell < foreground.length; cell += 1) {
      if (foreground[cell] === 0) {
        if (pts - (this.#countedAt[cell] as number) < time) freed += 1;
        continue;
      }
      const since = this.since(cell);
      if (pts - since < time) moving += 1;
      else restSince = Math.max(restSince, since);
    }
    const all = foreground.length;
    return { moving: moving / all, freed: freed / all, restSince };
  }
}
