import { bright } from './cells.ts';

/** A cell has a colour when its channels differ by more than this, in levels … */
export const COLOURED = 12;
/** … and has none when by no more than this. */
export const GREY = 4;
/** So much of what had a colour must have lost it, or got it again. */
const NEARLY_ALL = 0.9;
/** A colour of which less than this part is left has gone. */
const FADED = 4;
/** So much of a picture has colours when a camera shows them again. */
const WIDELY = 0.5;
/** Fewer coloured cells than this share prove nothing. */
const LEAST_COLOURED = 0.02;

/**
 * Cameras leave out colours in the dark, all at once. Takes the colours out of the background when that
 * happens, and puts them back when they return.
 */
export class Colours {
  /** The background before its colours went, or undefined while the picture has colours. */
  #coloured: Float32Array | undefined;

  /** Makes `background` comparable with a picture. Returns whether the colours have just gone or returned. */
  follow(values: Float32Array, background: Float32Array): boolean {
    const before = this.#coloured ?? background;
    let [coloured, grey, returned] = [0, 0, 0];
    for (let at = 0; at < values.length; at += 3) {
      if (spread(before, at) <= COLOURED) continue;
      coloured += 1;
      if (spread(values, at) <= Math.max(GREY, spread(before, at) / FADED)) grey += 1;
      else returned += 1;
    }
    if (coloured < (LEAST_COLOURED * values.length) / 3) return isGrey(background) && isColoured(values);
    if (this.#coloured === undefined && grey > NEARLY_ALL * coloured) {
      this.#coloured = background.slice();
      for (let at = 0; at < background.length; at += 3) background.fill(bright(background, at), at, at + 3);
      return true;
    } else if (this.#coloured !== undefined && returned > NEARLY_ALL * coloured) {
      for (let at = 0; at < background.length; at += 3) {
        const light = (bright(background, at) + 1) / (bright(before, at) + 1);
        for (let c = at; c < at + 3; c += 1) background[c] = Math.min(255, (before[c] as number) * light);
      }
      this.#coloured = undefined;
      return true;
    }
    return false;
  }
}

/** How far the channels of the colour at a place differ: 0 for a grey. */
export function spread(values: Float32Array, at: number): number {
  const [red, green, blue] = [values[at] as number, values[at + 1] as number, values[at + 2] as number];
  return Math.max(red, green, blue) - Math.min(red, green, blue);
}

function isGrey(values: Float32Array): boolean {
  let grey = 0;
  for (let at = 0; at < values.length; at += 3) if (spread(values, at) <= GREY) grey += 1;
  return grey > (NEARLY_ALL * values.length) / 3;
}

function isColoured(values: Float32Array): boolean {
  let coloured = 0;
  for (let at = 0; at < values.length; at += 3) if (spread(values, at) > GREY) coloured += 1;
  return coloured > (WIDELY * values.length) / 3;
}
