/** Passes on what is told, and keeps it until somebody listens. */
export class UntilHeard<Reported extends readonly unknown[]> {
  readonly #kept: Reported[] = [];
  #listener: ((...reported: Reported) => void) | undefined;

  report(...reported: Reported): void {
    if (this.#listener === undefined) this.#kept.push(reported);
    else this.#listener(...reported);
  }

  /** Has `listener` called, also for what was told before; takes the place of the one before. */
  listen(listener: (...reported: Reported) => void): void {
    this.#listener = listener;
    for (const reported of this.#kept.splice(0)) listener(...reported);
  }
}
