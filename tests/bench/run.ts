import { CHROMIUM } from '../e2e/browser.ts';
import { benchAccess } from './access.ts';
import { benchCost } from './cost.ts';
import { benchDelivery } from './delivery.ts';
import { benchEventToEye } from './event-to-eye.ts';
import { benchFramed } from './framed.ts';
import { benchHosts } from './hosts.ts';
import { benchLatency } from './latency.ts';
import { benchMarkerLog } from './marker-log.ts';
import { benchMarkers } from './markers.ts';
import { benchNginx } from './nginx.ts';
import { benchObjects } from './objects.ts';
import { benchPipeline } from './pipeline.ts';
import { chooseMeasurements, type Measurement } from './programs.ts';
import { benchRetention } from './retention.ts';
import { benchStore } from './store.ts';
import { benchTimeline } from './timeline.ts';
import { benchViewers } from './viewers.ts';
import { benchWindows } from './windows.ts';

/** `npm run bench [-- name …]`: all benchmarks, or those named, one after the other. */
const benches: Readonly<Record<string, Measurement<void>>> = {
  pipeline: { needs: ['ffmpeg'], run: benchPipeline },
  framed: { needs: [], run: benchFramed },
  store: { needs: ['redis-server'], run: benchStore },
  delivery: { needs: ['ffmpeg', 'ffprobe', 'redis-server', 'taskset'], run: benchDelivery },
  markers: { needs: ['redis-server', 'taskset'], run: benchMarkers },
  'marker-log': { needs: ['redis-server'], run: benchMarkerLog },
  hosts: { needs: ['ffmpeg', 'ffprobe', 'redis-server', 'nginx', 'taskset'], run: benchHosts },
  cost: { needs: ['ffmpeg', 'ffprobe', 'taskset'], run: benchCost },
  timeline: { needs: ['ffmpeg', CHROMIUM], run: benchTimeline },
  viewers: { needs: ['ffmpeg', 'ffprobe', 'taskset'], run: benchViewers },
  latency: { needs: ['ffmpeg', CHROMIUM, 'taskset'], run: benchLatency },
  'event-to-eye': { needs: ['ffmpeg', CHROMIUM, 'taskset'], run: benchEventToEye },
  nginx: { needs: ['ffmpeg', 'nginx', 'wrk', 'taskset'], run: benchNginx },
  windows: { needs: ['taskset'], run: benchWindows },
  objects: { needs: ['ffmpeg', CHROMIUM, 'taskset'], run: benchObjects },
  access: { needs: ['taskset'], run: benchAccess },
  retention: { needs: [], run: benchRetention },
};

const print = (line: string) => process.stdout.write(`${line}\n`);
for (const { run } of chooseMeasurements('benchmark', benches, process.argv.slice(2))) await run(print);
