/** How much of a picture differs from the background, as shares of it. */
export interface Difference {
  /** All that differs. */
  readonly share: number;
  /** Of it what is not merely lit otherwise, as by a shadow. */
  readonly solid: number;
  /** Of it what surely hides the background, without rims and lines. */
  readonly certain: number;
  /** What is not as it was, be it by light or by an object. */
  readonly changed: number;
  /** The camera has just turned to grey, or back to colours. */
  readonly recoloured: boolean;
}
