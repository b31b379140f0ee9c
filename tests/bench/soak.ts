import { parseArgs } from 'node:util';
import { withBusyCores } from '../busy-cores.ts';
import { CHROMIUM } from '../e2e/browser.ts';
import { benchCost } from './cost.ts';
import { benchLatency } from './latency.ts';
import { chooseMeasurements, type Measurement } from './programs.ts';
import { soakDeltas } from './soak-deltas.ts';
import { soakExact } from './soak-exact.ts';
import { soakHosts } from './soak-hosts.ts';
import { soakKills } from './soak-kills.ts';
import { soakLeaks } from './soak-leaks.ts';
import { soakPage } from './soak-page.ts';
import { soakPlaylist } from './soak-playlist.ts';
import { soakScale } from './soak-scale.ts';

type Print = (line: string) => void;

const { values, positionals } = parseArgs({ options: { for: { type: 'string' } }, allowPositionals: true });
const seconds = values.for === undefined ? undefined : readSeconds(values.for);

/**
 * `npm run soak [-- name … [--for 2m]]`: the long forms of what the tests prove in short, all or those named. The exit
 * code is 1 if one of them found a fault; those that only measure find none. `--for` says how long leaks are looked
 * for, and how long a page stays open.
 */
const soaks: Readonly<Record<string, Measurement<boolean>>> = {
  playlist: { needs: ['ffmpeg', 'ffprobe', 'taskset'], run: soakPlaylist },
  page: { needs: ['ffmpeg', CHROMIUM, 'taskset'], run: (print) => soakPage(print, { seconds }) },
  boxes: { needs: ['ffmpeg', CHROMIUM, 'taskset'], run: (print) => soakPage(print, { seconds, boxes: 50 }) },
  exact: { needs: ['ffmpeg', 'ffprobe'], run: soakExact },
  scale: { needs: ['ffmpeg', CHROMIUM], run: soakScale },
  hosts: { needs: ['ffmpeg', 'ffprobe', 'redis-server', 'nginx'], run: soakHosts },
  kills: { needs: ['ffmpeg', 'ffprobe'], run: soakKills },
  leaks: { needs: ['ffmpeg', 'ffprobe'], run: (print) => soakLeaks(print, seconds) },
  drift: {
    needs: ['ffmpeg', 'ffprobe', 'taskset'],
    run: measured((print) => benchCost(print, 300)),
  },
  deltas: { needs: ['ffmpeg', CHROMIUM, 'taskset'], run: soakDeltas },
  stalls: {
    needs: ['ffmpeg', CHROMIUM, 'taskset'],
    run: measured((print) => benchLatency(print, { parts: [undefined], seconds: 600, loads: 1 })),
  },
  busy: {
    needs: ['ffmpeg', CHROMIUM, 'taskset'],
    run: measured((print) =>
      withBusyCores(1, () => benchLatency(print, { parts: [undefined], seconds: 120, loads: 5 })),
    ),
  },
};

/** Reads `90s`, `2m` or `1h`. */
function readSeconds(text: string): number {
  const [, count, unit = ''] = /^(\d+)([smh])$/.exec(text) ?? [];
  if (count === undefined) throw new RangeError(`--for ${text}: give a time like 90s, 2m or 1h`);
  return Number(count) * ({ s: 1, m: 60, h: 3600 }[unit] ?? 1);
}

function measured(measure: (print: Print) => Promise<void>): (print: Print) => Promise<boolean> {
  return async (print) => {
    await measure(print);
    return true;
  };
}

const print: Print = (line) => process.stdout.write(`${line}\n`);
for (const { run } of chooseMeasurements('soak', soaks, positionals)) {
  if (!(await run(print))) process.exitCode = 1;
}
