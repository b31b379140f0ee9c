import { z } from 'zod';
import { number, setting } from './kinds.ts';

/** Settings of detection: how events are found. */
export const detectionSettings = {
  detector: setting({
    flag: 'detector',
    form: 'value',
    value: '<detector>',
    description:
      'mint-square, motion, none or ./module.js; auto is mint-square for the chessboard and motion for the rest',
    schema: z.string().min(1).default('auto'),
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
