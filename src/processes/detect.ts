import type { Config } from '../config.ts';
import { openDetector } from '../detector/open.ts';
import { watch } from '../detector/watch.ts';
import { aborted, asChild } from './child.ts';
import { openChildStore } from './child-store.ts';
import { reportStats } from './stats.ts';

/** The detect child: looks at the pictures of the stream and writes markers, until it is told to stop. */
export async function run(config: Config): Promise<void> {
  const child = asChild('detect', config);
  const { log, stopping } = child;
  const detector = await openDetector(config);
  const store = await openChildStore(child);
  const counts = { pictures: 0, dropped: 0 };
  const stopStats = reportStats(store, 'detect', () => ({
    pictures: counts.pictures,
    pictures_dropped: counts.dropped,
  }));
  try {
    if (detector === undefined) {
      log.info('no detector: nothing to look for');
      child.ready();
      await aborted(stopping);
      return;
    }
    log.info({ detector: detector.name }, 'looking');
    await watch({
      store,
      stream: config.name,
      detector,
      log,
      counts,
      frameRate: config.fps,
      signal: stopping,
      onReady: () => child.ready({ detector: detector.name }),
    });
  } finally {
    stopStats();
    await store.close();
  }
}
