import { killAtRandom } from '../faults/random-kills.ts';

/** How many of what is wrong are printed. */
const SAID = 20;

/**
 * Kills at random while three clients post markers. Resolves to whether each marker that was acknowledged is there
 * once, in order and on its frame, all that is listed decodes, and the reload checker is silent.
 */
export async function soakKills(print: (line: string) => void, kills = 200): Promise<boolean> {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32));
  print(`Kills: ${kills} times kill -9 at random; run it again with SEED=${seed}`);
  const { killed, posted, shown, ...wrong } = await killAtRandom({ kills, seed }, print);
  print(`  ${killed} processes killed, ${posted} markers acknowledged, ${shown} events in the media`);
  for (const [what, all] of Object.entries(wrong)) {
    print(`  ${what}: ${all.length}`);
    for (const one of all.slice(0, SAID)) print(`    FAILED: ${one}`);
  }
  return Object.values(wrong).every((all) => all.length === 0);
}
