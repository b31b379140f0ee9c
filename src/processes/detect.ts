import type { Config } from '../config.ts';
import { openDetector } from '../detector/open.ts';
import { watch } from '../detector/watch.ts';
import { openStore } from '../store/open.ts';
import { aborted, asChild } from './child.ts';

/** The detect child: looks at the pictures of the stream and writes markers, until it is told to stop. */
export async function run(config: Config): Promise<void> {
  const child = asChild('detect', config);
  const { log, stopping } = child;
  const detector = await openDetector(config);
  const store = await openStore({ url: config.store });
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
      frameRate: config.fps,
      signal: stopping,
      onReady: () => child.ready({ detector: detector.name }),
    });
  } finally {
    await store.close();
  }
}
