import type { Config } from '../config/config.ts';
import { openDetector } from '../detector/open.ts';
import { watch } from '../detector/watch.ts';
import { takeLease } from '../lease/take-lease.ts';
import { aborted } from '../source/aborted.ts';
import { asChild } from './child.ts';
import { openChildStore } from './child-store.ts';
import { openProblemReport, type ProblemReport } from './problem-report.ts';
import { statsName } from './shares-store.ts';
import { reportStats } from './stats.ts';
import { logLease } from './stream-log.ts';

/**
 * The detect child: looks at the pictures of the stream and writes markers, until it is told to stop. Of those
 * with the same detector and id that share a store one works, and the others stand by.
 */
export async function run(config: Config): Promise<void> {
  const child = asChild('detect', config);
  const { log, stopping } = child;
  // Opened before anything else: a module that is none is said at once.
  let detector = await openDetector(config);
  const store = await openChildStore(child);
  try {
    if (detector === undefined) {
      log.info('no detector: nothing to look for');
      child.ready();
      await aborted(stopping);
    }
    while (detector !== undefined && !stopping.aborted) {
      const source =
        config.detectorId === undefined ? detector.name : `${detector.name}.${config.detectorId}`;
      const facts = { stream: config.name, detector: source };
      const lease = await takeLease({
        ...{ store, subject: `detect/${config.name}/${source}`, wait: true, signal: stopping },
        ...logLease(log, () => child.ready({ ...facts, standby: true })),
      });
      if (lease === undefined) return;
      log.info(facts, 'looking');
      const counts = { pictures: 0, dropped: 0 };
      const stopStats = reportStats(store, statsName('detect', config, source), () => ({
        pictures: counts.pictures,
        pictures_dropped: counts.dropped,
      }));
      const problems = await openProblemReport(store, config.name, `detect ${source}`, child.predecessor);
      const stopLooking = reportWorking(problems, counts);
      try {
        const watching = watch({
          ...{ store, stream: config.name, detector, source, lease, log, counts, frameRate: config.fps },
          signal: AbortSignal.any([stopping, lease.lost]),
          onReady: () => child.ready(facts),
        });
        await Promise.race([watching, child.crashed]);
      } catch (error) {
        if (!stopping.aborted && !lease.lost.aborted) await problems.report(error);
        throw error;
      } finally {
        stopLooking();
        stopStats();
        await lease.release();
      }
      if (!lease.lost.aborted) return;
      log.warn({ reason: lease.lost.reason.message }, 'standing by again');
      // What this one remembers is out of date.
      detector = await openDetector(config);
    }
  } finally {
    await store.close();
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
