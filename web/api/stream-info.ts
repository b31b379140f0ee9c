import type { Anchor, EpochMicroseconds } from '../../src/clock.ts';
import { fromIsoDate, fromSeconds } from '../../src/clock.ts';
import type {
  FillerJson,
  InputLossJson,
  ProblemJson,
  StreamJson,
  StreamStatus,
  WaitingFor,
} from '../../src/hls/stream-json.ts';
import { serverUrl } from './server-url.ts';

/** A stretch of media that shows no pictures of the source, for it was silent. */
export interface Filler {
  /** Date of the last picture before the silence. */
  readonly since: EpochMicroseconds;
  readonly from: EpochMicroseconds;
  /** Infinity while the silence lasts. */
  readonly to: EpochMicroseconds;
}

/** An entry of `GET /streams`, read. */
export interface StreamInfo {
  readonly name: string;
  /** Changes when the stream begins a new life; the media of the old one is gone. */
  readonly epoch: string;
  readonly status: StreamStatus;
  /** What it waits for when no media comes; undefined when some does, or when that is not known. */
  readonly waitingFor: WaitingFor | undefined;
  /** Why source or encoder do not work, in a sentence for people; undefined while they do. */
  readonly reason: string | undefined;
  /** Date of the last picture, while what is listed only fills a silence of the source. */
  readonly silentSince: EpochMicroseconds | undefined;
  /** Where the window shows no pictures of the source, oldest first. */
  readonly fillers: readonly Filler[];
  /** URL of the Multivariant Playlist. */
  readonly playlist: string;
  /** Seconds. */
  readonly targetDuration: number;
  /** Seconds; 0 when there are no parts. */
  readonly partTarget: number;
  /** HOLD-BACK and PART-HOLD-BACK, seconds: how far behind the edge to play without parts and with them. */
  readonly holdBack: number;
  readonly partHoldBack: number;
  /** How far back viewers can seek, seconds. */
  readonly window: number;
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  /** URL of its clips; undefined if the server makes none. */
  readonly clips: string | undefined;
  /** Longest clip, seconds; undefined if there is no limit. */
  readonly clipLimit: number | undefined;
  readonly start: Anchor | undefined;
  readonly edge: Anchor | undefined;
  /** Where what is kept begins beyond the playlist; undefined where that lists all there is. */
  readonly keptFrom: Anchor | undefined;
  /** URL of the list of thumbnails; undefined when the stream has none. */
  readonly thumbnails: string | undefined;
  /** Something was looked for in its frames, and what was seen is told with them. */
  readonly objects: boolean;
  /** What the server puts before its paths: the path prefix that it knows of, or ''. */
  readonly prefix: string;
}

/** JSON that is meant to be a T: its fields, whatever is in them. */
type Told<T> = Partial<Record<keyof T, unknown>>;

/** Reads an entry; undefined if it names no stream. @param base URL of the page */
export function readStreamInfo(value: unknown, base?: string): StreamInfo | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const entry = value as Told<StreamJson>;
  if (typeof entry.name !== 'string' || typeof entry.playlist !== 'string') return undefined;
  const prefix = typeof entry.prefix === 'string' ? entry.prefix : '';
  const url = (path: unknown) => (typeof path === 'string' ? serverUrl(path, prefix, base) : undefined);
  const silentSince = date((entry.inputLoss as Told<InputLossJson> | undefined)?.since);
  return {
    name: entry.name,
    epoch: String(entry.epoch ?? ''),
    status: isStatus(entry.status) ? entry.status : 'starting',
    waitingFor: isWaitingFor(entry.waitingFor) ? entry.waitingFor : undefined,
    reason: readReason(entry.problems),
    silentSince,
    fillers: readFillers(entry.filler, silentSince),
    playlist: serverUrl(entry.playlist, prefix, base),
    targetDuration: number(entry.targetDuration) || 2,
    partTarget: number(entry.partTarget),
    holdBack: number(entry.holdBack) || 6,
    partHoldBack: number(entry.partHoldBack) || 1,
    window: number(entry.window) || 600,
    width: number(entry.width),
    height: number(entry.height),
    frameRate: number(entry.frameRate),
    clips: url(entry.clips),
    clipLimit: number(entry.clipLimit) || undefined,
    start: anchor(entry.start, entry.startDate),
    edge: anchor(entry.edge, entry.edgeDate),
    keptFrom: anchor(entry.keptFrom, entry.keptFromDate),
    thumbnails: url(entry.thumbnails),
    objects: entry.objects === true,
    prefix,
  };
}

/** Why the process that streams does not work, as `problems` of an entry say; undefined if they say nothing of it. */
export function readReason(problems: unknown): string | undefined {
  for (const problem of array(problems)) {
    const { process, message } = (problem ?? {}) as Told<ProblemJson>;
    if (process === 'stream' && typeof message === 'string') return message;
  }
  return undefined;
}

function readFillers(value: unknown, silentSince: EpochMicroseconds | undefined): Filler[] {
  return array(value).flatMap((item): Filler[] => {
    const { since, startDate, endDate } = (item ?? {}) as Told<FillerJson>;
    const [at, from, to] = [date(since), date(startDate), date(endDate)];
    if (at === undefined || from === undefined || to === undefined) return [];
    // The one that goes on has grown since this was written.
    return [{ since: at, from, to: at === silentSince ? Number.POSITIVE_INFINITY : to }];
  });
}

function isStatus(value: unknown): value is StreamStatus {
  return value === 'starting' || value === 'live' || value === 'stalled' || value === 'ended';
}

function isWaitingFor(value: unknown): value is WaitingFor {
  return value === 'source' || value === 'encoder' || value === 'store';
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function date(value: unknown): EpochMicroseconds | undefined {
  return typeof value === 'string' ? fromIsoDate(value) : undefined;
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function anchor(pts: unknown, iso: unknown): Anchor | undefined {
  const at = date(iso);
  return typeof pts === 'number' && at !== undefined ? { pts: fromSeconds(pts), date: at } : undefined;
}
