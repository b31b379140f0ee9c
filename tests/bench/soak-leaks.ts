import { grown, watchSteadily } from '../system/steady.ts';

/** Two hours, in seconds. */
const SECONDS = 7200;
/** By how much the memory of a process may grow from the second third of it to the last. */
const MEGABYTES = 6;
/** How long the window is, in seconds; media stays for as long again once it has left. */
const WINDOW = 60;
/** How long it takes until Node has grown to what it needs, in seconds. */
const SETTLE = 300;

/**
 * 20 viewers and 5 markers a second: memory, descriptors, handles, event-loop delay and files, early and late. Resolves
 * to whether nothing grew.
 */
export async function soakLeaks(print: (line: string) => void, seconds = SECONDS): Promise<boolean> {
  const settle = Math.max(2.5 * WINDOW, Math.min(SETTLE, seconds / 3));
  print(
    `Leaks: ${seconds} s with 20 viewers and 5 markers/s, window ${WINDOW} s, after ${settle.toFixed(0)} s to settle`,
  );
  const { figures, hung } = await watchSteadily({ seconds, settle, window: WINDOW, progress: print });
  for (const { name, first, last } of figures)
    print(`  ${name.padEnd(24)} ${first.toFixed(1).padStart(8)} ${last.toFixed(1).padStart(8)}`);
  const faults = grown(figures, MEGABYTES);
  for (const fault of faults) print(`    FAILED: ${fault}`);
  if (hung > 0) print(`    FAILED: ${hung} requests hung`);
  return faults.length === 0 && hung === 0;
}
