/** Passes on what is told, and keeps it until somebody listens. */
export class UntilHeard<Told extends readonly unknown[]> {
  readonly #kept: Told[] = [];
  #listener: ((...told: Told) => void) | undefined;

  tell(...told: Told): void {
    if (this.#listener === undefined) this.#kept.push(told);
    else this.#listener(...told);
  }

  /** Has `listener` called, also for what was told before; takes the place of the one before. */
  listen(listener: (...told: Told) => void): void {
    this.#listener = listener;
    for (const told of this.#kept.splice(0)) listener(...told);
  }
}
