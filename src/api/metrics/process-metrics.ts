import { Counter, Gauge, type Registry } from 'prom-client';
import { type ProcessStats, STORAGE_FAILURES } from './process-stats.ts';

/** What is told of each process and goes up and down, by the name under which it reports it. */
const levels: Readonly<Record<string, string>> = {
  event_loop_delay_p99_seconds: 'Event-loop delay of a process over the last seconds, 99th percentile.',
  event_loop_delay_max_seconds: 'Event-loop delay of a process over the last seconds, longest.',
  resident_bytes: 'Memory of a process.',
  hooks_queued: 'Events that wait to be sent to other systems.',
  encoder_lag_seconds: 'How long the oldest picture has been inside the encoder.',
};

/** What is counted since the process started, by the name under which it reports it; the metric adds `_total`. */
const counts: Readonly<Record<string, string>> = {
  cpu_seconds: 'CPU time a process has used since it started.',
  frames_taken: 'Real pictures that went into the encoder since the process started.',
  frames_repeated: 'Pictures sent once more because none came in time.',
  frames_late: 'Pictures dropped because they came after a repeated one, or while the encoder was away.',
  frames_skipped: 'Pictures the source could not make in time.',
  frames_unseen: 'Pictures that could not be sent to detectors.',
  objects_frames: 'Frames of which a source said what objects they show.',
  objects_late: 'Those of which it was said too late, and which are left out.',
  thumbnails_made: 'Thumbnails made since the process started.',
  thumbnails_skipped: 'Thumbnails left out: the one before was still being made, or could not be written.',
  hooks_sent: 'Events that other systems have taken.',
  hooks_failed: 'Tries to send an event that failed; each is tried again.',
  hooks_dropped: 'Events that no other system is told of: too many waited, or it wants to hear no more.',
  pictures: 'Pictures a detector has looked at.',
  pictures_dropped: 'Pictures lost on the way to a detector.',
  pictures_skipped: 'Pictures a detector was not shown because it was still looking at one before.',
};

/** The metrics that speak for other processes, by the name of the figure. */
export type ProcessMetrics = ReadonlyMap<
  string,
  { reset(): void; inc(labels: { process: string; code?: string }, value: number): void }
>;

/** Adds a metric for each figure; they are set anew by {@link setProcessMetrics}. */
export function processMetrics(registry: Registry): ProcessMetrics {
  const metric = (figure: string, suffix: string, help: string) => ({
    name: `hlsstream_process_${figure}${suffix}`,
    help,
    labelNames: ['process'] as const,
    registers: [registry],
  });
  const failures = new Counter({
    ...metric(
      STORAGE_FAILURES.slice(0, -1),
      '_total',
      'Calls to the media storage, of sync to its folder, that failed, by what they failed with.',
    ),
    labelNames: ['process', 'code'] as const,
  });
  return new Map<string, ReturnType<ProcessMetrics['get']> & object>([
    [STORAGE_FAILURES, failures],
    ...Object.entries(levels).map(([of, help]) => [of, new Gauge(metric(of, '', help))] as const),
    ...Object.entries(counts).map(([of, help]) => [of, new Counter(metric(of, '_total', help))] as const),
  ]);
}

/** Shows what the processes said last, and nothing of those that said nothing. */
export function setProcessMetrics(metrics: ProcessMetrics, stats: ReadonlyMap<string, ProcessStats>): void {
  for (const [figure, metric] of metrics) {
    metric.reset();
    for (const [process, figures] of stats) {
      const value = figures[figure];
      // From nothing, so that a counter says what was counted.
      if (value !== undefined) metric.inc({ process }, value);
      if (figure !== STORAGE_FAILURES) continue;
      for (const [name, count] of Object.entries(figures)) {
        if (name.startsWith(figure)) metric.inc({ process, code: name.slice(figure.length) }, count);
      }
    }
  }
}
