/** Whether the long form runs: `npm run faults`, `npm run players`, `npm run chance`, by hand. */
export const isLong = process.env.LONG === '1';

/** How many times, or over which cases, something is tried: in the gate, and in the long form by hand. */
export function tried<T>(gate: T, long: T): T {
  return isLong ? long : gate;
}
