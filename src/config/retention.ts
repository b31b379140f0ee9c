import { z } from 'zod';
import { keptBytes, keptSeconds, SIZE, TIME } from './kept.ts';
import { setting } from './kinds.ts';

/** Ten years, in seconds. */
const LONGEST = 3650 * 86_400;

const keptTime = z
  .string()
  .regex(TIME, { error: 'is not a time such as 36h or 7d' })
  .refine((text) => keptSeconds(text) >= 1, { error: 'is below a second' })
  .refine((text) => keptSeconds(text) <= LONGEST, { error: 'is above 3650 days' });

/** Settings of how long media and markers are kept. */
export const retentionSettings = {
  retain: setting({
    flag: 'retain',
    form: 'value',
    value: '<time>',
    description:
      'how long media is kept beyond --window: hours or days, for example 36h or 7d, up to 3650d; by default not at all, or with --retain-size as long as there is room',
    schema: keptTime.optional(),
  }),
  retainSize: setting({
    flag: 'retain-size',
    form: 'value',
    value: '<size>',
    description:
      'how much media all streams of a data directory may keep together, the oldest of all goes first: 500MB, 50GB, 2TB, at least 10MB; what --window lists is kept in any case',
    schema: z
      .string()
      .regex(SIZE, { error: 'is not a size such as 500MB or 50GB' })
      .refine((text) => keptBytes(text) >= 1e7, { error: 'is below 10MB' })
      .refine((text) => keptBytes(text) <= 1e15, { error: 'is above 1000TB' })
      .optional(),
  }),
  retainMarkers: setting({
    flag: 'retain-markers',
    form: 'value',
    value: '<time>',
    description: 'how long markers are kept, if longer than their media; as --retain',
    schema: keptTime.optional(),
  }),
};
