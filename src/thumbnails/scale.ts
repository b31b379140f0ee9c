import type { Frame } from '../container/frame.ts';

/** Size of a picture, in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** A tile is at most so many times as wide as it is high allowed to be. */
const WIDEST = 4;

/** The size of a tile for pictures of this size: same aspect, no larger than they are, at least one pixel. */
export function tileSize(picture: PictureSize, height: number): PictureSize {
  const scale = Math.min(1, height / picture.height, (WIDEST * height) / picture.width);
  return {
    width: Math.max(1, Math.round(picture.width * scale)),
    height: Math.max(1, Math.round(picture.height * scale)),
  };
}

/** Samples a side that make one pixel: the cost depends on the size that comes out, not on what goes in. */
const SAMPLES = 4;

/** The frame at the size of a tile, in memory of its own, opaque: each pixel the mean of 16 samples of its area. */
export function scaleFrame(frame: Frame, { width, height }: PictureSize): Uint8ClampedArray<ArrayBuffer> {
  const { data } = frame;
  const small = new Uint8ClampedArray(width * height * 4);
  const columns = places(frame.width, width);
  const rows = places(frame.height, height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let j = y * SAMPLES; j < (y + 1) * SAMPLES; j += 1) {
        const row = (rows[j] as number) * frame.width;
        for (let i = x * SAMPLES; i < (x + 1) * SAMPLES; i += 1) {
          const at = (row + (columns[i] as number)) * 4;
          red += data[at] as number;
          green += data[at + 1] as number;
          blue += data[at + 2] as number;
        }
      }
      const to = (y * width + x) * 4;
      small[to] = red / SAMPLES ** 2;
      small[to + 1] = green / SAMPLES ** 2;
      small[to + 2] = blue / SAMPLES ** 2;
      small[to + 3] = 255;
    }
  }
  return small;
}

function places(from: number, to: number): Uint32Array {
  const count = to * SAMPLES;
  return Uint32Array.from({ length: count }, (_, index) => Math.floor(((index + 0.5) * from) / count));
}
