import type { Frame } from '../container/frame.ts';

/** A frame made small: what detectors look at. RGBA, rows from the top. */
export type SmallPicture = Pick<Frame, 'width' | 'height' | 'data'>;

/** No picture is made lower than this, so that a very wide one keeps its details. In pixels. */
const LEAST_HEIGHT = 64;

/**
 * Makes a frame small for detectors: at most `maxWidth` pixels wide (wider only where it would otherwise be
 * lower than 64), same aspect, never larger than it came. A block of 1/16 of the width stays 10 pixels wide,
 * and 4 in a frame of 64. Each pixel is the mean of four samples of the area it stands for, so the cost
 * depends on the size that comes out and not on the size that goes in. The result never shares memory with
 * the frame, whose owner may draw the next one into it.
 */
export function downscale(frame: SmallPicture, maxWidth = 160): SmallPicture {
  const scale = Math.min(1, Math.max(maxWidth / frame.width, LEAST_HEIGHT / frame.height));
  if (scale === 1) return { width: frame.width, height: frame.height, data: frame.data.slice() };
  const width = Math.max(1, Math.round(frame.width * scale));
  const height = Math.max(1, Math.round(frame.height * scale));
  const left = samplePlaces(frame.width, width, 0.25, 4);
  const right = samplePlaces(frame.width, width, 0.75, 4);
  const upper = samplePlaces(frame.height, height, 0.25, frame.width * 4);
  const lower = samplePlaces(frame.height, height, 0.75, frame.width * 4);
  const source = frame.data;
  const data = new Uint8Array(width * height * 4);
  let to = 0;
  for (let y = 0; y < height; y += 1) {
    const up = upper[y] as number;
    const low = lower[y] as number;
    for (let x = 0; x < width; x += 1) {
      const a = up + (left[x] as number);
      const b = up + (right[x] as number);
      const c = low + (left[x] as number);
      const d = low + (right[x] as number);
      data[to] = (at(source, a) + at(source, b) + at(source, c) + at(source, d) + 2) >> 2;
      data[to + 1] = (at(source, a + 1) + at(source, b + 1) + at(source, c + 1) + at(source, d + 1) + 2) >> 2;
      data[to + 2] = (at(source, a + 2) + at(source, b + 2) + at(source, c + 2) + at(source, d + 2) + 2) >> 2;
      data[to + 3] = 255;
      to += 4;
    }
  }
  return { width, height, data };
}

/** Leaves out the alpha channel: a quarter less to carry from process to process. */
export function packRgb(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = at(rgba, from);
    rgb[to + 1] = at(rgba, from + 1);
    rgb[to + 2] = at(rgba, from + 2);
  }
  return rgb;
}

/** Puts back what {@link packRgb} left out. */
export function unpackRgb(rgb: Uint8Array): Uint8Array {
  const rgba = new Uint8Array((rgb.length / 3) * 4);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba[to] = at(rgb, from);
    rgba[to + 1] = at(rgb, from + 1);
    rgba[to + 2] = at(rgb, from + 2);
    rgba[to + 3] = 255;
  }
  return rgba;
}

/** Byte offsets along one side where the samples lie, `phase` of the way through each cell. */
function samplePlaces(from: number, to: number, phase: number, stride: number): Uint32Array {
  const places = new Uint32Array(to);
  for (let i = 0; i < to; i += 1) places[i] = Math.floor(((i + phase) * from) / to) * stride;
  return places;
}

function at(data: Uint8Array, index: number): number {
  return data[index] as number;
}
