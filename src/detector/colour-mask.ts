import type { SmallPicture } from '../frames/picture.ts';

/** Which pixels of a picture look mint (#3EB489), one byte each, 1 or 0. */
export interface ColourMask {
  readonly width: number;
  readonly height: number;
  readonly bits: Uint8Array;
  /** How many are set. */
  count: number;
}

/** A rectangle in pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A connected area of the mask. */
export interface Area extends Box {
  /** Pixels set within the box that belong to it. */
  readonly pixels: number;
  /** Mean colour of those pixels, 0 to 255. */
  readonly mean: readonly [number, number, number];
}

/** The colour looked for. */
export const MINT = [0x3e, 0xb4, 0x89] as const;

// One noisy pixel may be far off; it counts when it is roughly mint and clearly greener than red. Grey, however
// noisy, seldom is. Whether an area really has the colour is for its mean to say, where noise has gone.
const PIXEL_TOLERANCE = 56;
const LEAST_GREENNESS = 62;

/** Marks the pixels that look mint. */
export function mintMask({ width, height, data }: SmallPicture): ColourMask {
  const bits = new Uint8Array(width * height);
  let count = 0;
  for (let i = 0, from = 0; i < bits.length; i += 1, from += 4) {
    const green = data[from + 1] as number;
    if (green < MINT[1] - PIXEL_TOLERANCE || green > MINT[1] + PIXEL_TOLERANCE) continue;
    const red = data[from] as number;
    if (red > MINT[0] + PIXEL_TOLERANCE || green - red < LEAST_GREENNESS) continue;
    const blue = data[from + 2] as number;
    if (blue < MINT[2] - PIXEL_TOLERANCE || blue > MINT[2] + PIXEL_TOLERANCE) continue;
    bits[i] = 1;
    count += 1;
  }
  return { width, height, bits, count };
}

/** How many pixels of `box` are set; what lies outside the picture is not. */
export function countIn(mask: ColourMask, box: Box): number {
  const right = Math.min(mask.width, box.x + box.width);
  const bottom = Math.min(mask.height, box.y + box.height);
  let found = 0;
  for (let y = Math.max(0, box.y); y < bottom; y += 1)
    for (let x = Math.max(0, box.x); x < right; x += 1) found += mask.bits[y * mask.width + x] as number;
  return found;
}

/** Clears the pixels of `box`, so that what is explained is not found again. */
export function clearIn(mask: ColourMask, box: Box): void {
  const right = Math.min(mask.width, box.x + box.width);
  const bottom = Math.min(mask.height, box.y + box.height);
  for (let y = Math.max(0, box.y); y < bottom; y += 1) {
    for (let x = Math.max(0, box.x); x < right; x += 1) {
      mask.count -= mask.bits[y * mask.width + x] as number;
      mask.bits[y * mask.width + x] = 0;
    }
  }
}

/**
 * The connected areas of at least `least` pixels, and clears the mask on the way. Pixels join by their sides:
 * two blocks of a chessboard that touch at a corner stay two.
 */
export function takeAreas(mask: ColourMask, { data }: SmallPicture, least: number): Area[] {
  const { width, height, bits } = mask;
  const areas: Area[] = [];
  const open: number[] = [];
  for (let start = 0; mask.count > 0 && start < bits.length; start += 1) {
    if (bits[start] === 0) continue;
    let [left, right, top, bottom, pixels, red, green, blue] = [width, 0, height, 0, 0, 0, 0, 0];
    const visit = (place: number) => {
      if (bits[place] === 0) return;
      bits[place] = 0;
      open.push(place);
    };
    visit(start);
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      const x = place % width;
      const y = (place - x) / width;
      pixels += 1;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      red += data[place * 4] as number;
      green += data[place * 4 + 1] as number;
      blue += data[place * 4 + 2] as number;
      if (x > 0) visit(place - 1);
      if (x < width - 1) visit(place + 1);
      if (y > 0) visit(place - width);
      if (y < height - 1) visit(place + width);
    }
    mask.count -= pixels;
    if (pixels < least) continue;
    areas.push({
      x: left,
      y: top,
      width: right - left + 1,
      height: bottom - top + 1,
      pixels,
      mean: [red / pixels, green / pixels, blue / pixels],
    });
  }
  return areas;
}
