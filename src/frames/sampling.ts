import { fromSeconds, type Microseconds } from '../clock.ts';
import { downscale, inPlaceOf, type Picture } from './picture.ts';

/** How pictures are wanted. */
export interface PictureView {
  /** Widest picture, in pixels. @default as they come */
  readonly width?: number | undefined;
  /** At most so many a second. @default all */
  readonly fps?: number | undefined;
}

/** A picture that comes so much before its time still counts for it, in microseconds. */
const EARLY: Microseconds = fromSeconds(0.002);

/** Picks the pictures that are wanted, in the size in which they are; undefined for one that is not. */
export function createSampling({ width, fps }: PictureView): (picture: Picture) => Picture | undefined {
  const interval = fps === undefined ? 0 : fromSeconds(1 / fps);
  let due = Number.NEGATIVE_INFINITY;
  let leftOut: Picture | undefined;
  return (came) => {
    const picture = leftOut === undefined ? came : inPlaceOf(leftOut, came, 0);
    const { pts } = picture;
    // A clock that was set back begins anew.
    if (pts < due - EARLY && pts > due - 2 * interval && !picture.discontinuity) {
      leftOut = picture;
      return undefined;
    }
    leftOut = undefined;
    due = Math.abs(pts - due) > interval ? pts + interval : due + interval;
    return width === undefined || picture.width <= width
      ? picture
      : { ...picture, ...downscale(picture, width) };
  };
}
