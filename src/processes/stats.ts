import { monitorEventLoopDelay } from 'node:perf_hooks';
import { statsKey } from '../api/metrics/process-stats.ts';
import { millisecondsToSeconds, nanosecondsToMilliseconds, toSeconds } from '../clock.ts';
import type { Store } from '../store/store.ts';

/** How often a process says how it is, in milliseconds. */
const EVERY_MS = 5000;

/** How often the event loop is looked at, in milliseconds; more often would cost more than it tells. */
const RESOLUTION_MS = 200;

/**
 * Puts figures of this process into the store every 5 s, for `/metrics`: memory, CPU, event-loop delay and
 * what `read` adds. A store that is away hears nothing of it. Returns the stop.
 * @param read figures by name, as `src/api/metrics/process-metrics.ts` lists them
 */
export function reportStats(
  store: Store,
  name: string,
  read: () => Readonly<Record<string, number>> = () => ({}),
): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const report = () => {
    const { user, system } = process.cpuUsage();
    const figures = {
      at: Date.now(),
      resident_bytes: process.memoryUsage.rss(),
      cpu_seconds: toSeconds(user + system),
      event_loop_delay_p99_seconds: lateness(delay.percentile(99)),
      event_loop_delay_max_seconds: lateness(delay.max),
      ...read(),
    };
    delay.reset();
    store.update(statsKey(name), figures).catch(() => {});
  };
  report();
  const timer = setInterval(report, EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    delay.disable();
  };
}

/** Node measures the whole time between two looks, the pause it meant to make included. */
function lateness(nanoseconds: number): number {
  return millisecondsToSeconds(Math.max(0, nanosecondsToMilliseconds(nanoseconds) - RESOLUTION_MS));
}
