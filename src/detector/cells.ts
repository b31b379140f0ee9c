import type { SmallPicture } from '../frames/picture.ts';

/** A picture as a coarse grid of mean colours: noise averages out, and little is left to compare. */
export interface Cells {
  readonly columns: number;
  readonly rows: number;
  /** Red, green and blue of each cell, 0 to 255, rows from the top. */
  readonly values: Float32Array;
  /** Side of a cell, in pixels. */
  readonly side: number;
  /** Pixels in a row of {@link luma}. */
  readonly width: number;
  /** How bright each pixel is, 0 to 255, rows from the top; the picture's whole height. */
  readonly luma: Float32Array;
}

/** About this many cells lie side by side, whatever the width of the picture. */
const COLUMNS = 40;

/** Averages a picture into square cells. A rim narrower than a cell is left out. */
export function toCells({ width, height, data }: SmallPicture): Cells {
  const side = Math.max(1, Math.min(Math.round(width / COLUMNS), height));
  const columns = Math.floor(width / side);
  const rows = Math.floor(height / side);
  const values = new Float32Array(columns * rows * 3);
  const luma = new Float32Array(width * height);
  for (let at = 0, from = 0; at < luma.length; at += 1, from += 4)
    luma[at] = brightness(data[from] as number, data[from + 1] as number, data[from + 2] as number);
  for (let y = 0; y < rows * side; y += 1) {
    const row = Math.floor(y / side) * columns;
    for (let column = 0; column < columns; column += 1) {
      const from = (y * width + column * side) * 4;
      let [red, green, blue] = [0, 0, 0];
      for (let at = from; at < from + side * 4; at += 4) {
        red += data[at] as number;
        green += data[at + 1] as number;
        blue += data[at + 2] as number;
      }
      const to = (row + column) * 3;
      values[to] = (values[to] as number) + red;
      values[to + 1] = (values[to + 1] as number) + green;
      values[to + 2] = (values[to + 2] as number) + blue;
    }
  }
  const pixels = side * side;
  for (let i = 0; i < values.length; i += 1) values[i] = (values[i] as number) / pixels;
  return { columns, rows, values, side, width, luma };
}

/** How bright the colour is that begins at a place of `values`. */
export function bright(values: Float32Array, at: number): number {
  return brightness(values[at] as number, values[at + 1] as number, values[at + 2] as number);
}

/** How bright a colour is, 0 to 255 (Rec. 601). */
function brightness(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

/** Greatest difference of a cell from another over the channels, the other one multiplied by `gain`. */
export function difference(cells: Float32Array, other: Float32Array, cell: number, gain: Gain): number {
  const at = cell * 3;
  return Math.max(
    Math.abs((cells[at] as number) - Math.min(255, (other[at] as number) * gain[0])),
    Math.abs((cells[at + 1] as number) - Math.min(255, (other[at + 1] as number) * gain[1])),
    Math.abs((cells[at + 2] as number) - Math.min(255, (other[at + 2] as number) * gain[2])),
  );
}

/** Lighting that a shadow, a reflection or the camera's exposure leaves of a colour. */
const DARKEST_SHADOW = 0.5;
const BRIGHTEST_REFLECTION = 1.1;

/** Whether a cell shows the colour of `other` (times `gain`) in other light: all channels by one factor. */
export function sameInOtherLight(
  cells: Float32Array,
  other: Float32Array,
  cell: number,
  gain: Gain,
  tolerance: number,
): boolean {
  const at = cell * 3;
  const [red, green, blue] = [other[at], other[at + 1], other[at + 2]] as [number, number, number];
  const expected = red * gain[0] + green * gain[1] + blue * gain[2];
  const light =
    ((cells[at] as number) + (cells[at + 1] as number) + (cells[at + 2] as number)) / (expected + 1e-3);
  if (light < DARKEST_SHADOW || light > BRIGHTEST_REFLECTION) return false;
  return difference(cells, other, cell, [gain[0] * light, gain[1] * light, gain[2] * light]) <= tolerance;
}

/** A factor for each channel. */
export type Gain = readonly [number, number, number];

/** The picture as it is. */
export const SAME: Gain = [1, 1, 1];
