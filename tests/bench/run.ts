import { benchCost } from './cost.ts';
import { benchDelivery } from './delivery.ts';
import { benchEventToEye } from './event-to-eye.ts';
import { benchHosts } from './hosts.ts';
import { benchLatency } from './latency.ts';
import { benchMarkers } from './markers.ts';
import { benchNginx } from './nginx.ts';
import { benchPipeline } from './pipeline.ts';
import { benchStore } from './store.ts';
import { benchTimeline } from './timeline.ts';
import { benchViewers } from './viewers.ts';
import { benchWindows } from './windows.ts';

/** `npm run bench [-- name …]`: all benchmarks, or those named, one after the other. */
const benches: Readonly<Record<string, (print: (line: string) => void) => Promise<void>>> = {
  pipeline: benchPipeline,
  store: benchStore,
  delivery: benchDelivery,
  markers: benchMarkers,
  hosts: benchHosts,
  cost: benchCost,
  timeline: benchTimeline,
  viewers: benchViewers,
  latency: benchLatency,
  'event-to-eye': benchEventToEye,
  nginx: benchNginx,
  windows: benchWindows,
};

const print = (line: string) => process.stdout.write(`${line}\n`);
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  process.stderr.write(
    `there is no benchmark ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}\n`,
  );
  process.exit(2);
}
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length === 0 || wanted.includes(name)) await bench(print);
}
