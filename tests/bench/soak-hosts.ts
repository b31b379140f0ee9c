import { killInTurn, victims } from '../system/kill-in-turn.ts';
import { startSeveralHosts } from '../system/several-hosts.ts';

const VIEWERS = 50;
const ROUNDS = 3;
/** The longest that a picture may stand still, in seconds. */
const LONGEST = 4;

/**
 * Several hosts, each of which is killed in turn, round after round, while many watch: with media on a disk they
 * share, then in Redis. Resolves to whether nothing was lost and no picture stood still too long.
 */
export async function soakHosts(print: (line: string) => void, rounds = ROUNDS): Promise<boolean> {
  print(
    `Hosts: Redis, 2 encoders, 2 detectors, 3 API processes, nginx before them, ${VIEWERS} viewers, 10 markers/s;`,
  );
  print(
    `  each killed in turn with -9 (or silenced), ${rounds} rounds; how long the picture of any viewer stood still.`,
  );
  let well = true;
  for (const media of ['disk', 'redis'] as const) {
    const hosts = await startSeveralHosts({ media, stream: ['--size', '320x180', '--event-mean', '2'] });
    try {
      const order = Array.from({ length: rounds }, () => victims).flat();
      const seen = await killInTurn(hosts, { viewers: VIEWERS, order, rest: 2 });
      print(
        `  media: ${media}; ${seen.posted} markers posted, ${seen.detected} detected, ${seen.faults.length} faults`,
      );
      for (const victim of victims) {
        const stalls = seen.stalls.filter((stall) => stall.victim === victim).map(({ seconds }) => seconds);
        print(`    ${victim.padEnd(18)} ${stalls.map((seconds) => seconds.toFixed(2)).join('  ')} s`);
        well &&= Math.max(...stalls) <= LONGEST;
      }
      for (const fault of seen.faults.slice(0, 20)) print(`    FAILED: ${fault}`);
      well &&= seen.faults.length === 0;
    } finally {
      await hosts.stop();
    }
  }
  return well;
}
