/** Layouts of raw pictures that can be read, by their bytes a pixel. */
export const rawFormats = { rgba: 4, rgb24: 3, bgr24: 3, gray: 1, nv12: 1.5, yuv420p: 1.5 } as const;

/** A layout of raw pictures, as given with `--input-format`. */
export type RawFormat = keyof typeof rawFormats;

/** A picture in RGBA, in memory of its own; what already is RGBA comes back as it is. Both sides are even. */
export function toRgba(raw: Uint8Array, format: RawFormat, width: number): Uint8Array {
  if (format === 'rgba') return raw;
  if (format === 'nv12' || format === 'yuv420p') return fromYuv(raw, format, width);
  const step = rawFormats[format];
  const [red, green, blue] = format === 'rgb24' ? [0, 1, 2] : format === 'bgr24' ? [2, 1, 0] : [0, 0, 0];
  const rgba = Buffer.allocUnsafeSlow((raw.length / step) * 4);
  for (let from = 0, to = 0; from < raw.length; from += step, to += 4) {
    rgba[to] = raw[from + red] as number;
    rgba[to + 1] = raw[from + green] as number;
    rgba[to + 2] = raw[from + blue] as number;
    rgba[to + 3] = 255;
  }
  return rgba;
}

/** ITU-R BT.709 with limited range, as cameras and decoders give it, in 1/65536. */
const [LUMA, RED_CR, GREEN_CB, GREEN_CR, BLUE_CB] = [76_309, 117_489, 13_975, 34_925, 138_438];

/** Four pixels share a pair of chroma values: side by side in one plane (nv12), or each in a plane of its own. */
function fromYuv(raw: Uint8Array, format: 'nv12' | 'yuv420p', width: number): Uint8Array {
  const pixels = raw.length / 1.5;
  const [step, secondPlane] = format === 'nv12' ? [2, 1] : [1, pixels / 4];
  // Each value is clamped as it is stored.
  const rgba = new Uint8ClampedArray(new ArrayBuffer(pixels * 4));
  for (let at = 0, x = 0, chroma = pixels, row = pixels; at < pixels; at += 1) {
    const luma = LUMA * ((raw[at] as number) - 16) + 32_768;
    const blue = (raw[chroma] as number) - 128;
    const red = (raw[chroma + secondPlane] as number) - 128;
    const to = at * 4;
    rgba[to] = (luma + RED_CR * red) >> 16;
    rgba[to + 1] = (luma - GREEN_CB * blue - GREEN_CR * red) >> 16;
    rgba[to + 2] = (luma + BLUE_CB * blue) >> 16;
    rgba[to + 3] = 255;
    x += 1;
    if (x % 2 === 0) chroma += step;
    if (x < width) continue;
    // Two rows share one of chroma.
    x = 0;
    if (((at + 1) / width) % 2 === 0) row = chroma;
    else chroma = row;
  }
  return new Uint8Array(rgba.buffer);
}
