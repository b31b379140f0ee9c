/** How colours look to eyes of each kind, and how far apart two of them are. sRGB channels 0 to 255. */
export type Rgb = readonly [number, number, number];

type Matrix = readonly [Rgb, Rgb, Rgb];

/** Machado, Oliveira and Fernandes (2009), severity 1: what linear sRGB becomes. */
export const eyes: Readonly<Record<string, Matrix>> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** CIE L*, a*, b* under D65. */
export type Lab = readonly [number, number, number];

/** `#rrggbb`, read. */
export function readHex(text: string): Rgb {
  const value = Number.parseInt(text.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** A colour as eyes of this kind see it. */
export function seenBy(eye: Matrix, colour: Rgb): Lab {
  const light = colour.map(linear) as unknown as Rgb;
  return labOf(times(eye, light).map((value) => Math.min(1, Math.max(0, value))) as unknown as Rgb);
}

/** Contrast as WCAG 2 defines it, 1 to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const [low = 0, high = 0] = [one, other].map(luminance).sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** CIEDE2000; 1 is about what can just be told apart side by side. */
export function difference([l1, a1, b1]: Lab, [l2, a2, b2]: Lab): number {
  const mean = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2;
  const stretch = 1.5 - 0.5 * seventh(mean);
  const [first, second] = [polar(a1 * stretch, b1), polar(a2 * stretch, b2)];
  const grey = first.chroma * second.chroma === 0;
  const turn = grey ? 0 : ((second.hue - first.hue + 540) % 360) - 180;
  const light = l2 - l1;
  const chroma = second.chroma - first.chroma;
  const hue = 2 * Math.sqrt(first.chroma * second.chroma) * sine(turn / 2);
  const middle = (first.chroma + second.chroma) / 2;
  const at = grey ? first.hue + second.hue : first.hue + turn / 2;
  const t =
    1 -
    0.17 * cosine(at - 30) +
    0.24 * cosine(2 * at) +
    0.32 * cosine(3 * at + 6) -
    0.2 * cosine(4 * at - 63);
  const off = ((l1 + l2) / 2 - 50) ** 2;
  const [sl, sc, sh] = [1 + (0.015 * off) / Math.sqrt(20 + off), 1 + 0.045 * middle, 1 + 0.015 * middle * t];
  const around = (at + 360) % 360;
  const rotation = -2 * seventh(middle) * sine(60 * Math.exp(-(((around - 275) / 25) ** 2)));
  return Math.sqrt(
    (light / sl) ** 2 + (chroma / sc) ** 2 + (hue / sh) ** 2 + rotation * (chroma / sc) * (hue / sh),
  );
}

function seventh(chroma: number): number {
  return Math.sqrt(chroma ** 7 / (chroma ** 7 + 25 ** 7));
}

function polar(a: number, b: number): { chroma: number; hue: number } {
  return { chroma: Math.hypot(a, b), hue: ((Math.atan2(b, a) * 180) / Math.PI + 360) % 360 };
}

function sine(degrees: number): number {
  return Math.sin((degrees * Math.PI) / 180);
}

function cosine(degrees: number): number {
  return Math.cos((degrees * Math.PI) / 180);
}

function linear(channel: number): number {
  const share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function luminance(colour: Rgb): number {
  return times(
    [
      [0.2126, 0.7152, 0.0722],
      [0, 0, 0],
      [0, 0, 0],
    ],
    colour.map(linear) as unknown as Rgb,
  )[0];
}

function times(matrix: Matrix, [x, y, z]: Rgb): Rgb {
  return matrix.map(([a, b, c]) => a * x + b * y + c * z) as unknown as Rgb;
}

function labOf(light: Rgb): Lab {
  const [x, y, z] = times(
    [
      [0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047],
      [0.2126729, 0.7151522, 0.072175],
      [0.0193339 / 1.08883, 0.119192 / 1.08883, 0.9503041 / 1.08883],
    ],
    light,
  ).map((value) =>
    value > 216 / 24389 ? Math.cbrt(value) : ((24389 / 27) * value + 16) / 116,
  ) as unknown as Rgb;
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}
