import { fromSeconds, type Microseconds, toSeconds } from '../clock.ts';
import type { Picture } from '../frames/picture.ts';
import type { PictureRun } from '../hls/marker-runs.ts';

/** A longer silence between two pictures is a break in the stream. */
const LONGEST_SILENCE = fromSeconds(2);
/** So many pictures are remembered. */
const PICTURES = 512;

/** What is known of the place of a picture in the stream. */
export interface Place {
  readonly run?: PictureRun | undefined;
  /** Seconds by which an event that begins here may have begun earlier; null if nobody knows. */
  readonly uncertainty?: number | null;
  /** A break lies before it: the last PTS seen before that. */
  readonly lastBefore?: Microseconds;
}

/** Where the newest pictures lie in the stream, by their PTS. */
export class Places {
  readonly #places = new Map<Microseconds, Place>();

  /**
   * Takes the next picture.
   * @param before PTS of the one before it
   */
  note(
    { pts, dropped, discontinuity, run }: Pick<Picture, 'pts' | 'dropped' | 'discontinuity' | 'run'>,
    before: Microseconds | undefined,
  ): void {
    // With n lost between two pictures, an event may have begun with any of them, but not with the earlier one.
    const since = before === undefined ? null : toSeconds(((pts - before) * dropped) / (dropped + 1));
    const broken = before !== undefined && (discontinuity || pts - before > LONGEST_SILENCE);
    if (dropped === 0 && !broken && run === undefined) return;
    this.#places.delete(pts);
    this.#places.set(pts, {
      run,
      ...(dropped > 0 && { uncertainty: since === null ? null : Math.max(0, since) }),
      ...(broken && { lastBefore: before }),
    });
    for (const oldest of this.#places.keys()) {
      if (this.#places.size <= PICTURES) break;
      this.#places.delete(oldest);
    }
  }

  /** What is known of the picture at a PTS. */
  at(pts: Microseconds): Place {
    return this.#places.get(pts) ?? {};
  }
}
