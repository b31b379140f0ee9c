import { MICROSECONDS, type Microseconds } from '../clock.ts';
import { type Cells, commonGain, difference, type Gain, sameInOtherLight } from './cells.ts';

/** Time constant with which the background follows slow change, in microseconds. */
const FOLLOW = 10 * MICROSECONDS;
/** A cell differs when it is further from the background than this, in levels of 255 … */
const LEAST_DIFFERENCE = 14;
/** … and than this many times its usual deviation. */
const DEVIATIONS = 4;
/** A mere change of light must be this many times as large. */
const LIGHT = 2;
/** How long a scene is learnt before it is judged, in microseconds. */
const LEARNING = MICROSECONDS;

/** How much of a picture differs from the background, as shares of it. */
export interface Difference {
  /** All that differs. */
  readonly share: number;
  /** Of it what is not merely lit otherwise, as by a shadow. */
  readonly solid: number;
}

/** What a successor takes over: the scene without anything that stands before it. */
export interface SceneMemory {
  readonly columns: number;
  readonly rows: number;
  /** Levels, 3 a cell. */
  readonly background: Uint8Array;
  /** Sixteenths of a level, one a cell. */
  readonly deviation: Uint8Array;
}

/**
 * The background of a picture and what differs from it, cell by cell. Cells that agree with the background
 * teach it; cells that differ (the foreground) never do by themselves: they are taken in by {@link settle}
 * only. A cell remembers the face it had before that, so that what was taken in may go again unnoticed.
 */
export class Scene {
  readonly columns: number;
  readonly rows: number;
  /** 1 where the last picture differs. */
  readonly foreground: Uint8Array;
  readonly #background: Float32Array;
  /** The face a cell had before the present one; NaN if there was none. */
  readonly #former: Float32Array;
  readonly #deviation: Float32Array;
  /** How a foreground cell looks, and since when it has looked so. */
  readonly #resting: Float32Array;
  readonly #restingSince: Float64Array;
  #learnt: Microseconds;
  #pictures = 0;

  constructor({ columns, rows, values }: Cells, memory?: SceneMemory) {
    const count = columns * rows;
    this.columns = columns;
    this.rows = rows;
    this.foreground = new Uint8Array(count);
    this.#background = memory === undefined ? values.slice() : Float32Array.from(memory.background);
    this.#former = new Float32Array(values.length).fill(Number.NaN);
    this.#deviation = new Float32Array(count).fill(1);
    if (memory !== undefined) this.#deviation.set(Float32Array.from(memory.deviation, (value) => value / 16));
    this.#resting = values.slice();
    this.#restingSince = new Float64Array(count);
    this.#learnt = memory === undefined ? 0 : LEARNING;
  }

  /** Compares a picture and learns from it; `elapsed` since the one before. Returns how much differs. */
  look({ values }: Cells, pts: Microseconds, elapsed: Microseconds, eventOpen: boolean): Difference {
    const gain = commonGain(values, this.#background);
    if (this.#learnt < LEARNING) {
      this.#learnt += elapsed;
      this.#learn(values, gain);
      return { share: 0, solid: 0 };
    }
    const rate = 1 - Math.exp(-elapsed / FOLLOW);
    let [count, solid] = [0, 0];
    for (let cell = 0; cell < this.foreground.length; cell += 1) {
      const limit = Math.max(LEAST_DIFFERENCE, DEVIATIONS * (this.#deviation[cell] as number));
      let distance = difference(values, this.#background, cell, gain);
      if (distance > limit && difference(values, this.#former, cell, gain) <= limit) {
        this.#swapFaces(cell);
        distance = difference(values, this.#background, cell, gain);
      }
      const differs =
        distance > LIGHT * limit ||
        (distance > limit && !sameInOtherLight(values, this.#background, cell, gain, limit / 2));
      this.#followRest(values, cell, limit, pts, rate, differs);
      this.foreground[cell] = differs ? 1 : 0;
      if (differs) {
        count += 1;
        if (!sameInOtherLight(values, this.#background, cell, gain, limit)) solid += 1;
      }
      // What flickers while nothing happens is no event to come: let it count for less. During an event
      // only the cells outside it teach anything.
      if (!differs || !eventOpen) this.#blendDeviation(cell, distance, rate);
      for (let channel = 0; channel < 3; channel += 1) {
        const at = cell * 3 + channel;
        const known = this.#background[at] as number;
        // Behind an object only the exposure is followed, so that the rest stays comparable with it.
        const target = differs ? known * (gain[channel] as number) : (values[at] as number);
        this.#background[at] = known + rate * (target - known);
      }
    }
    return { share: count / this.foreground.length, solid: solid / this.foreground.length };
  }

  /** Share of the picture that differs and has not been still for `time`; and since when the still part rests. */
  restless(
    pts: Microseconds,
    time: Microseconds,
  ): { readonly share: number; readonly restSince: Microseconds } {
    let count = 0;
    let restSince = Number.NEGATIVE_INFINITY;
    for (let cell = 0; cell < this.foreground.length; cell += 1) {
      if (this.foreground[cell] === 0) continue;
      const since = this.#restingSince[cell] as number;
      if (pts - since < time) count += 1;
      else restSince = Math.max(restSince, since);
    }
    return { share: count / this.foreground.length, restSince };
  }

  /** Takes foreground cells that have been still for `time` into the background. */
  settle(pts: Microseconds, time: Microseconds): void {
    for (let cell = 0; cell < this.foreground.length; cell += 1) {
      if (this.foreground[cell] === 0 || pts - (this.#restingSince[cell] as number) < time) continue;
      this.foreground[cell] = 0;
      for (let at = cell * 3; at < cell * 3 + 3; at += 1) {
        this.#former[at] = this.#background[at] as number;
        this.#background[at] = this.#resting[at] as number;
      }
    }
  }

  memory(): SceneMemory | undefined {
    if (this.#learnt < LEARNING) return undefined;
    return {
      columns: this.columns,
      rows: this.rows,
      background: Uint8Array.from(this.#background, Math.round),
      deviation: Uint8Array.from(this.#deviation, (value) => Math.min(255, Math.round(value * 16))),
    };
  }

  /** While learning, all pictures count alike. */
  #learn(values: Float32Array, gain: Gain): void {
    this.#pictures += 1;
    const rate = 1 / (this.#pictures + 1);
    for (let cell = 0; cell < this.foreground.length; cell += 1) {
      this.#blendDeviation(cell, difference(values, this.#background, cell, gain), rate);
      for (let at = cell * 3; at < cell * 3 + 3; at += 1) {
        const known = this.#background[at] as number;
        this.#background[at] = known + rate * ((values[at] as number) - known);
      }
    }
  }

  #blendDeviation(cell: number, distance: number, rate: number): void {
    const known = this.#deviation[cell] as number;
    this.#deviation[cell] = known + rate * (distance - known);
  }

  #swapFaces(cell: number): void {
    for (let at = cell * 3; at < cell * 3 + 3; at += 1) {
      const former = this.#former[at] as number;
      this.#former[at] = this.#background[at] as number;
      this.#background[at] = former;
    }
  }

  #followRest(
    values: Float32Array,
    cell: number,
    limit: number,
    pts: Microseconds,
    rate: number,
    differs: boolean,
  ): void {
    const still = differs && difference(values, this.#resting, cell, SAME) <= limit;
    if (!still) this.#restingSince[cell] = pts;
    for (let at = cell * 3; at < cell * 3 + 3; at += 1) {
      const known = this.#resting[at] as number;
      const value = values[at] as number;
      this.#resting[at] = still ? known + rate * (value - known) : value;
    }
  }
}

const SAME: Gain = [1, 1, 1];
