import { setTimeout as pause } from 'node:timers/promises';
import { backOff, type Milliseconds, millisecondsToSeconds, RESTART } from '../clock.ts';
import type { Detector } from '../detector/detector.ts';
import { type WatchOptions, watch } from '../detector/watch.ts';
import { hasCode, toErrorRecord } from '../errors.ts';
import { ObjectsWriter } from '../frames/objects-writer.ts';
import { objectsText } from '../hls/objects-file.ts';
import { takeLease } from '../lease/take-lease.ts';
import type { Store } from '../store/store.ts';
import type { Host } from './host.ts';
import { openProblemReport, type ProblemReport } from './problem-report.ts';
import { reportStats } from './stats.ts';
import { logLease } from './stream-log.ts';

/** What looks for events, and where. */
export interface DetectEventsOptions extends Pick<WatchOptions, 'view' | 'timeout' | 'pictures'> {
  readonly store: Store;
  readonly stream: string;
  /** Frames per second, as far as they are known beforehand. */
  readonly frameRate: number;
  readonly detector: Detector;
  /** Becomes the markers' `source`. */
  readonly source: string;
  /** How it is called in `/metrics`. */
  readonly statsName: string;
  /** Makes the detector anew after another process has worked in its place: what this one remembers is out of date. */
  readonly reopen: () => Promise<Detector | undefined>;
}

/**
 * Looks at the pictures of a stream and writes markers, until the host stops. Of those with the same source that share a
 * store one works, and the others stand by.
 */
export async function detectEvents(host: Host, options: DetectEventsOptions): Promise<void> {
  const { log, stopping } = host;
  const { store, stream, frameRate, source } = options;
  const facts = { stream, detector: source };
  const { view, timeout, pictures } = options;
  let detector: Detector | undefined = options.detector;
  let failures = 0;
  while (detector !== undefined && !stopping.aborted) {
    const lease = await takeLease({
      ...{ store, subject: `detect/${stream}/${source}`, wait: true, signal: stopping },
      ...logLease(log, () => host.ready({ ...facts, standby: true })),
    });
    if (lease === undefined) return;
    log.info(facts, 'looking');
    const counts = { pictures: 0, dropped: 0, skipped: 0 };
    const stopStats = reportStats(store, options.statsName, () => ({
      pictures: counts.pictures,
      pictures_dropped: counts.dropped,
      pictures_skipped: counts.skipped,
    }));
    const problems = await openProblemReport(store, stream, `detect ${source}`, host.predecessor);
    const objects = new ObjectsWriter({
      ...{ store, stream, lease },
      failed: (error) => log.warn(toErrorRecord(error), 'objects of frames could not be written'),
    });
    const stopLooking = reportWorking(problems, counts);
    const began = performance.now();
    let wait: Milliseconds | undefined;
    try {
      const watching = watch({
        ...{ store, stream, detector, source, lease, log, counts, frameRate, timeout },
        ...(view && { view }),
        ...(pictures && { pictures }),
        signal: AbortSignal.any([stopping, lease.lost]),
        onObjects: ({ pts }, seen) => objects.add({ pts, source, objects: objectsText(seen) }),
        onReady: () => host.ready(facts),
      });
      await Promise.race([watching, host.crashed]);
    } catch (error) {
      if (!stopping.aborted && !lease.lost.aborted) await problems.report(error);
      const left = hasCode(error, 'DETECTOR_FAILED');
      if (detector.external !== true || !left) throw error;
      failures = performance.now() - began >= RESTART.worked ? 1 : failures + 1;
      wait = backOff(failures, RESTART.first, RESTART.longest);
      if (!stopping.aborted && !lease.lost.aborted)
        log.error(
          { ...toErrorRecord(error), ...facts, times: failures, restartInMs: wait },
          `${toErrorRecord(error).message}; starting it again in ${millisecondsToSeconds(wait)} s`,
        );
    } finally {
      await objects.close();
      stopLooking();
      stopStats();
      await lease.release();
    }
    if (lease.lost.aborted) log.warn({ reason: lease.lost.reason.message }, 'standing by again');
    else if (wait === undefined) return;
    else await pause(wait, undefined, { signal: stopping }).catch(() => {});
    detector = await options.reopen();
  }
}

/** How often it is looked whether pictures are looked at, in milliseconds. */
const LOOK_MS = 500;

/** Reports that the detector works while it gets on with pictures; returns the stop, which ends the report, too. */
function reportWorking(problems: ProblemReport, counts: { readonly pictures: number }): () => void {
  let before = counts.pictures;
  const timer = setInterval(() => {
    if (counts.pictures > before) problems.works();
    before = counts.pictures;
  }, LOOK_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    problems.close();
  };
}
