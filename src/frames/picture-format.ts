/** How a picture for another program is laid out: 8 bits a channel, rows from the top. */
export type PictureFormat = (typeof pictureFormats)[number];

/** The formats that pictures can be had in. */
export const pictureFormats = ['rgb24', 'bgr24', 'rgba', 'gray'] as const;

/** Pixels in another format, made of RGBA; in memory of their own. */
export function toFormat(rgba: Uint8Array, format: PictureFormat): Uint8Array {
  if (format === 'rgba') return new Uint8Array(rgba);
  const pixels = rgba.length >>> 2;
  if (format === 'gray') {
    const gray = new Uint8Array(pixels);
    for (let at = 0, from = 0; at < pixels; at += 1, from += 4) {
      const [red, green, blue] = [rgba[from] as number, rgba[from + 1] as number, rgba[from + 2] as number];
      // Rec. 601, in 1/256.
      gray[at] = (77 * red + 150 * green + 29 * blue + 128) >>> 8;
    }
    return gray;
  }
  const [first, last] = format === 'rgb24' ? [0, 2] : [2, 0];
  const out = new Uint8Array(pixels * 3);
  for (let to = 0, from = 0; to < out.length; to += 3, from += 4) {
    out[to] = rgba[from + first] as number;
    out[to + 1] = rgba[from + 1] as number;
    out[to + 2] = rgba[from + last] as number;
  }
  return out;
}
