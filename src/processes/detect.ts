import { secondsToMilliseconds } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { openDetector, viewOf } from '../detector/open.ts';
import { aborted } from '../source/aborted.ts';
import { asChild } from './child.ts';
import { openChildStore } from './child-store.ts';
import { detectEvents } from './detect-events.ts';
import { ownDetector } from './own-detector.ts';
import { sharesStore, statsName } from './shares-store.ts';

/** The detect child: looks at the pictures of the stream and writes markers, until it is told to stop. */
export async function run(all: Config): Promise<void> {
  const config = ownDetector(all);
  const child = asChild('detect', config);
  const { log, stopping } = child;
  // Opened before anything else: a module that is none is said at once.
  const open = () => openDetector(config, log);
  const detector = await open();
  const store = await openChildStore(child);
  try {
    if (detector === undefined) {
      log.info('no detector: nothing to look for');
      child.ready();
      await aborted(stopping);
      return;
    }
    const { name, detectorId, fps } = config;
    const source = detectorId === undefined ? detector.name : `${detector.name}.${detectorId}`;
    await detectEvents(child, {
      ...{ store, stream: name, frameRate: fps, detector, source },
      statsName:
        all.detector.length > 1 && !sharesStore(config)
          ? `detect ${source}`
          : statsName('detect', config, source),
      reopen: open,
      view: viewOf(config),
      timeout: secondsToMilliseconds(config.detectorTimeout),
    });
  } finally {
    await store.close();
  }
}
