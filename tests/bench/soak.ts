import { withBusyCore } from './busy-core.ts';
import { benchCost } from './cost.ts';
import { benchLatency } from './latency.ts';
import { soakDeltas } from './soak-deltas.ts';
import { soakExact } from './soak-exact.ts';
import { soakHosts } from './soak-hosts.ts';
import { soakPage } from './soak-page.ts';
import { soakPlaylist } from './soak-playlist.ts';
import { soakScale } from './soak-scale.ts';

type Print = (line: string) => void;

/**
 * `npm run soak [-- name …]`: the long forms of what the tests prove in short, all or those named. The exit
 * code is 1 if one of them found a fault; those that only measure find none.
 */
const soaks: Readonly<Record<string, (print: Print) => Promise<boolean>>> = {
  playlist: soakPlaylist,
  page: soakPage,
  exact: soakExact,
  scale: soakScale,
  hosts: soakHosts,
  drift: measured((print) => benchCost(print, 300)),
  deltas: soakDeltas,
  stalls: measured((print) => benchLatency(print, { parts: [undefined], seconds: 600, loads: 1 })),
  busy: measured((print) =>
    withBusyCore(() => benchLatency(print, { parts: [undefined], seconds: 120, loads: 5 })),
  ),
};

function measured(measure: (print: Print) => Promise<void>): (print: Print) => Promise<boolean> {
  return async (print) => {
    await measure(print);
    return true;
  };
}

const print: Print = (line) => process.stdout.write(`${line}\n`);
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in soaks));
if (unknown.length > 0) {
  process.stderr.write(
    `there is no soak ${unknown.join(', ')}; there are ${Object.keys(soaks).join(', ')}\n`,
  );
  process.exit(2);
}
for (const [name, soak] of Object.entries(soaks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  if (!(await soak(print))) process.exitCode = 1;
}
