/** At most so often, in milliseconds, is the same trouble told. */
const TELL_EVERY = 10_000;

/** A listener that passes on what it hears, but not more often than every ten seconds. */
export function tellSometimes<T>(listener: (told: T) => void): (told: T) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  return (told) => {
    if (performance.now() - toldAt < TELL_EVERY) return;
    toldAt = performance.now();
    listener(told);
  };
}
