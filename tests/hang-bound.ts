import { availableParallelism, loadavg } from 'node:os';

/** However busy the machine is, what hangs is found before the runner ends its file. */
const AT_MOST = 5;

/**
 * How long a test waits, in milliseconds, before it takes what it waits for to hang: so many seconds on a machine of
 * its own, and longer in proportion where more processes want to run than there are cores. No measure of speed.
 */
export function hangBound(seconds: number): number {
  const busyness = (loadavg()[0] ?? 0) / availableParallelism();
  // Whole ones: Node takes no others for a timeout.
  return Math.ceil(seconds * 1000 * Math.min(AT_MOST, Math.max(1, busyness)));
}
