import { createCanvas, loadImage } from '@napi-rs/canvas';

/** A picture's pixels: red, green and blue at a place. */
export type Pixels = (x: number, y: number) => readonly [number, number, number];

/** Reads a PNG or JPEG file. */
export async function pixelsOf(file: Buffer): Promise<Pixels> {
  const image = await loadImage(file);
  const canvas = createCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  return (x, y) => {
    const index = (y * image.width + x) * 4;
    return [data[index] ?? 0, data[index + 1] ?? 0, data[index + 2] ?? 0];
  };
}

/** Whether a pixel of a picture without colours is green. @param least how much more than red, in levels */
export function hasColour([red, green]: readonly [number, number, number], least = 60): boolean {
  return green - red > least;
}

/** Edges of something, in pixels. */
export interface Edges {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Edges of all pixels of a picture for which something holds; undefined if there is none. */
export function extent(
  size: { readonly width: number; readonly height: number },
  holds: (x: number, y: number) => boolean,
): Edges | undefined {
  let [left, top, right, bottom] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0];
  for (let y = 0; y < size.height; y += 1) {
    for (let x = 0; x < size.width; x += 1) {
      if (!holds(x, y)) continue;
      left = Math.min(left, x);
      top = Math.min(top, y);
      right = Math.max(right, x + 1);
      bottom = Math.max(bottom, y + 1);
    }
  }
  return right === 0 ? undefined : { left, top, right, bottom };
}
