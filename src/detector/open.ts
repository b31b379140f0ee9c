import { basename } from 'node:path';
import stringArgv from 'string-argv';
import { HlsStreamError } from '../errors.ts';
import { SMALL_PICTURE } from '../frames/picture.ts';
import type { PictureFormat } from '../frames/picture-format.ts';
import type { PictureView } from '../frames/sampling.ts';
import { findProgram } from '../program/find-program.ts';
import type { Detector } from './detector.ts';
import { createExecDetector } from './exec-detector.ts';
import type { OutboxLog } from './marker-outbox.ts';
import { createMintSquareDetector } from './mint-square.ts';
import { loadDetector } from './module-detector.ts';
import { createMotionDetector } from './motion.ts';

/** The settings a detector is chosen and set by; a part of the configuration. */
export interface DetectorSettings {
  /** `auto`, `mint-square`, `motion`, `none`, the path of a module or `exec:` and a command, perhaps after `name=`. */
  readonly detector: string | readonly string[];
  /** Where the frames come from: `auto` looks for what a chessboard shows, and for motion elsewhere. */
  readonly source: string;
  /** Share of the picture, 0.0005 to 0.9. */
  readonly motionThreshold: number;
  /** Seconds. */
  readonly motionMinimum: number;
  /** Seconds. */
  readonly motionQuiet: number;
  /** In which form a program gets its pictures. @default rgb24 */
  readonly detectorFormat?: PictureFormat;
  /** Widest picture for a module or a program, in pixels. */
  readonly detectorWidth?: number;
  /** Pictures a second for a module or a program. @default all */
  readonly detectorFps?: number | undefined;
}

/** What is given with `--detector`: the name that its markers carry, if it is chosen, and what it is. */
function taken({ detector, source }: DetectorSettings): {
  readonly named: string | undefined;
  readonly what: string;
} {
  const [, named, what = ''] =
    /^(?:([A-Za-z0-9_.-]{1,64})=)?(.*)$/s.exec([detector].flat()[0] ?? 'auto') ?? [];
  const known = what === 'auto' ? (source === 'chessboard' ? 'mint-square' : 'motion') : what;
  return { named, what: known };
}

/**
 * Opens the detector named by the settings, the first of several; `undefined` for none. Throws USAGE for a name that is
 * none and for a program that is not there, MODULE_INVALID for a module that holds no detector.
 */
export async function openDetector(
  settings: DetectorSettings,
  log: OutboxLog = { info() {}, warn() {} },
): Promise<Detector | undefined> {
  const { named, what } = taken(settings);
  if (what === 'none') return undefined;
  const detector = await open(what, named, settings, log);
  return named === undefined ? detector : Object.assign(detector, { name: named });
}

async function open(
  name: string,
  named: string | undefined,
  settings: DetectorSettings,
  log: OutboxLog,
): Promise<Detector> {
  if (name === 'mint-square') return createMintSquareDetector();
  if (name === 'motion') {
    return createMotionDetector({
      threshold: settings.motionThreshold,
      minimumSeconds: settings.motionMinimum,
      quietSeconds: settings.motionQuiet,
    });
  }
  if (name.startsWith('exec:')) {
    const words = stringArgv(name.slice('exec:'.length));
    await findProgram(words[0], `--detector ${name}`);
    const format = settings.detectorFormat ?? 'rgb24';
    return createExecDetector({ name: named ?? nameOf(words), words, format, log });
  }
  if (/[./\\]/.test(name)) return loadDetector(name);
  throw new HlsStreamError(
    'USAGE',
    `--detector ${name} is not a detector; it takes auto, mint-square, motion, none, ./module.js or 'exec:program arguments'`,
  );
}

/** Which pictures the detector named by the settings is shown: those of this program look at small ones, and at all. */
export function viewOf(settings: DetectorSettings): PictureView {
  const { what } = taken(settings);
  if (what === 'mint-square' || what === 'motion') return { width: SMALL_PICTURE };
  return { width: settings.detectorWidth ?? SMALL_PICTURE, fps: settings.detectorFps };
}

/** What a program is called: as its script is, its Python module, or itself. */
function nameOf(words: readonly string[]): string {
  const script = words.slice(1).find((word) => /^[^-].*\.[a-z]{1,4}$/i.test(word));
  const module = words[words.indexOf('-m') + 1];
  const name = script ?? (words.includes('-m') ? module : words[0]) ?? '';
  return (
    basename(name)
      .replace(/\.[a-z]{1,4}$/i, '')
      .replace(/[^A-Za-z0-9_.-]/g, '-')
      .slice(0, 64) || 'exec'
  );
}
