import type { z } from 'zod';
import { HlsStreamError } from '../errors.ts';
import { LARGEST_IN_STORE } from '../frames/picture.ts';
import { storageEngine } from '../storage/open.ts';
import { accessSettings } from './access.ts';
import { detectionSettings } from './detection.ts';
import { checkHooks, hookSettings } from './hooks.ts';
import { keptBy } from './kept.ts';
import type { SettingRow } from './kinds.ts';
import { retentionSettings } from './retention.ts';
import { serverSettings } from './server.ts';
import { sourceSettings } from './source.ts';
import { streamSettings } from './stream.ts';

/**
 * Every setting of the system, once: its flag, its environment variable, unit, default and range. The CLI
 * makes its flags and `--help` from this table.
 */
export const settings = {
  ...sourceSettings,
  ...streamSettings,
  ...retentionSettings,
  ...detectionSettings,
  ...serverSettings,
  ...accessSettings,
  ...hookSettings,
} satisfies Record<string, SettingRow>;

/** The name of a setting inside the program, for example `dataDir`. */
export type SettingName = keyof typeof settings;

/** The settings in force. Times are in seconds, as given; `size` in pixels; `bitrate` in bits per second. */
export type Config = {
  readonly [K in SettingName]: z.output<(typeof settings)[K]['schema']>;
};

/** The environment variable of a setting, for example HLSSTREAM_DATA_DIR. */
export function environmentName(name: SettingName): string {
  return `HLSSTREAM_${settings[name].flag.toUpperCase().replaceAll('-', '_')}`;
}

/** What a setting is where nobody gives it; undefined where it has no default. */
export function standardOf(name: SettingName): unknown {
  const { schema }: SettingRow = settings[name];
  return schema.safeParse(undefined).data;
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
  checkKept(parsed);
  checkSource(parsed, raw);
  // A camera or a film is not called after the chessboard.
  const name = raw.name === undefined && parsed.source !== 'chessboard' ? { name: 'live' } : {};
  return Object.freeze({ ...parsed, ...name });
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
  if (config.fresh && config.store !== undefined) {
    throw new HlsStreamError(
      'USAGE',
      '--fresh deletes what start keeps itself, but --store names a store that others may use; leave --fresh out, and take another --store-prefix to begin anew',
    );
  }
  if (config.standby && config.detectorWidth > LARGEST_IN_STORE) {
    throw new HlsStreamError(
      'USAGE',
      `--detector-width ${config.detectorWidth} needs an encoder beside the detector, and one with --standby may wait for another host's; give ${LARGEST_IN_STORE} at most`,
    );
  }
  checkHooks(config);
  storageEngine(config.media).check?.(config);
  if (config.access === 'private' && config.readToken.length === 0 && config.token === undefined) {
    throw new HlsStreamError(
      'USAGE',
      '--access private lets nobody in without a token; give one with --read-token, or better as HLSSTREAM_READ_TOKEN',
    );
  }
  if (config.window < 3 * config.segment) {
    throw new HlsStreamError(
      'USAGE',
      `--window ${config.window} is shorter than 3 segments of ${config.segment} s; give at least ${3 * config.segment}`,
    );
  }
}

/** Nothing goes while it is listed, nor a marker before its media. */
function checkKept(config: Config): void {
  const { retain, retainMarkers, retainSize } = keptBy(config);
  if (retain !== undefined && retain < config.window) {
    throw new HlsStreamError(
      'USAGE',
      `--retain ${config.retain} is shorter than --window ${config.window} s; give at least as much, or a shorter window`,
    );
  }
  if (retainMarkers !== undefined && retainMarkers < (retain ?? config.window)) {
    const media = retain === undefined ? `--window ${config.window} s` : `--retain ${config.retain}`;
    throw new HlsStreamError(
      'USAGE',
      `--retain-markers ${config.retainMarkers} is shorter than ${media}; markers are kept at least as long as their media`,
    );
  }
  if (retainSize !== undefined && !storageEngine(config.media).inDataDir) {
    throw new HlsStreamError(
      'USAGE',
      `--retain-size bounds a data directory, but media goes to --media ${config.media}; give --retain there, and bound its memory by itself`,
    );
  }
}

/** What is said of a source must be able to be meant of this one. */
function checkSource(config: Config, raw: Partial<Record<SettingName, unknown>>): void {
  const { source, inputFormat, inputFraming, inputOption, loop } = config;
  const isRaw = inputFormat !== 'auto';
  if (isRaw && source !== '-') {
    throw new HlsStreamError(
      'USAGE',
      `--input-format ${inputFormat} is for raw frames on standard input, but --source is ${source}; give --source -, or leave it out`,
    );
  }
  if (inputFraming !== 'none' && !isRaw) {
    throw new HlsStreamError(
      'USAGE',
      `--input-framing ${inputFraming} is for raw frames, but --input-format is ${inputFormat}; say how their pixels lie, for example --input-format rgb24`,
    );
  }
  if (isRaw && raw.size === undefined) {
    throw new HlsStreamError(
      'USAGE',
      `--input-format ${inputFormat} needs --size: raw frames do not say how large they are; give it, for example --size 640x360`,
    );
  }
  if (loop && (source === '-' || source === 'chessboard')) {
    throw new HlsStreamError(
      'USAGE',
      `--loop plays a file again, but --source is ${source}; leave one of them out`,
    );
  }
  if (inputOption.length > 0 && (isRaw || source === 'chessboard')) {
    throw new HlsStreamError(
      'USAGE',
      `--input-option is for what ffmpeg reads, which --source ${source}${isRaw ? ` with --input-format ${inputFormat}` : ''} is not; leave it out`,
    );
  }
}

/** Raw settings found in an environment. */
export function fromEnvironment(environment: NodeJS.ProcessEnv): Partial<Record<SettingName, unknown>> {
  const raw: Partial<Record<SettingName, unknown>> = {};
  for (const name of Object.keys(settings) as SettingName[]) {
    const text = environment[environmentName(name)];
    if (text === undefined) continue;
    raw[name] = settings[name].form === 'list' ? listFrom(text) : text;
  }
  return raw;
}

/** The settings as environment variables: `parseConfig(fromEnvironment(toEnvironment(c)))` equals `c`. */
export function toEnvironment(config: Config): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of Object.keys(settings) as SettingName[]) {
    const value = config[name];
    if (value === undefined) continue;
    environment[environmentName(name)] = Array.isArray(value)
      ? JSON.stringify(value)
      : name === 'size'
        ? `${config.size.width}x${config.size.height}`
        : String(value);
  }
  return environment;
}

/** A list in the environment: a JSON array, or items without commas of their own, separated by commas. */
function listFrom(text: string): unknown {
  if (text.startsWith('[')) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  return text.split(',').filter((item) => item !== '');
}
