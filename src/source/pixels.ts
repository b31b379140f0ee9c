/** Layouts of raw pictures that can be read, by their bytes a pixel. */
export const rawFormats = { rgba: 4, rgb24: 3, bgr24: 3, gray: 1, nv12: 1.5, yuv420p: 1.5 } as const;

/** A layout of raw pictures, as given with `--input-format`. */
export type RawFormat = keyof typeof rawFormats;

/** A picture in RGBA, in memory of its own; what already is RGBA comes back as it is. Both sides are even. */
export function toRgba(raw: Uint8Array, format: RawFormat, width: number): Uint8Array {
  if (format === 'rgba') return raw;
  if (format === 'nv12' || format === 'yuv420p') return fromYuv(raw, format, width);
  const rgba = Buffer.allocUnsafeSlow((raw.length / rawFormats[format]) * 4);
  const words = new Uint32Array(rgba.buffer);
  if (format === 'gray') {
    for (let at = 0; at < words.length; at += 1) words[at] = OPAQUE | ((raw[at] as number) * 0x010101);
  } else widen(raw, words, format === 'bgr24');
  return rgba;
}

/**
 * The alpha of a pixel taken as one word, whose lowest byte is its red: so it is where bytes stand lowest first, as on
 * x64 and arm64.
 */
const OPAQUE = 0xff000000;

/** Three bytes a pixel to four, four pixels a turn: a byte a turn takes three times as long. */
function widen(raw: Uint8Array, words: Uint32Array, isBlueFirst: boolean): void {
  const bytes = raw.byteOffset % 4 === 0 ? raw : new Uint8Array(raw);
  const from = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  for (let at = 0, to = 0; to < words.length; at += 3, to += 4) {
    const first = from[at] as number;
    const second = from[at + 1] as number;
    const third = from[at + 2] as number;
    let [one, two, three, four] = [
      first,
      (first >>> 24) | (second << 8),
      (second >>> 16) | (third << 16),
      third >>> 8,
    ];
    if (isBlueFirst) [one, two, three, four] = [turned(one), turned(two), turned(three), turned(four)];
    words[to] = OPAQUE | one;
    words[to + 1] = OPAQUE | two;
    words[to + 2] = OPAQUE | three;
    words[to + 3] = OPAQUE | four;
  }
}

/** The first and the third byte of a word in each other's place. */
function turned(word: number): number {
  return (word & 0xff00) | ((word >>> 16) & 0xff) | ((word & 0xff) << 16);
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
