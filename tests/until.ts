import { hangBound } from './hang-bound.ts';

/** Longest time between two questions, in milliseconds. */
const LONGEST_PAUSE = 100;

/**
 * Resolves when `met` says so: asked at once, then less and less often, down to ten times a second. An error counts as
 * no. Rejects after `seconds` (see {@link hangBound}) and says what did not come about, the last error being its cause.
 */
export async function until(
  what: string,
  seconds: number,
  met: () => Promise<boolean> | boolean,
): Promise<void> {
  const began = performance.now();
  for (let pause = 5; ; pause = Math.min(LONGEST_PAUSE, 2 * pause)) {
    let cause: unknown;
    try {
      if (await met()) return;
    } catch (error) {
      cause = error;
    }
    const waited = performance.now() - began;
    if (waited > hangBound(seconds)) throw new Error(`${what}: not within ${waited / 1000} s`, { cause });
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
