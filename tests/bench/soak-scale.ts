import { measureScale } from '../e2e/one-scale.ts';
import { quantile } from './median.ts';

/**
 * Marker against handle on the seek bar, 50 random pairs in each state of the player. Resolves to whether all
 * are within a pixel.
 */
export async function soakScale(print: (line: string) => void, pairs = 50): Promise<boolean> {
  print(`Scale: ${pairs} pairs of marker and handle in each state, pixels apart`);
  let good = true;
  for (const [state, apart] of Object.entries(await measureScale(pairs))) {
    const most = Math.max(...apart);
    good &&= apart.length === pairs && most <= 1;
    print(`  ${state.padEnd(12)} median ${quantile(apart, 0.5).toFixed(3)}  most ${most.toFixed(3)}`);
  }
  return good;
}
