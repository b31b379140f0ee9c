import { setTimeout as pause } from 'node:timers/promises';
import { backOff, RESTART, secondsToMilliseconds } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Detector } from '../detector/detector.ts';
import { openDetector, viewOf } from '../detector/open.ts';
import { toErrorRecord } from '../errors.ts';
import { detectEvents } from '../processes/detect-events.ts';
import type { Host } from '../processes/host.ts';
import type { Store } from '../store/store.ts';
import type { LargePictures } from './large-pictures.ts';

/** Which detectors are run, and how. */
export interface DetectorsOptions {
  readonly config: Config;
  readonly detectors: readonly (string | Detector)[];
  /** The way of pictures that the store does not carry, where such are wanted. */
  readonly large: LargePictures | undefined;
}

/** Has detectors look for events until the host stops; resolves, when all are open, to what waits for their end. */
export async function runDetectors(
  host: Host,
  store: Store,
  { config, large, detectors }: DetectorsOptions,
): Promise<() => Promise<void>> {
  const opened = await Promise.all(
    detectors.map(async (chosen) => {
      const settings = { ...config, detector: typeof chosen === 'string' ? chosen : 'own' };
      const open = async () => (typeof chosen === 'string' ? openDetector(settings, host.log) : chosen);
      return { open, detector: await open(), view: viewOf(settings) };
    }),
  );
  const all = opened.map(async ({ open, detector, view }) => {
    if (detector === undefined) return;
    const { name: source } = detector;
    const pictures = large?.of(view);
    await again(host, source, async (isFirst) => {
      const next = isFirst ? detector : await open();
      if (next === undefined) return;
      await detectEvents(host, {
        ...{ store, stream: config.name, frameRate: config.fps, detector: next, source, view },
        ...{ statsName: `detect ${source}`, reopen: open, ...(pictures && { pictures }) },
        timeout: secondsToMilliseconds(config.detectorTimeout),
      });
    });
  });
  return async () => {
    await Promise.all(all);
  };
}

/** Runs a detector until the host stops, and again with growing pauses when it fails. */
async function again(
  { log, stopping }: Host,
  detector: string,
  run: (isFirst: boolean) => Promise<void>,
): Promise<void> {
  let isFirst = true;
  for (let failures = 1; !stopping.aborted; failures += 1) {
    const began = performance.now();
    try {
      return await run(isFirst);
    } catch (error) {
      if (stopping.aborted) return;
      isFirst = false;
      if (performance.now() - began >= RESTART.worked) failures = 1;
      log.error({ ...toErrorRecord(error), detector }, 'a detector failed; it is begun again');
      await pause(backOff(failures, RESTART.first, RESTART.longest), undefined, { signal: stopping }).catch(
        () => {},
      );
    }
  }
}
