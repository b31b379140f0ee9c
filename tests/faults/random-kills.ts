import { setTimeout as pause } from 'node:timers/promises';
import { type Chance, chance } from '../api/request-maker.ts';
import { type Victim, victims } from './cells.ts';
import { FaultySystem, type Truth } from './faulty-system.ts';

/** What a system is put through. */
export interface RandomKills {
  readonly kills: number;
  /** The same seed kills the same, and waits as long between. */
  readonly seed: number;
  /** The longest pause before the next, in milliseconds. */
  readonly pause?: number;
}

/** What came of it. */
export interface Aftermath extends Truth {
  /** Processes that were killed. */
  readonly killed: number;
  /** What the reload checker said, from the first kill to the last. */
  readonly violations: readonly string[];
}

/**
 * Kills whatever comes, one, two or all in the same instant, without waiting for what was killed before, while three
 * clients post markers and the reload checker judges every playlist; then compares, and decodes all that is listed.
 */
export async function killAtRandom(
  { kills, seed, pause: longest = 2500 }: RandomKills,
  progress: (line: string) => void = () => {},
): Promise<Aftermath> {
  const by = chance(seed);
  const system = await FaultySystem.start(false, 3);
  const over = new AbortController();
  try {
    const checked = await system.checkUntil(over.signal);
    let killed = 0;
    for (let count = 1; count <= kills; count += 1) {
      const roles = choose(by);
      await pause(100 + by.below(longest - 100));
      killed += await system.kill(roles);
      if (count % 20 === 0) progress(`  ${count} of ${kills}, ${killed} processes`);
    }
    await system.recovered();
    await system.hasShown();
    over.abort();
    const { violations } = await checked();
    return {
      ...(await system.truth(1)),
      killed,
      violations: violations.map(({ rule, message }) => `${rule}: ${message}`),
    };
  } finally {
    over.abort();
    await system.stop();
  }
}

/** Mostly one; a launcher less often, for it takes all with it. */
function choose(by: Chance): Victim[] {
  if (by.is(0.04)) return [...victims];
  const others = victims.filter((victim) => victim !== 'launcher') as [Victim, ...Victim[]];
  const one = by.is(0.08) ? 'launcher' : by.one(others);
  const other = by.one(others);
  return by.is(0.25) && other !== one ? [one, other] : [one];
}
