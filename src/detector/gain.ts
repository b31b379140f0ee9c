import { type Gain, SAME } from './cells.ts';

/** No factor beyond this is taken for the camera's exposure, nor below its inverse. */
const GREATEST_GAIN = 2.5;
/** Cells darker than this say nothing of a factor. */
const DARK = 12;

/**
 * How much brighter than `other` the picture is as a whole: the median of the cells' ratios, so that an object
 * in up to half of the picture does not count. Cameras set their exposure anew when somebody walks in, and
 * dusk falls on everything alike.
 */
export function commonGain(cells: Float32Array, other: Float32Array): Gain {
  const gain = [1, 1, 1];
  const ratios = new Float32Array(cells.length / 3);
  for (let channel = 0; channel < 3; channel += 1) {
    let count = 0;
    for (let at = channel; at < cells.length; at += 3) {
      const value = other[at] as number;
      if (value < DARK) continue;
      ratios[count] = (cells[at] as number) / value;
      count += 1;
    }
    if (count < ratios.length / 10) continue;
    const middle = ratios.subarray(0, count).sort()[count >> 1] as number;
    // What is more is another scene, or another light.
    if (middle > GREATEST_GAIN || middle < 1 / GREATEST_GAIN) return SAME;
    gain[channel] = middle;
  }
  return [gain[0] as number, gain[1] as number, gain[2] as number];
}

/** A greater factor, or a lesser one than its inverse, is more than exposure that settles. */
const EXPOSURE = 1.2;

/** Whether a common factor is that of another light. */
export function isOtherLight(gain: Gain): boolean {
  return Math.max(...gain) > EXPOSURE || Math.min(...gain) < 1 / EXPOSURE;
}
