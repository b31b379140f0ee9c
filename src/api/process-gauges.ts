import { Gauge, type Registry } from 'prom-client';
import type { ProcessStats } from './process-stats.ts';

/** What is told of each process, by the name under which it reports it. */
const told: Readonly<Record<string, string>> = {
  event_loop_delay_p99_seconds: 'Event-loop delay of a process over the last seconds, 99th percentile.',
  event_loop_delay_max_seconds: 'Event-loop delay of a process over the last seconds, longest.',
  resident_bytes: 'Memory of a process.',
  cpu_seconds: 'CPU time a process has used since it started.',
  encoder_lag_seconds: 'How long the oldest picture has been inside the encoder.',
  frames_taken: 'Real pictures that went into the encoder since the process started.',
  frames_held: 'Pictures sent once more because none came in time.',
  frames_late: 'Pictures dropped because they came after a repeated one, or while the encoder was away.',
  frames_skipped: 'Pictures the source could not make in time.',
  frames_unseen: 'Pictures that could not be sent to detectors.',
  thumbnails_made: 'Thumbnails made since the process started.',
  thumbnails_skipped: 'Thumbnails left out: the one before was still being made, or could not be written.',
  pictures: 'Pictures a detector has looked at.',
  pictures_dropped: 'Pictures lost on the way to a detector.',
};

/** Adds a gauge for each figure; they are set anew by {@link setProcessGauges}. */
export function processGauges(registry: Registry): ReadonlyMap<string, Gauge<'process'>> {
  const gauges = Object.entries(told).map(([figure, help]) => {
    const name = `hlsstream_process_${figure}`;
    return [figure, new Gauge({ name, help, labelNames: ['process'], registers: [registry] })] as const;
  });
  return new Map(gauges);
}

/** Shows what the processes said last, and nothing of those that said nothing. */
export function setProcessGauges(
  gauges: ReadonlyMap<string, Gauge<'process'>>,
  stats: ReadonlyMap<string, ProcessStats>,
): void {
  for (const [figure, gauge] of gauges) {
    gauge.reset();
    for (const [process, figures] of stats) {
      const value = figures[figure];
      if (value !== undefined) gauge.set({ process }, value);
    }
  }
}
