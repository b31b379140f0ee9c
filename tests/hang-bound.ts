import { availableParallelism, loadavg } from 'node:os';

/**
 * How long a test waits, in milliseconds, before it takes what it waits for to hang: so many seconds on a machine of
 * its own, and longer in proportion where more processes want to run than there are cores. No measure of speed.
 */
export function hangBound(seconds: number): number {
  return seconds * 1000 * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
}
