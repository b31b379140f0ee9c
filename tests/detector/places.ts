/** Red, green and blue, as shares of full light. */
export type Rgb = readonly [number, number, number];

/** What surfaces a scene is made of. */
export type Place = 'study' | 'office' | 'street';

/** Of a picture, in pixels. */
export const WIDTH = 160;
/** Of a picture, in pixels. */
export const HEIGHT = 90;
/** Pixels beyond each side of the picture, for a camera that moves. */
export const MARGIN = 4;
/** The picture with its margin. */
export const [WIDE, HIGH] = [WIDTH + 2 * MARGIN, HEIGHT + 2 * MARGIN];

/** Visits each pixel; `at` is its place among colours, x and y are shares of the picture. */
export function eachPixel(visit: (at: number, x: number, y: number) => void): void {
  for (let y = 0, at = 0; y < HIGH; y += 1)
    for (let x = 0; x < WIDE; x += 1, at += 3) visit(at, (x - MARGIN) / WIDTH, (y - MARGIN) / HEIGHT);
}

/** How much of the light each place gives back, in linear light. */
export function paint(place: Place, random: () => number): Float32Array {
  const surface = new Float32Array(WIDE * HIGH * 3);
  const field = noiseField(random);
  const fill = (colour: Rgb, rough: number, [left, top, right, bottom]: readonly number[]) =>
    eachPixel((at, x, y) => {
      if (x < (left as number) || x >= (right as number) || y < (top as number) || y >= (bottom as number))
        return;
      const tone = 1 + rough * (field[at / 3] as number);
      for (let c = 0; c < 3; c += 1) surface[at + c] = (colour[c] as number) * tone;
    });
  const { rough, areas } = PLACES[place];
  for (const [colour, own, ...box] of areas) fill(colour, own * rough, box);
  if (place === 'study')
    for (let book = 0; book < 60; book += 1) {
      const x = 0.05 + (book % 20) * 0.022;
      const y = 0.08 + Math.floor(book / 20) * 0.15;
      fill([random() * 0.5 + 0.05, random() * 0.4 + 0.05, random() * 0.4 + 0.05], 0.3, [
        x,
        y,
        x + 0.02,
        y + 0.12,
      ]);
    }
  return surface;
}

type Area = readonly [colour: Rgb, rough: number, left: number, top: number, right: number, bottom: number];

/** Areas with their colours and how rough they are. */
const PLACES: Readonly<Record<Place, { readonly rough: number; readonly areas: readonly Area[] }>> = {
  study: {
    rough: 1,
    areas: [
      [[0.3, 0.22, 0.15], 0.5, -1, -1, 2, 2],
      [[0.2, 0.08, 0.06], 0.7, -1, 0.7, 2, 2],
      [[0.12, 0.07, 0.04], 0.2, 0.04, 0.06, 0.5, 0.53],
      [[0.1, 0.2, 0.35], 0.5, 0.65, 0.15, 0.9, 0.4],
    ],
  },
  office: {
    rough: 1,
    areas: [
      [[0.36, 0.36, 0.34], 0.05, -1, -1, 2, 2],
      [[0.14, 0.14, 0.15], 0.06, -1, 0.72, 2, 2],
      [[0.25, 0.13, 0.06], 0.08, 0.1, 0.2, 0.25, 0.72],
      [[0.42, 0.4, 0.36], 0.05, 0.55, 0.55, 0.95, 0.6],
      [[0.05, 0.05, 0.06], 0.05, 0.6, 0.6, 0.62, 0.85],
      [[0.05, 0.05, 0.06], 0.05, 0.88, 0.6, 0.9, 0.85],
      [[0.1, 0.15, 0.3], 0.3, 0.6, 0.2, 0.8, 0.4],
    ],
  },
  street: {
    rough: 1,
    areas: [
      [[0.55, 0.6, 0.7], 0.04, -1, -1, 2, 2],
      [[0.15, 0.15, 0.15], 0.15, -1, 0.6, 2, 2],
      [[0.35, 0.15, 0.1], 0.3, 0, 0.15, 0.35, 0.65],
      [[0.08, 0.1, 0.14], 0.2, 0.05, 0.25, 0.12, 0.4],
      [[0.08, 0.1, 0.14], 0.2, 0.2, 0.25, 0.27, 0.4],
      [[0.08, 0.18, 0.05], 0.9, 0.55, 0.2, 0.95, 0.62],
      [[0.5, 0.5, 0.5], 0.1, 0.1, 0.8, 0.9, 0.82],
    ],
  },
};

/** Roughness of several grain sizes, about −1 to 1. */
export function noiseField(random: () => number): Float32Array {
  const field = new Float32Array(WIDE * HIGH);
  for (const [grain, weight] of [
    [12, 0.35],
    [5, 0.35],
    [2, 0.3],
  ] as const) {
    const columns = Math.ceil(WIDE / grain) + 2;
    const knots = Float32Array.from(
      { length: columns * (Math.ceil(HIGH / grain) + 2) },
      () => 2 * random() - 1,
    );
    for (let i = 0; i < field.length; i += 1) {
      const [x, y] = [(i % WIDE) / grain, Math.floor(i / WIDE) / grain];
      const at = Math.floor(y) * columns + Math.floor(x);
      const [fx, fy] = [x % 1, y % 1];
      const upper = (knots[at] as number) * (1 - fx) + (knots[at + 1] as number) * fx;
      const lower = (knots[at + columns] as number) * (1 - fx) + (knots[at + columns + 1] as number) * fx;
      field[i] = (field[i] as number) + weight * (upper * (1 - fy) + lower * fy);
    }
  }
  return field;
}
