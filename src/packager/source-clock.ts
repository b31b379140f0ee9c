import type { Microseconds } from '../clock.ts';

/** Media that comes so many times as fast as the clock goes is catching up. */
const CATCHING_UP = 1.5;

/** After so many frames in time a source is trusted again to have been late only once. */
const TRUSTED = 100;

/** A frame of the source: its own PTS, and when it came, in microseconds of a monotonic clock. */
interface Arrival {
  readonly pts: Microseconds;
  readonly at: Microseconds;
}

/**
 * A frame's PTS in the stream; `late` when its time is over, `break` when it cannot go on with this run. `anchored`
 * by how much: the source's clock was anchored anew, for it runs behind.
 */
export type Placed = { readonly pts: Microseconds; readonly anchored?: Microseconds } | 'late' | 'break';

/**
 * Gives the frames of a source their PTS in the stream, for one run: its own PTS and an offset, to the microsecond.
 * A frame whose time is over is late. One alone is dropped, and so are those of a burst that catches up, for then
 * the clock was right and the way was slow. But when frames go on coming late the source's clock is behind, and is
 * anchored anew: from then on they are shown as they come. Pure.
 */
export class SourceClock {
  readonly #jump: Microseconds;
  #offset: Microseconds;
  /** The last frame that was shown. */
  #shown: Arrival | undefined;
  /** The first of the frames in a row that were late. */
  #late: Arrival | undefined;
  #inTime = TRUSTED;

  /**
   * @param offset what is added to the source's PTS to get the stream's
   * @param jump PTS that go this much further than the clock, or back, are a break
   */
  constructor(offset: Microseconds, jump: Microseconds) {
    this.#offset = offset;
    this.#jump = jump;
  }

  /**
   * Where a frame goes.
   * @param used PTS of the newest picture in the run, which may be a repeated one; undefined before the first
   * @param silent it ends a silence
   */
  place(frame: Arrival, used: Microseconds | undefined, silent: boolean): Placed {
    const shown = this.#shown;
    if (shown === undefined || used === undefined) return this.#show(frame);
    const step = frame.pts - shown.pts;
    const elapsed = frame.at - shown.at;
    if (step - elapsed > this.#jump || step < -this.#jump) return 'break';
    if (frame.pts + this.#offset > used) {
      this.#inTime += 1;
      return this.#show(frame);
    }
    if (step <= 0 && !silent) return 'late';
    const since = this.#late ?? shown;
    const doubted = silent || this.#late !== undefined || this.#inTime < TRUSTED;
    this.#late ??= frame;
    const catchesUp = frame.pts - since.pts > CATCHING_UP * (frame.at - since.at);
    if (!silent && (!doubted || (catchesUp && frame.at - this.#late.at < this.#jump))) return 'late';
    const now = shown.pts + this.#offset + elapsed;
    const anchored = Math.max(now, used + 1) - (frame.pts + this.#offset);
    this.#offset += anchored;
    this.#inTime = 0;
    return { ...this.#show(frame), anchored };
  }

  #show(frame: Arrival): { readonly pts: Microseconds } {
    this.#shown = frame;
    this.#late = undefined;
    return { pts: frame.pts + this.#offset };
  }
}
