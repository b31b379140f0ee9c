import type { Picture } from '../../src/frames/picture.ts';
import { downscale } from '../../src/frames/picture.ts';

/** A chessboard drawn by hand: what a detector's tests look at, with no word of the real generator. */
export interface Board {
  readonly width: number;
  readonly height: number;
  readonly block: number;
  /** Standard deviation of the noise, in levels of 255. */
  readonly noise?: number;
}

/** A mint square on a place of the board; it rolls with it. */
export interface Square {
  readonly column: number;
  readonly row: number;
}

/** Repeatable numbers in [0, 1) (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Numbers of a normal distribution, drawn from at random: as good as new ones, and far quicker to have. */
const NORMAL = (() => {
  const random = randomNumbers(1);
  return Float32Array.from(
    { length: 1 << 16 },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
})();

/** Draws the board rolled by `roll` pixels to the right. */
export function drawBoard(
  { width, height, block, noise = 0 }: Board,
  roll: number,
  squares: readonly Square[],
  random: () => number = Math.random,
): Pick<Picture, 'width' | 'height' | 'data'> {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y += 1) {
    const row = Math.floor(y / block);
    let column = Number.NaN;
    let colour: readonly number[] = [];
    for (let x = 0; x < width; x += 1) {
      const now = Math.floor((x - roll) / block);
      if (now !== column) {
        column = now;
        const grey = ((column + row) & 1) === 0 ? 0xe6 : 0x28;
        const isMint = squares.some((square) => square.column === column && square.row === row);
        colour = isMint ? [0x3e, 0xb4, 0x89] : [grey, grey, grey];
      }
      const at = (y * width + x) * 4;
      for (let c = 0; c < 3; c += 1) {
        const off = noise === 0 ? 0 : noise * (NORMAL[(random() * NORMAL.length) | 0] as number);
        data[at + c] = (colour[c] as number) + off;
      }
      data[at + 3] = 255;
    }
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}

/** A picture as it comes out of the frames channel. */
export function asPicture(
  frame: Pick<Picture, 'width' | 'height' | 'data'>,
  pts: number,
  more: Partial<Picture> = {},
): Picture {
  return {
    ...downscale(frame),
    pts,
    date: 1_700_000_000_000_000 + pts,
    dropped: 0,
    discontinuity: false,
    ...more,
  };
}
