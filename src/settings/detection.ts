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
