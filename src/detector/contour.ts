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

/** Which cells of a picture differ: 1 where they do. */
interface Foreground {
  readonly columns: number;
  readonly rows: number;
  readonly foreground: Uint8Array;
}

/** The box round what differs, as shares of the picture. */
export function extentOf({ columns, rows, foreground }: Foreground): Record<string, number> {
  let [left, top, right, bottom] = [columns, rows, 0, 0];
  for (let cell = 0; cell < foreground.length; cell += 1) {
    if (foreground[cell] === 0) continue;
    const x = cell % columns;
    const y = (cell - x) / columns;
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + 1);
    bottom = Math.max(bottom, y + 1);
  }
  if (right === 0) return {};
  return {
    x: rounded(left / columns),
    y: rounded(top / rows),
    width: rounded((right - left) / columns),
    height: rounded((bottom - top) / rows),
  };
}

/** A share with as many digits as mean anything. */
export function rounded(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}
