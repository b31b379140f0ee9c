import { backOff } from '../../clock.ts';

/** The second probe comes so long after the first, in milliseconds; each further one after twice as long. */
const FIRST = 50;
const LONGEST = 1000;

/**
 * Finds out whether a client that sends no more has gone or has only closed its half of the connection: TCP does not
 * say which, until something is written. One that has gone replies with a reset, which the next write is told of.
 *
 * @param write writes what a client that is still there passes over
 * Returns what ends it.
 */
export function probeClient(write: () => void): () => void {
  let probes = 0;
  let timer: NodeJS.Timeout;
  const again = () => {
    write();
    probes += 1;
    timer = setTimeout(again, backOff(probes, FIRST, LONGEST));
  };
  again();
  return () => clearTimeout(timer);
}
