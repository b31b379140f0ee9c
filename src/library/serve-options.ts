import { type Config, parseConfig, type SettingName, settings } from '../config/config.ts';
import type { Detector } from '../detector/detector.ts';
import type { Encoder } from '../encoder/encoder.ts';
import { HlsStreamError } from '../errors.ts';
import type { RawFormat } from '../source/pixels.ts';
import type { Source } from '../source/source.ts';
import type { Storage } from '../storage/storage.ts';
import type { Store } from '../store/store.ts';
import type { LogEntry } from './log-entry.ts';

/** What a setting may be given as. */
export type SettingValue = string | number | boolean | readonly string[];

/** What {@link serve} is given. Times are in seconds, sizes in pixels. */
export interface ServeOptions {
  /** Name of the stream, which is part of its URLs: `[A-Za-z0-9_-]{1,64}`. @default 'live' */
  readonly name?: string;
  /** Width of the pictures, even. Needed, unless `source` says it. */
  readonly width?: number;
  /** Height of the pictures, even. Needed, unless `source` says it. */
  readonly height?: number;
  /** Nominal frames per second, 1 to 120: by these parts are planned. Each frame keeps its own time. @default 30 */
  readonly fps?: number;
  /** How the pixels given to `write()` are laid out. @default 'rgba' */
  readonly format?: RawFormat;
  /** Address to listen on; `0.0.0.0` for all of this machine. @default '127.0.0.1' */
  readonly host?: string;
  /** TCP port to listen on; 0 takes a free one, which `live.port` then says. @default 5000 */
  readonly port?: number;
  /**
   * Folder where media, markers and the state of the stream are kept, so that the next `serve()` of this name goes on
   * where this one ended. @default a temporary folder that goes with `close()`
   */
  readonly dataDir?: string;
  /** Bearer token that writing over HTTP needs. @default only programs on this machine may write */
  readonly token?: string;
  /** Length of a Partial Segment. @default 0.333 */
  readonly part?: number;
  /** Length of a Media Segment. @default 2 */
  readonly segment?: number;
  /** How far back viewers can seek. @default 600 */
  readonly window?: number;
  /** Bits per second. @default from size and rate */
  readonly bitrate?: number;
  /** Every other setting, as `hlsstream start --help` lists them, in camel case: `{ inputLoss: 'slate', retain: '7d' }`. */
  readonly settings?: Readonly<Record<string, SettingValue | undefined>>;
  /** Frames from elsewhere instead of `write()`: as `--source` takes them, or a source of your own. */
  readonly source?: string | Source;
  /** Who looks for events: as `--detector` takes them, or detectors of your own. @default nobody */
  readonly detectors?: readonly (string | Detector)[];
  /** The encoder: one that ffmpeg has, or one of your own. @default 'libx264' */
  readonly encoder?: string | Encoder;
  /** The store: a URL as `--store` takes it, or a store of your own. @default a Map in this process */
  readonly store?: string | Store;
  /** Where media goes instead of `dataDir`: a storage of your own. */
  readonly storage?: Storage;
  /**
   * Runs encoder, detectors and server in child processes that are watched and started again, as `hlsstream start` does,
   * instead of in this process. Takes no source, detector, encoder, store or storage of your own. @default false
   */
  readonly processes?: boolean;
  /** Is told what an operator should know. @default nobody is; warnings and errors are events in any case */
  readonly log?: (entry: LogEntry) => void;
}

/** What was chosen, checked. */
export interface Chosen extends Pick<ServeOptions, 'storage' | 'log'> {
  readonly config: Config;
  /** No folder was named: it gets one that goes with it. */
  readonly isTemporary: boolean;
  /** Layout of written pixels; undefined where frames come from elsewhere. */
  readonly format: RawFormat | undefined;
  /** A source, encoder and store of the caller's own. */
  readonly own: { readonly source?: Source; readonly encoder?: Encoder; readonly store?: Store };
  readonly detectors: readonly (string | Detector)[];
}

/** Of these a setting is not given by its name but by another option. */
const OTHERWISE: ReadonlyMap<string, string> = new Map([
  ['size', 'width and height'],
  ['inputFormat', 'format'],
  ['inputFraming', 'format'],
  ['detector', 'detectors'],
  ['sourceFile', 'source'],
]);

/** Reads the options. @throws HlsStreamError USAGE for what cannot be meant */
export function readOptions(options: ServeOptions): Chosen {
  const { width, height, source, encoder, store, storage, log } = options;
  const { name, fps, host, port, dataDir, token, part, segment, window, bitrate } = options;
  const { detectors = [], settings: more = {}, format = 'rgba', processes = false } = options;
  for (const key of Object.keys(more)) checkName(key);
  const isWritten = source === undefined;
  if (isWritten && (width === undefined || height === undefined))
    throw usage('serve() needs width and height, or a source that has them; give both in pixels, even');
  const own = {
    ...(typeof source === 'object' && { source }),
    ...(typeof encoder === 'object' && { encoder }),
    ...(typeof store === 'object' && { store }),
  };
  const named = detectors.filter((one) => typeof one === 'string');
  const foreign = [...Object.keys(own), ...(storage ? ['storage'] : [])];
  if (named.length < detectors.length) foreign.push('detectors');
  if (processes && foreign.length > 0)
    throw usage(
      `processes: true runs in other processes, to which the ${foreign.join(' and ')} given cannot go; name one in a string, or leave processes out`,
    );
  const config = parseConfig({
    ...more,
    ...{ name: name ?? more.name ?? 'live', fps, host, port, token, part, segment, window, bitrate },
    dataDir: dataDir ?? more.dataDir,
    ...(width !== undefined && height !== undefined && { size: `${width}x${height}` }),
    ...(isWritten
      ? { source: '-', inputFormat: format, inputFraming: 'jsonl' }
      : { source: typeof source === 'string' ? source : 'own' }),
    ...(typeof encoder === 'string' && { encoder }),
    ...(typeof store === 'string' && { store }),
    detector: named.length > 0 ? named : ['none'],
  });
  return {
    isTemporary: dataDir === undefined && more.dataDir === undefined,
    ...{ config, own, detectors, format: isWritten ? format : undefined },
    ...(storage && { storage }),
    ...(log && { log }),
  };
}

function checkName(key: string): void {
  const other = OTHERWISE.get(key);
  if (other !== undefined) throw usage(`settings.${key} is given as ${other} beside settings`);
  if (!(key in settings))
    throw usage(
      `settings.${key} is not a setting; there are ${(Object.keys(settings) as SettingName[]).join(', ')}`,
    );
}

function usage(message: string): HlsStreamError {
  return new HlsStreamError('USAGE', message);
}
