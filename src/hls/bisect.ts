/**
 * How many entries at the front of a sorted list `holds` is true for: binary search.
 * @param length of the list
 * @param holds asked of a place in the list; true for a front part of it only
 */
export function frontLength(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
