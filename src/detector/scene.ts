import { fromSeconds, type Microseconds } from '../clock.ts';
import { bright, type Cells, difference, type Gain, SAME, sameInOtherLight } from './cells.ts';
import { Colours } from './colours.ts';
import { isUncovered } from './contour.ts';
import type { Difference } from './difference.ts';
import { commonGain, isOtherLight } from './gain.ts';
import { clearSpecks, company, differs as isDifferent, judgeLight, verdicts } from './light.ts';
import { Relief } from './relief.ts';
import { Rest, type Restlessness } from './rest.ts';
import type { SceneMemory } from './scene-memory.ts';

/** Time constant with which the background follows slow change, in microseconds. */
const FOLLOW = fromSeconds(10);
/** A cell differs when it is further from the background than this, in levels of 255 … */
const LEAST_DIFFERENCE = 14;
/** … and than this many times its usual deviation. */
const DEVIATIONS = 4;
/** A mere change of light must be this many times as large. */
const LIGHT = 2;
/** Other light on this share of the picture is a change of light … */
const LIGHT_CHANGE = 0.05;
/** … whose edges may be seen for so long after it, in microseconds. */
const AFTERGLOW = fromSeconds(8);
/** Within an object so many of a cell's neighbours differ, too; in the line that was a light's edge, fewer. */
const CORE = 6;
/** A part of the picture that may have kept its light while the rest changed. */
const LARGE_PART = 0.15;
/** So long a cell must lie in other light before that is its usual light, in microseconds. */
const LIT_FOR = fromSeconds(1);
/** Time constant with which the background follows light that drifts, in microseconds. */
const FOLLOW_LIGHT = fromSeconds(1);
/** The same for the relief, which noise would spoil. */
const FOLLOW_RELIEF = fromSeconds(3);
/** How long a scene is learnt before it is judged, in microseconds. */
const LEARNING = fromSeconds(1);

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
  readonly #rest: Rest;
  readonly #relief: Relief;
  /** How much brighter than the background each cell is. */
  readonly #factors: Float32Array;
  readonly #verdicts: Uint8Array;
  /** How far each cell is from the background. */
  readonly #distances: Float32Array;
  /** How long a cell has been in other light without a break. */
  readonly #litFor: Float64Array;
  #luma: Float32Array;
  #lightChanged: Microseconds = Number.NEGATIVE_INFINITY;
  /** What is known of the scene's colours while the camera shows none. */
  readonly colours: Colours;
  #learnt: Microseconds;
  #pictures = 0;

  constructor(cells: Cells, memory?: SceneMemory, colours = new Colours()) {
    const { columns, rows, values, luma } = cells;
    const count = columns * rows;
    [this.columns, this.rows] = [columns, rows];
    this.foreground = new Uint8Array(count);
    this.#background = memory === undefined ? values.slice() : Float32Array.from(memory.background);
    this.#former = new Float32Array(values.length).fill(Number.NaN);
    this.#deviation = new Float32Array(count).fill(1);
    if (memory !== undefined) this.#deviation.set(Float32Array.from(memory.deviation, (value) => value / 16));
    this.#rest = new Rest(values);
    this.#relief = new Relief(cells, memory?.relief?.length === luma.length ? memory.relief : luma);
    this.#factors = new Float32Array(count);
    this.#verdicts = new Uint8Array(count);
    this.#distances = new Float32Array(count);
    this.#litFor = new Float64Array(count);
    this.#luma = luma;
    this.colours = colours;
    this.#learnt = memory === undefined ? 0 : LEARNING;
  }

  /** Compares a picture and learns from it; `elapsed` since the one before. Returns how much differs. */
  look({ values, luma }: Cells, pts: Microseconds, elapsed: Microseconds, eventOpen: boolean): Difference {
    this.#luma = luma;
    const recoloured = this.colours.follow(values, this.#background);
    const gain = commonGain(values, this.#background);
    if (this.#learnt < LEARNING) {
      this.#learnt += elapsed;
      this.#learn(values, gain);
      return { share: 0, solid: 0, certain: 0, changed: 0, recoloured };
    }
    const stirred = this.#compare(values, gain);
    if (stirred) this.#judge(values, pts, eventOpen);
    const rate = 1 - Math.exp(-elapsed / FOLLOW);
    const lightRate = 1 - Math.exp(-elapsed / FOLLOW_LIGHT);
    const reliefRate = 1 - Math.exp(-elapsed / FOLLOW_RELIEF);
    let [count, solid, certain, changed] = [0, 0, 0, 0];
    const hidden = this.foreground.reduce((sum, one) => sum + one, 0);
    // Another light on all of it: nothing is to be compared with the old one for long.
    const relit = isOtherLight(gain) && hidden < LARGE_PART * this.foreground.length;
    for (let cell = 0; cell < this.foreground.length; cell += 1) {
      const limit = this.#limit(cell);
      if (difference(values, this.#background, cell, SAME) > limit) changed += 1;
      const verdict = this.#verdicts[cell] as number;
      const [lit, differs] = [verdict === verdicts.lit, isDifferent(verdict)];
      this.#rest.follow(values, cell, { limit, pts, rate, differs: differs || lit, counts: differs });
      this.foreground[cell] = differs ? 1 : 0;
      if (differs) {
        count += 1;
        if (verdict === verdicts.object && company(cell, this.#verdicts, this.columns, this.rows) >= CORE)
          certain += 1;
        if (verdict === verdicts.object || !sameInOtherLight(values, this.#background, cell, gain, limit))
          solid += 1;
      }
      const litFor = this.#litFor[cell] as number;
      this.#litFor[cell] = lit ? litFor + elapsed : differs ? 0 : Math.max(0, litFor - elapsed);
      if (lit) {
        if (litFor + elapsed < LIT_FOR) continue;
        // The light that has fallen on a cell for a while is its usual light.
        this.#changeFace(cell, this.#rest.looks);
        this.#litFor[cell] = 0;
        continue;
      }
      // What flickers while nothing happens is no event to come: let it count for less. During an event
      // only the cells outside it teach anything.
      const distance = this.#distances[cell] as number;
      if (!differs || !eventOpen) this.#blendDeviation(cell, distance, rate);
      const drifts = (relit || (!differs && distance > limit / 2)) && !this.#relief.strange(cell);
      for (let channel = 0; channel < 3; channel += 1) {
        const at = cell * 3 + channel;
        const known = this.#background[at] as number;
        // Behind an object only the exposure is followed, so that the rest stays comparable with it.
        const target = differs ? known * (gain[channel] as number) : (values[at] as number);
        this.#background[at] = known + (drifts ? lightRate : rate) * (target - known);
      }
      if (!differs) this.#relief.learn(luma, cell, reliefRate);
    }
    const of = (cells: number) => cells / this.foreground.length;
    return { share: of(count), solid: of(solid), certain: of(certain), changed: of(changed), recoloured };
  }

  #limit(cell: number): number {
    return Math.max(LEAST_DIFFERENCE, DEVIATIONS * (this.#deviation[cell] as number));
  }

  /** Finds the cells that differ; returns whether any is on its way to. */
  #compare(values: Float32Array, gain: Gain): boolean {
    let stirred = false;
    const unmoved: number[] = [];
    for (let cell = 0; cell < this.foreground.length; cell += 1) {
      const limit = this.#limit(cell);
      let distance = difference(values, this.#background, cell, gain);
      if (distance > limit && difference(values, this.#former, cell, gain) <= limit) {
        this.#changeFace(cell, this.#former);
        distance = difference(values, this.#background, cell, gain);
      }
      this.#distances[cell] = distance;
      if (distance > limit / 2) stirred = true;
      const differs =
        distance > LIGHT * limit ||
        (distance > limit && !sameInOtherLight(values, this.#background, cell, gain, limit / 2));
      this.#verdicts[cell] = differs ? verdicts.unknown : verdicts.same;
      if (differs && difference(values, this.#background, cell, SAME) <= limit) unmoved.push(cell);
    }
    // The exposure that most of the picture suggests need not be that of a large part of it.
    if (unmoved.length >= LARGE_PART * this.foreground.length)
      for (const cell of unmoved) this.#verdicts[cell] = verdicts.same;
    return stirred;
  }

  /** Tells objects from light among the cells that differ. */
  #judge(values: Float32Array, pts: Microseconds, eventOpen: boolean): void {
    const [factors, found] = [this.#factors, this.#verdicts];
    for (let cell = 0; cell < factors.length; cell += 1)
      factors[cell] = (bright(values, cell * 3) + 1) / (bright(this.#background, cell * 3) + 1);
    this.#relief.compare(this.#luma, factors);
    const [{ columns, rows }, background, relief] = [this, this.#background, this.#relief];
    const lit = judgeLight(found, { columns, rows, values, background, factors, relief });
    if (lit >= LIGHT_CHANGE * found.length) this.#lightChanged = pts;
    clearSpecks(found, columns, rows, !eventOpen && pts - this.#lightChanged < AFTERGLOW);
  }

  /** What of the picture has not been still for `time`. */
  restless(pts: Microseconds, time: Microseconds): Restlessness {
    return this.#rest.restless(this.foreground, pts, time);
  }

  /** Whether what differs is a place that something has left. */
  uncovered(): boolean {
    return isUncovered(this.#rest.looks, this.#background, this.foreground, this.columns);
  }

  /** Takes foreground cells that have been still for `time` into the background. */
  settle(pts: Microseconds, time: Microseconds): void {
    for (let cell = 0; cell < this.foreground.length; cell += 1) {
      if (this.foreground[cell] === 0 || pts - this.#rest.since(cell) < time) continue;
      this.foreground[cell] = 0;
      this.#changeFace(cell, this.#rest.looks);
      this.#relief.learn(this.#luma, cell, 1);
    }
  }

  memory(): SceneMemory | undefined {
    if (this.#learnt < LEARNING) return undefined;
    return {
      columns: this.columns,
      rows: this.rows,
      background: Uint8Array.from(this.#background, Math.round),
      deviation: Uint8Array.from(this.#deviation, (value) => Math.min(255, Math.round(value * 16))),
      relief: this.#relief.memory(),
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
      this.#relief.learn(this.#luma, cell, rate);
    }
  }

  #blendDeviation(cell: number, distance: number, rate: number): void {
    const known = this.#deviation[cell] as number;
    this.#deviation[cell] = known + rate * (distance - known);
  }

  /** Gives a cell another face, and remembers the one it had. */
  #changeFace(cell: number, next: Float32Array): void {
    const before = bright(this.#background, cell * 3);
    for (let at = cell * 3; at < cell * 3 + 3; at += 1) {
      const [known, value] = [this.#background[at] as number, next[at] as number];
      [this.#former[at], this.#background[at]] = [known, value];
    }
    this.#relief.relight(cell, (bright(this.#background, cell * 3) + 1) / (before + 1));
  }
}
