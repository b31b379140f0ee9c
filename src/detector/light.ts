import { bright } from './cells.ts';
import { COLOURED, GREY, spread } from './colours.ts';
import { eachAround, type Relief } from './relief.ts';

/** What a cell that differs from the background shows. */
export const verdicts = { same: 0, unknown: 1, object: 2, lit: 3 } as const;

/** A cell is lit otherwise when so much of the background's relief is still there … */
const KEPT = 0.7;
/** … and hidden when no more than this is. */
const HIDDEN = 0.4;
/** A flat cell becomes no more than so many times as bright or as dark by light. */
const GREATEST_LIGHT = 3;
/** A lit area has at least so many cells with a relief … */
const LIT_CELLS = 8;
/** … and so many times more than such as are hidden. */
const LIT_TO_HIDDEN = 4;
/** Neighbours in one light differ in their factors by no more than this. */
const SAME_LIGHT = 1.2;
/** No light changes the proportion of two colours by more than this (and an object may). */
const COLOURED_LIGHT = 1.6;

/** What is known of a picture's cells. */
export interface LitCells {
  readonly columns: number;
  readonly rows: number;
  readonly values: Float32Array;
  readonly background: Float32Array;
  /** How much brighter than the background each is. */
  readonly factors: Float32Array;
  readonly relief: Relief;
}

/**
 * Says of the cells that differ (`verdict` is not `same`) whether an object hides the background or other light
 * falls on it. The relief decides where there is one; what is flat is an object's when no light could give it
 * its colour. Then each connected area is looked at as a whole. Where nearly all that is known is lit, a flat
 * cell beside a lit one shares its light, when it has become brighter or darker by as much, or by less: the
 * half-shadow at a light's edge. Where it is not, the area is an object with its rim and its shadow. Returns
 * how many cells are lit otherwise.
 */
export function judgeLight(verdict: Uint8Array, cells: LitCells): number {
  let turnedColoured = 0;
  for (let cell = 0; cell < verdict.length; cell += 1) {
    if (verdict[cell] === verdicts.same) continue;
    verdict[cell] = judged(cell, cells);
    if (verdict[cell] === verdicts.lit && gotColour(cell, cells)) turnedColoured += 1;
  }
  for (let cell = 0; cell < verdict.length; cell += 1) {
    if (verdict[cell] !== verdicts.unknown || !otherColour(cell, cells)) continue;
    // A camera that shows colours again shows them everywhere.
    const returned = turnedColoured >= LIT_CELLS && gotColour(cell, cells);
    verdict[cell] = returned ? verdicts.lit : verdicts.object;
  }
  const seen = new Uint8Array(verdict.length);
  for (let cell = 0; cell < verdict.length; cell += 1) {
    if (verdict[cell] === verdicts.same || seen[cell] === 1) continue;
    const area = areaOf(cell, verdict, seen, cells);
    const lit = area.filter((one) => verdict[one] === verdicts.lit);
    const hidden = area.reduce((sum, one) => sum + (verdict[one] === verdicts.object ? 1 : 0), 0);
    if (lit.length >= LIT_CELLS && lit.length >= LIT_TO_HIDDEN * hidden) shareLight(lit, verdict, cells);
    else if (2 * lit.length <= area.length) keepRims(lit, verdict, cells);
  }
  for (let cell = 0; cell < verdict.length; cell += 1)
    if (verdict[cell] === verdicts.unknown && beyondLight(cells.factors[cell] as number))
      verdict[cell] = verdicts.object;
  return verdict.reduce((sum, one) => sum + (one === verdicts.lit ? 1 : 0), 0);
}

/** The verdict on one cell by itself. */
function judged(cell: number, { values, factors, relief }: LitCells): number {
  const kept = relief.kept(cell, factors[cell] as number, bright(values, cell * 3));
  if (kept !== undefined && kept <= HIDDEN) return verdicts.object;
  if (kept !== undefined && kept >= KEPT) return verdicts.lit;
  return verdicts.unknown;
}

/** The cells that differ and hang together with this one. */
function areaOf(first: number, verdict: Uint8Array, seen: Uint8Array, { columns, rows }: LitCells): number[] {
  const area = [first];
  seen[first] = 1;
  for (let i = 0; i < area.length; i += 1)
    eachAround(area[i] as number, columns, rows, (near) => {
      if (verdict[near] === verdicts.same || seen[near] === 1) return;
      seen[near] = 1;
      area.push(near);
    });
  return area;
}

/** Lets flat cells share their neighbours' light. */
function shareLight(lit: number[], verdict: Uint8Array, { columns, rows, factors }: LitCells): void {
  for (let from = lit.pop(); from !== undefined; from = lit.pop()) {
    const factor = factors[from] as number;
    eachAround(from, columns, rows, (near) => {
      if (verdict[near] !== verdicts.unknown || !shares(factors[near] as number, factor)) return;
      verdict[near] = verdicts.lit;
      lit.push(near);
    });
  }
}

/** A lit cell that touches an object is its rim, half hidden. */
function keepRims(lit: readonly number[], verdict: Uint8Array, { columns, rows }: LitCells): void {
  const rims = lit.filter((cell) => {
    let touches = false;
    eachAround(cell, columns, rows, (near) => {
      if (verdict[near] === verdicts.object || verdict[near] === verdicts.unknown) touches = true;
    });
    return touches;
  });
  for (const cell of rims) verdict[cell] = verdicts.unknown;
}

/** Whether a flat cell has the light of a neighbour that is `factor` times as bright as it was. */
function shares(own: number, factor: number): boolean {
  return own <= Math.max(1, factor) * SAME_LIGHT && own >= Math.min(1, factor) / SAME_LIGHT;
}

/** Whether a verdict counts as a difference. */
export function differs(verdict: number): boolean {
  return verdict === verdicts.unknown || verdict === verdicts.object;
}

/** How many of a cell's up to eight neighbours differ, too. */
export function company(cell: number, verdict: Uint8Array, columns: number, rows: number): number {
  let count = 0;
  eachAround(cell, columns, rows, (near) => {
    if (near !== cell && differs(verdict[near] as number)) count += 1;
  });
  return count;
}

/** A share of single cells above this is rain, snow or noise. */
const RAIN = 0.005;
/** What has fewer neighbours that differ, too, is a speck or a line. */
const COMPANY = 3;

/**
 * Takes out single cells and lines where they mean nothing: drops, flakes and noise, of which there are many at
 * once, and the edges of a light that has `changed` a moment ago.
 */
export function clearSpecks(verdict: Uint8Array, columns: number, rows: number, changed: boolean): void {
  const thin: number[] = [];
  let single = 0;
  for (let cell = 0; cell < verdict.length; cell += 1) {
    if (!differs(verdict[cell] as number)) continue;
    const neighbours = company(cell, verdict, columns, rows);
    if (neighbours < COMPANY) thin.push(cell);
    if (neighbours === 0) single += 1;
  }
  if (changed || single > RAIN * verdict.length) for (const cell of thin) verdict[cell] = verdicts.same;
}

/** Whether light alone hardly makes a flat cell brighter or darker by so much. */
function beyondLight(factor: number): boolean {
  return factor < 1 / GREATEST_LIGHT || factor > GREATEST_LIGHT;
}

/** Levels that are added before proportions are taken, so that dark cells prove nothing. */
const DARK = 16;

function otherColour(cell: number, { values, background }: LitCells): boolean {
  const ratio = (channel: number) =>
    ((values[cell * 3 + channel] as number) + DARK) / ((background[cell * 3 + channel] as number) + DARK);
  const [red, green, blue] = [ratio(0), ratio(1), ratio(2)];
  return Math.max(red, green, blue) > COLOURED_LIGHT * Math.min(red, green, blue);
}

function gotColour(cell: number, { values, background }: LitCells): boolean {
  return spread(background, cell * 3) <= GREY && spread(values, cell * 3) > COLOURED;
}
