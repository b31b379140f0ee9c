import { z } from 'zod';
import { setting } from './kinds.ts';

/** Seconds in what a time may end with; without a unit it is hours. */
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, '': 3600, h: 3600, d: 86_400 };

/** Bytes in what a size may end with; without a unit it is gigabytes. */
const BYTES: Readonly<Record<string, number>> = {
  M: 1e6,
  MB: 1e6,
  '': 1e9,
  G: 1e9,
  GB: 1e9,
  T: 1e12,
  TB: 1e12,
};

const TIME = /^(\d+(?:\.\d+)?)([smhd]?)$/;
const SIZE = /^(\d+(?:\.\d+)?)([MGT]B?)?$/;

/** Ten years, in seconds. */
const LONGEST = 3650 * 86_400;

/** A time as it is kept, such as 36h or 7d, in seconds. */
export function keptSeconds(text: string): number {
  const [, amount = '', unit = ''] = TIME.exec(text) ?? [];
  return Number(amount) * (SECONDS[unit] ?? Number.NaN);
}

/** A size such as 500MB or 50GB, in bytes. */
export function keptBytes(text: string): number {
  const [, amount = '', unit = ''] = SIZE.exec(text) ?? [];
  return Number(amount) * (BYTES[unit] ?? Number.NaN);
}

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

/** What these settings say together; times in seconds, sizes in bytes. */
export interface Kept {
  readonly retain: number | undefined;
  readonly retainSize: number | undefined;
  readonly retainMarkers: number | undefined;
}

/** Reads these settings. */
export function keptBy(config: {
  readonly retain?: string | undefined;
  readonly retainSize?: string | undefined;
  readonly retainMarkers?: string | undefined;
}): Kept {
  const { retain, retainSize, retainMarkers } = config;
  return {
    retain: retain === undefined ? undefined : keptSeconds(retain),
    retainSize: retainSize === undefined ? undefined : keptBytes(retainSize),
    retainMarkers: retainMarkers === undefined ? undefined : keptSeconds(retainMarkers),
  };
}
