import { z } from 'zod';

/** How a setting is written on the command line: with a value, as a switch, or with a value many times. */
type Form = 'value' | 'switch' | 'list';

/** Under which heading `--help` lists a setting. */
export type Group =
  | 'Source'
  | 'Stream'
  | 'Encoder'
  | 'Store and media'
  | 'Detection'
  | 'Server'
  | 'Access'
  | 'Hooks'
  | 'Log';

/** One setting: how it is written, what it means, what it may be. */
export interface SettingRow<T extends z.ZodType = z.ZodType> {
  readonly flag: string;
  readonly form: Form;
  /** What the value stands for in `--help`, with its unit: `<seconds>`. */
  readonly value?: string;
  readonly description: string;
  /** Where it does not stand under the heading of its table. */
  readonly group?: Group;
  readonly schema: T;
  /** Never shown in logs, errors or `--help` defaults. */
  readonly secret?: boolean;
}

/** One row of a table, typed by its schema. */
export function setting<T extends z.ZodType>(row: SettingRow<T>): SettingRow<T> {
  return row;
}

/** A number from `low` to `high`. */
export function number(low: number, high: number) {
  return z.coerce
    .number({ error: 'is not a number' })
    .min(low, { error: `is below ${low}` })
    .max(high, { error: `is above ${high}` });
}

/** A whole number from `low` to `high`. */
export function integer(low: number, high: number) {
  return number(low, high).int({ error: 'is not a whole number' });
}

/** A picture size, WIDTHxHEIGHT in pixels, both even. */
export const size = z
  .string()
  .regex(/^\d{1,5}x\d{1,5}$/, {
    error: 'is not WIDTHxHEIGHT, for example 640x360',
  })
  .transform((text) => {
    const [width = 0, height = 0] = text.split('x').map(Number);
    return { width, height };
  })
  .refine(({ width, height }) => width % 2 === 0 && height % 2 === 0, {
    error: 'has an odd side; H.264 with 4:2:0 colour needs even ones',
  })
  .refine(({ width, height }) => Math.min(width, height) >= 64 && Math.max(width, height) <= 7680, {
    error: 'has a side outside 64 to 7680 pixels',
  });

/** A bit rate in bits per second, k and M understood. */
export const bitrate = z
  .string()
  .regex(/^\d+(\.\d+)?[kM]?$/, {
    error: 'is not a bit rate such as 1800k, 2.5M or 800000',
  })
  .transform((text) =>
    Math.round(Number.parseFloat(text) * (text.endsWith('M') ? 1e6 : text.endsWith('k') ? 1e3 : 1)),
  )
  .refine((bits) => bits >= 10_000 && bits <= 200_000_000, {
    error: 'is outside 10k to 200M',
  });

/** A switch: given or not, or said in words. */
export const flagText = z
  .union([z.boolean(), z.enum(['1', 'true', 'yes', 'on', '0', 'false', 'no', 'off', ''])], {
    error: 'is neither on nor off',
  })
  .transform((value) => (typeof value === 'boolean' ? value : ['1', 'true', 'yes', 'on'].includes(value)));

/** What is said of a word that is none of these. */
export function noneOf(words: readonly string[]): string {
  const last = words.at(-1);
  const [first] = words;
  return words.length === 2
    ? `is neither ${first} nor ${last}`
    : `is none of ${words.slice(0, -1).join(', ')} and ${last}`;
}
