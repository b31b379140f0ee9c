/** Layouts of raw pictures that can be read, by their bytes a pixel. */
export const rawFormats = { rgba: 4, rgb24: 3, bgr24: 3, gray: 1 } as const;

/** A layout of raw pictures, as given with `--input-format`. */
export type RawFormat = keyof typeof rawFormats;

/** A picture in RGBA, in memory of its own; what already is RGBA comes back as it is. */
export function toRgba(raw: Uint8Array, format: RawFormat): Uint8Array {
  if (format === 'rgba') return raw;
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
