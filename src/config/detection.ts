import { z } from 'zod';
import { pictureFormats } from '../frames/picture-format.ts';
import { integer, noneOf, number, setting } from './kinds.ts';

/** Whether a value of `--detector` asks for none, also with a name before it. */
export function isNoDetector(detector: string): boolean {
  return /^(?:[^=]*=)?none$/.test(detector);
}

/** Settings of detection: how events are found. */
export const detectionSettings = {
  detector: setting({
    flag: 'detector',
    form: 'list',
    value: '<detector>',
    description:
      "mint-square, motion, none, ./module.js, or 'exec:python3 detect.py' for a program that reads pictures and answers in lines of JSON; name=<detector> says how its markers call it; may be given many times; auto is mint-square for the chessboard and motion for the rest",
    schema: z
      .union([z.string().transform((text) => [text]), z.array(z.string())], { error: 'is not a detector' })
      .refine((all) => all.length > 0 && all.every((one) => one.trim() !== ''), { error: 'is empty' })
      .refine((all) => new Set(all).size === all.length, {
        error: 'is there twice; name them apart, for example door=motion',
      })
      .refine((all) => all.length === 1 || !all.includes('none'), { error: 'holds none beside others' })
      .refine((all) => all.length <= 16, { error: 'holds more than 16' })
      .default(['auto']),
  }),
  detectorWidth: setting({
    flag: 'detector-width',
    form: 'value',
    value: '<pixels>',
    description:
      "exec: and modules: width of their pictures, 16 to 4096 pixels, and never above the source's own; above 320 beside the stream only, with start; with detect, the stream needs it, too",
    schema: integer(16, 4096).default(160),
  }),
  detectorFps: setting({
    flag: 'detector-fps',
    form: 'value',
    value: '<pictures/s>',
    description: 'exec: and modules: pictures a second, 0.01 to 240; all by default',
    schema: number(0.01, 240).optional(),
  }),
  detectorFormat: setting({
    flag: 'detector-format',
    form: 'value',
    value: '<format>',
    description: `exec: how its pixels are laid out: ${pictureFormats.join(', ')}`,
    schema: z.enum(pictureFormats, { error: noneOf(pictureFormats) }).default('rgb24'),
  }),
  detectorTimeout: setting({
    flag: 'detector-timeout',
    form: 'value',
    value: '<seconds>',
    description:
      'exec: and modules: a detector that has not answered a picture for so long is started anew, 0.1 to 3600 s; its first answer, for which a model is loaded, counts too',
    schema: number(0.1, 3600).default(30),
  }),
  detectorId: setting({
    flag: 'detector-id',
    form: 'value',
    value: '<id>',
    description:
      'tells detectors of one kind apart that watch the same stream, [A-Za-z0-9_-]{1,32}; of those with the same id one works, the others stand by',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,32}$/, { error: 'may hold only letters, digits, _ and -, 1 to 32 of them' })
      .optional(),
  }),
  motionThreshold: setting({
    flag: 'motion-threshold',
    form: 'value',
    value: '<share>',
    description: 'motion: share of the picture that must differ from the background, 0.0005 to 0.9',
    schema: number(0.0005, 0.9).default(0.01),
  }),
  motionMinimum: setting({
    flag: 'motion-minimum',
    form: 'value',
    value: '<seconds>',
    description: 'motion: shorter events are not reported, 0 to 60 s',
    schema: number(0, 60).default(0.5),
  }),
  motionQuiet: setting({
    flag: 'motion-quiet',
    form: 'value',
    value: '<seconds>',
    description: 'motion: the picture must be quiet this long before an event ends, 0 to 60 s',
    schema: number(0, 60).default(1),
  }),
};
