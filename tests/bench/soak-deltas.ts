import { startBrowser, type TestBrowser } from '../e2e/browser.ts';
import { type PlayerName, type PlayerPages, servePlayers } from '../e2e/player-pages.ts';
import { openWatched, readWatched } from '../e2e/watched-page.ts';
import { startSystem } from '../system/system.ts';
import { pause } from './accounting.ts';

/** How {@link soakDeltas} goes about it. */
export interface DeltaOptions {
  readonly players?: readonly PlayerName[];
  /** Starts of each player. */
  readonly starts?: number;
  /** How long each plays, in seconds. */
  readonly seconds?: number;
  /** Pages at once. */
  readonly pages?: number;
  /** Announce deltas; off shows what fails without them, too. @default true */
  readonly deltas?: boolean;
}

/** How one start of a player went. */
interface Start {
  /** What went wrong; empty if nothing. */
  readonly failures: readonly string[];
  readonly stalls: number;
}

/** Starts players over and over with delta updates on and counts those that die. Resolves to whether none did. */
export async function soakDeltas(
  print: (line: string) => void,
  options: DeltaOptions = {},
): Promise<boolean> {
  const { players = ['viewer', 'video.js', 'hls.js'], starts = 200, seconds = 10, pages = 2 } = options;
  const deltas = options.deltas ?? true;
  print(
    `Delta updates ${deltas ? 'on' : 'off'}: ${starts} starts of each player, ${seconds} s each, ${pages} pages at a time`,
  );
  print(
    '  A start fails when media element or player report an error, or when nothing was played in the last 3 s.',
  );
  const served = await servePlayers();
  const flags = ['--event-mean', '3', '--window', '60', '--cors-origin', '*', '--log-level', 'error'];
  const system = await startSystem([...flags, '--delta-updates', deltas ? 'on' : 'off']);
  let well = true;
  try {
    // Longer than the Skip Boundary, or no update could skip anything.
    await pause(30);
    for (const player of players) {
      const outcomes: Start[] = [];
      let begun = 0;
      const lane = async () => {
        while (begun < starts) {
          begun += 1;
          const number = begun;
          const outcome = await start(served, system.url, player, seconds);
          outcomes.push(outcome);
          for (const failure of outcome.failures) print(`    ${player}, start ${number}: ${failure}`);
        }
      };
      await Promise.all(Array.from({ length: pages }, lane));
      const failed = outcomes.filter(({ failures }) => failures.length > 0).length;
      const stalls = outcomes.reduce((sum, outcome) => sum + outcome.stalls, 0);
      print(`  ${player.padEnd(9)} ${outcomes.length} starts, ${failed} failed, ${stalls} stalls`);
      well &&= failed === 0;
    }
  } finally {
    await system.stop();
    await served.stop();
  }
  return well;
}

async function start(
  served: PlayerPages,
  system: string,
  player: PlayerName,
  seconds: number,
): Promise<Start> {
  let browser: TestBrowser | undefined;
  try {
    browser = await startBrowser();
    const page = await openWatched(browser.context, served.urlOf(player, system));
    await pause(seconds - 3);
    const { currentTime } = await readWatched(page);
    await pause(3);
    const after = await readWatched(page);
    const failures = [...after.errors];
    if (after.firstFrame === undefined) failures.push('no frame was shown');
    if (after.currentTime - currentTime < 1)
      failures.push(`stands at ${after.currentTime} s, ${after.doing}, first frame at ${after.firstFrame} s`);
    return { failures, stalls: after.stalls.length };
  } catch (error) {
    return { failures: [String(error)], stalls: 0 };
  } finally {
    await browser?.close();
  }
}
