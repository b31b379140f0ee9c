import { backOff } from '../../src/clock.ts';

/** How long to wait before asking again a server that did not answer. Pure but for its dice. */

/** The first wait is at most this, in milliseconds, and each further one twice the one before. */
const FIRST = 500;
/** No wait is longer, in milliseconds. */
const LONGEST = 10_000;

/**
 * The wait after so many failures in a row, in milliseconds: a random time between half and the whole of what they
 * have grown it to, so that the many pages of a server that comes back do not ask at the same moment.
 */
export function jitteredBackOff(failures: number, random: () => number = Math.random): number {
  return backOff(failures, FIRST, LONGEST) * (0.5 + random() / 2);
}
