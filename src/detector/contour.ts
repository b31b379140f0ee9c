/** An outline has gone when so little of its contrast is left. */
const GONE = 0.5;

/**
 * Whether what differs from the background is a place that something has left: the background shows an outline
 * against what lies around it, and the picture none. (Where something has come it is the other way round.)
 */
export function isUncovered(
  looks: Float32Array,
  background: Float32Array,
  foreground: Uint8Array,
  columns: number,
): boolean {
  let [now, before] = [0, 0];
  const across = (inner: number, outer: number) => {
    now += contrast(looks, inner, outer);
    before += contrast(background, inner, outer);
  };
  for (let cell = 0; cell < foreground.length; cell += 1) {
    const here = foreground[cell] as number;
    if ((cell + 1) % columns !== 0 && foreground[cell + 1] !== here) across(cell, cell + 1);
    if (cell + columns < foreground.length && foreground[cell + columns] !== here)
      across(cell, cell + columns);
  }
  return now < GONE * before;
}

function contrast(colours: Float32Array, one: number, other: number): number {
  let most = 0;
  for (let channel = 0; channel < 3; channel += 1)
    most = Math.max(
      most,
      Math.abs((colours[one * 3 + channel] as number) - (colours[other * 3 + channel] as number)),
    );
  return most;
}
