import type { Cells } from './cells.ts';

/** Steps between neighbouring pixels weigh by their size up to about this, in levels, and alike above. */
const PLAIN_STEP = 4;
/** A greater step counts as this, in levels: one edge, perhaps of a shadow, is not to outweigh all else. */
const GREATEST_STEP = 12;
/** The least variance of a step that is noise, in levels squared: rounding alone makes some. */
const LEAST_NOISE = 2;
/** How sure a statement about the relief must be: the standard error of the share that is still there. */
const GREATEST_ERROR = 0.2;
/** Brighter than this a cell may be burnt out, and its relief with it, in levels. */
const BURNT_OUT = 244;

/** What is summed up over the pixels of a cell. */
const SUMS = 4;
type Sum = 0 | 1 | 2 | 3;
/** Of the background's own steps, weighted. */
const OWN: Sum = 0;
/** Of the picture's steps along the background's, weighted alike. */
const SHARED: Sum = 1;
/** Squares of the weights: how much noise comes into `SHARED`. */
const WEIGHTS: Sum = 2;
/** Squares of what the picture's steps differ by from the background's in the cell's new light. */
const STRANGE: Sum = 3;

/**
 * The relief of the background: by how much each pixel is brighter than its neighbours to the left and above.
 * Light that comes or goes makes all of that stronger or weaker; an object takes it away, for it is hidden. So
 * the share of the background's relief that is still to be found in a picture tells one from the other, also
 * where the edge of a shadow adds a step of its own. (The measure is a regression of the picture's gradients on
 * the background's; compare the texture difference of Li and Leung, "Integrating intensity and texture
 * differences for robust change detection", IEEE Transactions on Image Processing 11 (2), 2002.)
 */
export class Relief {
  readonly #columns: number;
  readonly #rows: number;
  readonly #side: number;
  readonly #width: number;
  readonly #background: Float32Array;
  readonly #sums: Float32Array;
  readonly #strangeness: Float32Array;
  /** How many pictures a cell's background is the mean of: with few, its relief is partly noise. */
  readonly #pictures: Float32Array;
  #noise = LEAST_NOISE;

  constructor({ columns, rows, side, width, luma }: Cells, background: ArrayLike<number> = luma) {
    this.#columns = columns;
    this.#rows = rows;
    this.#side = side;
    this.#width = width;
    this.#background = Float32Array.from(background);
    this.#sums = new Float32Array(columns * rows * SUMS);
    this.#strangeness = new Float32Array(columns * rows);
    this.#pictures = new Float32Array(columns * rows).fill(1);
  }

  /** Compares a picture; `factors` says how much brighter than the background each of its cells is. */
  compare(luma: Float32Array, factors: Float32Array): void {
    const [sums, known, side, width] = [this.#sums, this.#background, this.#side, this.#width];
    sums.fill(0);
    for (let y = 1; y < this.#rows * side; y += 1) {
      const row = Math.floor(y / side) * this.#columns;
      for (let column = 0; column < this.#columns; column += 1) {
        const factor = factors[row + column] as number;
        let [own, shared, weights, strange] = [0, 0, 0, 0];
        const end = y * width + (column + 1) * side;
        for (let at = Math.max(y * width + 1, end - side); at < end; at += 1) {
          const here = known[at] as number;
          const seen = luma[at] as number;
          // To the left, then above. No array: this runs for every pixel of every picture.
          for (let other = at - 1, left = 2; left > 0; left -= 1, other = at - width) {
            const step = clamped(here - (known[other] as number));
            const now = clamped(seen - (luma[other] as number));
            const weight = step / (Math.abs(step) + PLAIN_STEP);
            own += weight * step;
            shared += weight * now;
            weights += weight * weight;
            strange += (now - factor * step) ** 2;
          }
        }
        const to = (row + column) * SUMS;
        sums[to] = (sums[to] as number) + own;
        sums[to + 1] = (sums[to + 1] as number) + shared;
        sums[to + 2] = (sums[to + 2] as number) + weights;
        sums[to + 3] = (sums[to + 3] as number) + strange;
      }
    }
    const steps = 2 * side * side;
    for (let cell = 0; cell < factors.length; cell += 1)
      this.#strangeness[cell] = (sums[cell * SUMS + STRANGE] as number) / steps;
    // Half of the cells at least show nothing but the scene: what is strange there is noise.
    const middle = this.#strangeness.slice().sort()[factors.length >> 1] as number;
    this.#noise = Math.max(LEAST_NOISE, middle);
  }

  /**
   * How much of the background's relief is still there in a cell that is `factor` times as bright: about 1 in
   * another light, about 0 behind an object; undefined where it is too flat, too dark or too bright to say. A
   * cell that says nothing by itself is judged with its neighbours.
   */
  kept(cell: number, factor: number, brightness: number): number | undefined {
    if (brightness > BURNT_OUT) return undefined;
    const expected = Math.min(1, factor);
    const left = Math.sqrt(this.#noise / (this.#pictures[cell] as number));
    const judge = (own: number, shared: number, weights: number, strange: number, steps: number) => {
      const real = own - (steps * left * left) / (left + PLAIN_STEP);
      // New steps, as at the edge of a shadow, make it as uncertain as noise does.
      const error = Math.sqrt(Math.max(this.#noise, strange / steps) * weights);
      return real < own / 2 || error > GREATEST_ERROR * expected * real
        ? undefined
        : shared / (real * expected);
    };
    const sum = (of: number, what: Sum) => this.#sums[of * SUMS + what] as number;
    const steps = 2 * this.#side * this.#side;
    const alone = judge(sum(cell, OWN), sum(cell, SHARED), sum(cell, WEIGHTS), sum(cell, STRANGE), steps);
    if (alone !== undefined) return alone;
    let [own, shared, weights, strange, cells] = [0, 0, 0, 0, 0];
    eachAround(cell, this.#columns, this.#rows, (near) => {
      own += sum(near, OWN);
      shared += sum(near, SHARED);
      weights += sum(near, WEIGHTS);
      strange += sum(near, STRANGE);
      cells += 1;
    });
    return judge(own, shared, weights, strange, cells * steps);
  }

  /** Whether a cell shows steps that neither the background nor noise explain. */
  strange(cell: number): boolean {
    return (this.#strangeness[cell] as number) > 3 * this.#noise;
  }

  /** Lets the background of a cell become the picture's by `rate`. */
  learn(luma: Float32Array, cell: number, rate: number): void {
    this.#pictures[cell] = rate === 1 ? 1 : Math.min(2 / rate, (this.#pictures[cell] as number) + 1);
    const [known, side, from] = [this.#background, this.#side, this.#first(cell)];
    for (let row = from; row < from + side * this.#width; row += this.#width)
      for (let at = row; at < row + side; at += 1) {
        const before = known[at] as number;
        known[at] = before + rate * ((luma[at] as number) - before);
      }
  }

  /** Puts a cell's background into another light. */
  relight(cell: number, factor: number): void {
    const [known, side, from] = [this.#background, this.#side, this.#first(cell)];
    for (let row = from; row < from + side * this.#width; row += this.#width)
      for (let at = row; at < row + side; at += 1) known[at] = Math.min(255, (known[at] as number) * factor);
  }

  /** The background's pixels, in levels. */
  memory(): Uint8Array {
    return Uint8Array.from(this.#background, Math.round);
  }

  /** Where a cell's first pixel lies. */
  #first(cell: number): number {
    return Math.floor(cell / this.#columns) * this.#side * this.#width + (cell % this.#columns) * this.#side;
  }
}

function clamped(step: number): number {
  return step > GREATEST_STEP ? GREATEST_STEP : step < -GREATEST_STEP ? -GREATEST_STEP : step;
}

/** Visits a cell and its up to eight neighbours. */
export function eachAround(cell: number, columns: number, rows: number, visit: (near: number) => void): void {
  const x = cell % columns;
  const y = (cell - x) / columns;
  for (let row = Math.max(0, y - 1); row <= Math.min(rows - 1, y + 1); row += 1)
    for (let column = Math.max(0, x - 1); column <= Math.min(columns - 1, x + 1); column += 1)
      visit(row * columns + column);
}
