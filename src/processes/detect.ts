import { secondsToMilliseconds } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { openDetector, viewOf } from '../detector/open.ts';
import { HlsStreamError } from '../errors.ts';
import { LARGEST_IN_STORE } from '../frames/picture.ts';
import { receivePictures } from '../frames/picture-client.ts';
import type { PictureView } from '../frames/sampling.ts';
import { aborted } from '../source/aborted.ts';
import { asChild } from './child.ts';
import { openChildStore } from './child-store.ts';
import { type DetectEventsOptions, detectEvents } from './detect-events.ts';
import { picturesSocket } from './local-sockets.ts';
import { sharesStore, statsName } from './shares-store.ts';

/** The detect child: looks at the pictures of the stream and writes markers, until it is told to stop. */
export async function run(all: Config): Promise<void> {
  const config = ownDetector(all);
  const child = asChild('detect', config);
  const { log, stopping } = child;
  // Opened before anything else: a module that is none is said at once.
  const open = () => openDetector(config, log);
  const detector = await open();
  const view = viewOf(config);
  const pictures = largePictures(view);
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
      view,
      ...(pictures && { pictures }),
      timeout: secondsToMilliseconds(config.detectorTimeout),
    });
  } finally {
    await store.close();
  }
}

/**
 * The settings with the one detector that this process runs: of several the one at the place that the launcher says.
 * @throws HlsStreamError USAGE for several in a process that is run by hand
 */
function ownDetector(config: Config): Config {
  const { detector } = config;
  const place = process.env.HLSSTREAM_DETECTOR_PLACE || undefined;
  const own = place === undefined ? undefined : detector[Number(place)];
  if (own !== undefined) return { ...config, detector: [own] };
  if (detector.length === 1) return config;
  throw new HlsStreamError(
    'USAGE',
    `detect runs one detector, and --detector is given ${detector.length} times; start a process for each`,
  );
}

/**
 * Where pictures come from that are too large for the store; undefined where these are not.
 * @throws HlsStreamError USAGE in a process that does not run beside the stream
 */
function largePictures(view: PictureView): DetectEventsOptions['pictures'] {
  const { width = 0 } = view;
  if (width <= LARGEST_IN_STORE) return undefined;
  const path = picturesSocket(width);
  if (path === undefined)
    throw new HlsStreamError(
      'USAGE',
      `--detector-width ${width}: pictures wider than ${LARGEST_IN_STORE} go over a local socket of start; give ${LARGEST_IN_STORE} at most, or run the detector with start`,
    );
  return (options) => receivePictures(path, view, options);
}
