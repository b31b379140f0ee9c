import type { Microseconds } from '../clock.ts';

/**
 * How many segments from the front lie wholly more than `boundary` from the end, counted in media, for PTS may jump
 * between runs. Pure.
 * @param behind how much media follows the last of them
 */
export function countBeyond(
  segments: readonly { readonly duration: Microseconds }[],
  boundary: Microseconds,
  behind: Microseconds = 0,
): number {
  let index = segments.length;
  for (let media = behind; index > 0 && media < boundary; index -= 1)
    media += segments[index - 1]?.duration ?? 0;
  return index;
}
