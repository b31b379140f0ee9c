/** Where the picture of a video lies in its element. Pure. */

/** A rectangle; in CSS pixels, or where it says so in those of the device. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * What the picture fills of a box that it is fitted into whole, grown to the edges of the device's pixels: what is
 * painted there is not blurred, and nothing of what lies below is seen beside it.
 * @param box of the element, in CSS pixels of the window
 * @param ratio width of the picture by its height
 * @param scale the device's pixels to one of CSS
 * @returns in pixels of the device
 */
export function pictureArea(box: Area, ratio: number, scale: number): Area {
  const width = Math.min(box.width, box.height * ratio);
  const height = Math.min(box.height, box.width / ratio);
  const [left, right] = grown(box.left + (box.width - width) / 2, width, scale);
  const [top, bottom] = grown(box.top + (box.height - height) / 2, height, scale);
  return { left, top, width: right - left, height: bottom - top };
}

/** Sums of lengths are exact to this, in pixels. */
const ROUNDING = 0.01;

function grown(from: number, length: number, scale: number): [number, number] {
  return [Math.floor(from * scale + ROUNDING), Math.ceil((from + length) * scale - ROUNDING)];
}
