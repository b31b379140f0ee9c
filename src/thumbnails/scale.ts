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

/**
 * The frame in a tile, in memory of its own, opaque: each pixel the mean of 16 samples of its area. A frame of another
 * aspect than the tile's, from a source that changed its shape, stands in the middle of black and is not stretched.
 */
export function scaleFrame(frame: Frame, tile: PictureSize): Uint8ClampedArray<ArrayBuffer> {
  const { data } = frame;
  const small = new Uint8ClampedArray(tile.width * tile.height * 4);
  for (let at = 3; at < small.length; at += 4) small[at] = 255;
  const { width, height } = fitted(frame, tile);
  const [left, top] = [(tile.width - width) >> 1, (tile.height - height) >> 1];
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
      const to = ((top + y) * tile.width + left + x) * 4;
      small[to] = red / SAMPLES ** 2;
      small[to + 1] = green / SAMPLES ** 2;
      small[to + 2] = blue / SAMPLES ** 2;
    }
  }
  return small;
}

/** The largest size of a picture inside a tile; all of the tile where only rounding tells them apart. */
function fitted(picture: PictureSize, tile: PictureSize): PictureSize {
  const scale = Math.min(tile.width / picture.width, tile.height / picture.height);
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  const same = Math.abs(width - tile.width) <= 1 && Math.abs(height - tile.height) <= 1;
  return same ? tile : { width, height };
}

function places(from: number, to: number): Uint32Array {
  const count = to * SAMPLES;
  return Uint32Array.from({ length: count }, (_, index) => Math.floor(((index + 0.5) * from) / count));
}
