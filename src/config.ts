import { z } from 'zod';
import { HlsStreamError } from './errors.ts';

/**
 * Every setting of the system, once: its flag, its environment variable, unit, default and range. The CLI
 * makes its flags and `--help` from this table, and the launcher hands it to its children as environment.
 */

/** How a setting is written on the command line: with a value, as a switch, or with a value many times. */
type Form = 'value' | 'switch' | 'list';

/** One setting: how it is written, what it means, what it may be. */
export interface SettingRow<T extends z.ZodType = z.ZodType> {
  readonly flag: string;
  readonly form: Form;
  /** What the value stands for in `--help`, with its unit: `<seconds>`. */
  readonly value?: string;
  readonly description: string;
  readonly schema: T;
  /** Never shown in logs, errors or `--help` defaults. */
  readonly secret?: boolean;
}

function setting<T extends z.ZodType>(row: SettingRow<T>): SettingRow<T> {
  return row;
}

function number(low: number, high: number) {
  return z.coerce
    .number({ error: 'is not a number' })
    .min(low, { error: `is below ${low}` })
    .max(high, { error: `is above ${high}` });
}

function integer(low: number, high: number) {
  return number(low, high).int({ error: 'is not a whole number' });
}

const size = z
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

const bitrate = z
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

/** Names of streams: they become part of URLs, files and store keys. */
export const streamName = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, {
  error: 'may hold only letters, digits, _ and -, 1 to 64 of them',
});

const flagText = z
  .union([z.boolean(), z.enum(['1', 'true', 'yes', '0', 'false', 'no', ''])])
  .transform((value) => (typeof value === 'boolean' ? value : ['1', 'true', 'yes'].includes(value)));

/** The encoders that may be named; all run through ffmpeg. */
export const encoders = ['libx264', 'h264_nvenc', 'h264_vaapi', 'h264_qsv', 'h264_videotoolbox'] as const;

export const settings = {
  host: setting({
    flag: 'host',
    form: 'value',
    value: '<address>',
    description: 'address to listen on',
    schema: z.string().min(1).default('127.0.0.1'),
  }),
  port: setting({
    flag: 'port',
    form: 'value',
    value: '<number>',
    description: 'TCP port, 0 to 65535; 0 takes a free one',
    schema: integer(0, 65535).default(5000),
  }),
  dataDir: setting({
    flag: 'data-dir',
    form: 'value',
    value: '<folder>',
    description: 'where media files go',
    schema: z.string().min(1).default('video'),
  }),
  name: setting({
    flag: 'name',
    form: 'value',
    value: '<name>',
    description: 'name of the stream, [A-Za-z0-9_-]{1,64}',
    schema: streamName.default('chessboard'),
  }),
  source: setting({
    flag: 'source',
    form: 'value',
    value: '<source>',
    description: 'chessboard, a file, URL or device that ffmpeg reads, ./module.js, or - for standard input',
    schema: z.string().min(1).default('chessboard'),
  }),
  inputFormat: setting({
    flag: 'input-format',
    form: 'value',
    value: '<format>',
    description:
      'with --source -: raw frames as rgb24, rgba, bgr24 or gray (needs --size and --fps), or auto for a container',
    schema: z.enum(['auto', 'rgb24', 'rgba', 'bgr24', 'gray']).default('auto'),
  }),
  inputTiming: setting({
    flag: 'input-timing',
    form: 'value',
    value: '<timing>',
    description: 'raw frames on standard input are stamped on arrival, or at the rate given by --fps',
    schema: z.enum(['arrival', 'rate']).default('arrival'),
  }),
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
  size: setting({
    flag: 'size',
    form: 'value',
    value: '<WxH>',
    description: 'picture size in pixels, even, 64 to 7680; real sources keep their own',
    schema: size.prefault('640x360'),
  }),
  fps: setting({
    flag: 'fps',
    form: 'value',
    value: '<rate>',
    description: 'frames per second, 1 to 120',
    schema: number(1, 120).default(30),
  }),
  bitrate: setting({
    flag: 'bitrate',
    form: 'value',
    value: '<bits/s>',
    description: 'video bit rate, 10k to 200M; by default from size and rate',
    schema: bitrate.optional(),
  }),
  preset: setting({
    flag: 'preset',
    form: 'value',
    value: '<preset>',
    description: "the encoder's own speed preset",
    schema: z
      .string()
      .regex(/^[a-z0-9]{1,16}$/, { error: 'is no preset name' })
      .optional(),
  }),
  encoder: setting({
    flag: 'encoder',
    form: 'value',
    value: '<encoder>',
    description: `one of ${encoders.join(', ')}`,
    schema: z.enum(encoders).default('libx264'),
  }),
  segment: setting({
    flag: 'segment',
    form: 'value',
    value: '<seconds>',
    description: 'length of a Media Segment, 0.5 to 30 s',
    schema: number(0.5, 30).default(2),
  }),
  part: setting({
    flag: 'part',
    form: 'value',
    value: '<seconds>',
    description: 'length of a Partial Segment, 0.05 to 5 s; rounded to whole frames',
    schema: number(0.05, 5).default(0.333),
  }),
  window: setting({
    flag: 'window',
    form: 'value',
    value: '<seconds>',
    description: 'how far back viewers can seek, up to 7 days, at least 3 segments',
    schema: number(1.5, 604_800).default(600),
  }),
  store: setting({
    flag: 'store',
    form: 'value',
    value: '<url>',
    description: 'the store, for a process that runs without the launcher: memory:',
    schema: z.string().min(1).optional(),
  }),
  apiWorkers: setting({
    flag: 'api-workers',
    form: 'value',
    value: '<number>',
    description: 'API processes that share the port, 1 to 64',
    schema: integer(1, 64).default(1),
  }),
  ffmpeg: setting({
    flag: 'ffmpeg',
    form: 'value',
    value: '<path>',
    description: 'the ffmpeg program, 5.1 or later',
    schema: z.string().min(1).default('ffmpeg'),
  }),
  corsOrigin: setting({
    flag: 'cors-origin',
    form: 'list',
    value: '<origin>',
    description: 'origin that may read from other sites; may be given many times; * for all; none by default',
    schema: z
      .array(
        z.string().regex(/^(\*|https?:\/\/[^/\s]+)$/, {
          error: 'is no origin such as https://example.org',
        }),
      )
      .default([]),
  }),
  logLevel: setting({
    flag: 'log-level',
    form: 'value',
    value: '<level>',
    description: 'trace, debug, info, warn, error, fatal or silent',
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  }),
  eventMean: setting({
    flag: 'event-mean',
    form: 'value',
    value: '<seconds>',
    description: 'chessboard: mean time between events, 0.5 to 3600 s',
    schema: number(0.5, 3600).default(10),
  }),
  seed: setting({
    flag: 'seed',
    form: 'value',
    value: '<number>',
    description: 'chessboard: makes it repeatable, 0 to 4294967295',
    schema: integer(0, 0xffffffff).optional(),
  }),
  clockStrip: setting({
    flag: 'clock-strip',
    form: 'switch',
    description: 'chessboard: draw the capture time for machines along the top edge',
    schema: flagText.default(false),
  }),
  loop: setting({
    flag: 'loop',
    form: 'switch',
    description: 'play a file again and again, a discontinuity between the rounds',
    schema: flagText.default(false),
  }),
  stall: setting({
    flag: 'stall',
    form: 'value',
    value: '<seconds>',
    description: 'silence of the source after which the encoder is closed until frames return, 1 to 600 s',
    schema: number(1, 600).default(5),
  }),
  token: setting({
    flag: 'token',
    form: 'value',
    value: '<secret>',
    description: 'bearer token that writing needs, 8 or more characters; better given as HLSSTREAM_TOKEN',
    schema: z.string().min(8, { error: 'is shorter than 8 characters' }).max(512).optional(),
    secret: true,
  }),
} satisfies Record<string, SettingRow<z.ZodType>>;

export type SettingName = keyof typeof settings;

/** The settings in force. Times are in seconds, as given; `size` in pixels; `bitrate` in bits per second. */
export type Config = {
  readonly [K in SettingName]: z.output<(typeof settings)[K]['schema']>;
};

/** The environment variable of a setting, for example HLSSTREAM_DATA_DIR. */
export function environmentName(name: SettingName): string {
  return `HLSSTREAM_${settings[name].flag.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * Validates raw settings (from flags or environment; `undefined` = not given).
 * @throws HlsStreamError USAGE, naming the flag, what came and what it should be.
 */
export function parseConfig(raw: Partial<Record<SettingName, unknown>>): Config {
  const parsed = Object.fromEntries(
    (Object.keys(settings) as SettingName[]).map((name) => [name, parseSetting(name, raw[name])]),
  ) as unknown as Config;
  checkTogether(parsed);
  return Object.freeze(parsed);
}

function parseSetting(name: SettingName, raw: unknown): unknown {
  const row: SettingRow = settings[name];
  if (typeof raw === 'string' && raw.trim() === '' && row.form === 'value') {
    throw new HlsStreamError('USAGE', `--${row.flag} is empty; it takes ${row.description}`);
  }
  const result = row.schema.safeParse(raw);
  if (result.success) return result.data;
  const came = row.secret ? '' : ` ${typeof raw === 'string' ? raw : JSON.stringify(raw)}`;
  const reason = result.error.issues[0]?.message ?? 'is not valid';
  throw new HlsStreamError('USAGE', `--${row.flag}${came}: ${reason}; it takes ${row.description}`);
}

function checkTogether(config: Config): void {
  if (config.part > config.segment) {
    throw new HlsStreamError(
      'USAGE',
      `--part ${config.part} is longer than --segment ${config.segment}; make it the same or shorter`,
    );
  }
  if (config.window < 3 * config.segment) {
    throw new HlsStreamError(
      'USAGE',
      `--window ${config.window} is shorter than 3 segments of ${config.segment} s; give at least ${3 * config.segment}`,
    );
  }
}

/** Raw settings found in an environment. */
export function fromEnvironment(environment: NodeJS.ProcessEnv): Partial<Record<SettingName, unknown>> {
  const raw: Partial<Record<SettingName, unknown>> = {};
  for (const name of Object.keys(settings) as SettingName[]) {
    const text = environment[environmentName(name)];
    if (text === undefined) continue;
    raw[name] = settings[name].form === 'list' ? text.split(',').filter((item) => item !== '') : text;
  }
  return raw;
}

/** The settings as environment variables: `parseConfig(fromEnvironment(toEnvironment(c)))` equals `c`. */
export function toEnvironment(config: Config): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of Object.keys(settings) as SettingName[]) {
    const value = config[name];
    if (value === undefined) continue;
    environment[environmentName(name)] =
      name === 'size' ? `${config.size.width}x${config.size.height}` : String(value);
  }
  return environment;
}
