import { HlsStreamError } from '../errors.ts';
import type { Detector } from './detector.ts';
import { createMintSquareDetector } from './mint-square.ts';
import { loadDetector } from './module-detector.ts';
import { createMotionDetector } from './motion.ts';

/** The settings a detector is chosen and set by; a part of the configuration. */
export interface DetectorSettings {
  /** `auto`, `mint-square`, `motion`, `none`, or the path of a module. */
  readonly detector: string;
  /** Where the frames come from: `auto` looks for what a chessboard shows, and for motion elsewhere. */
  readonly source: string;
  /** Share of the picture, 0.0005 to 0.9. */
  readonly motionThreshold: number;
  /** Seconds. */
  readonly motionMinimum: number;
  /** Seconds. */
  readonly motionQuiet: number;
}

/**
 * Opens the detector named by the settings; `undefined` for none. Throws USAGE for a name that is none,
 * MODULE_INVALID for a module that holds no detector.
 */
export async function openDetector(settings: DetectorSettings): Promise<Detector | undefined> {
  const { detector, source } = settings;
  const name = detector === 'auto' ? (source === 'chessboard' ? 'mint-square' : 'motion') : detector;
  if (name === 'none') return undefined;
  if (name === 'mint-square') return createMintSquareDetector();
  if (name === 'motion') {
    return createMotionDetector({
      threshold: settings.motionThreshold,
      minimumSeconds: settings.motionMinimum,
      quietSeconds: settings.motionQuiet,
    });
  }
  if (/[./\\]/.test(name)) return loadDetector(name);
  throw new HlsStreamError(
    'USAGE',
    `--detector ${name} is not a detector; it takes auto, mint-square, motion, none or ./module.js`,
  );
}
