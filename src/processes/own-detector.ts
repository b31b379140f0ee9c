import type { Config } from '../config/config.ts';
import { HlsStreamError } from '../errors.ts';

/**
 * The settings with the one detector that this process runs: of several the one at the place that the launcher says.
 * @throws HlsStreamError USAGE for several in a process that is run by hand
 */
export function ownDetector(config: Config): Config {
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
