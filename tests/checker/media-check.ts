import { spawn } from 'node:child_process';
import { type MediaTimes, timescaleOf, timesOf } from './fmp4-times.ts';
import type { ListedSegment, PlaylistText } from './playlist-text.ts';
import type { Rule, Violation } from './violation.ts';

/** How far a playlist's durations may be off the media's, in seconds; plus rounding of decimals. */
const TOLERANCE = 0.001 + 0.000_002;

/** How {@link checkMedia} gets at media. */
export interface MediaCheckOptions {
  /** Bytes of a URI as the playlist writes it; undefined if it isn't served. */
  readonly fetch: (uri: string) => Promise<Buffer | undefined>;
  /** Only so many of the newest segments. @default all */
  readonly newest?: number;
  /** The program. @default ffmpeg */
  readonly ffmpeg?: string;
}

/**
 * Compares a playlist with the media it lists: everything is served, parts are their segment byte for byte,
 * durations and starts are those in `tfdt` and `trun` within 1 ms, and each run decodes without an error.
 */
export async function checkMedia(playlist: PlaylistText, options: MediaCheckOptions): Promise<Violation[]> {
  const found: Violation[] = [];
  const say = (rule: Rule, message: string) => void found.push({ rule, message });
  const newest = playlist.segments.slice(-(options.newest ?? playlist.segments.length));
  const segments = newest.filter(({ gap }) => !gap);
  let run: Run | undefined;
  let before: { segment: ListedSegment; times: MediaTimes } | undefined;
  for (const segment of segments) {
    if (run === undefined || segment.discontinuity || run.map !== segment.map) {
      if (run !== undefined) await decode(run, options, say);
      run = await startRun(segment.map ?? '', options, say);
      before = undefined;
    }
    const bytes = await fetched(segment.uri, options, say);
    if (run === undefined || bytes === undefined) continue;
    run.chunks.push(bytes);
    await compareParts(segment, bytes, options, say);
    const times = timesWithin(segment, bytes, run.timescale, say);
    if (times === undefined) continue;
    const step = before === undefined ? undefined : times.start - before.times.start;
    if (before !== undefined && Math.abs((step ?? 0) - before.segment.duration) > TOLERANCE) {
      say(
        'media-times',
        `${segment.uri} begins ${step} s after ${before.segment.uri} of ${before.segment.duration} s`,
      );
    }
    before = { segment, times };
  }
  if (run !== undefined) await decode(run, options, say);
  return found;
}

type Say = (rule: Rule, message: string) => void;

interface Run {
  readonly map: string;
  readonly timescale: number;
  readonly chunks: Buffer[];
}

async function startRun(map: string, options: MediaCheckOptions, say: Say): Promise<Run | undefined> {
  const init = await fetched(map, options, say);
  return init === undefined ? undefined : { map, timescale: timescaleOf(init), chunks: [init] };
}

async function fetched(uri: string, { fetch }: MediaCheckOptions, say: Say): Promise<Buffer | undefined> {
  const bytes = await fetch(uri);
  if (bytes === undefined) say('http', `${uri} is listed and not served`);
  return bytes;
}

async function compareParts(segment: ListedSegment, bytes: Buffer, options: MediaCheckOptions, say: Say) {
  if (segment.parts.length === 0) return;
  const parts = await Promise.all(segment.parts.map(({ uri }) => fetched(uri, options, say)));
  if (parts.some((part) => part === undefined)) return;
  if (!Buffer.concat(parts as Buffer[]).equals(bytes))
    say('part-bytes', `the parts of ${segment.uri} are not its bytes`);
}

function timesWithin(
  segment: ListedSegment,
  bytes: Buffer,
  timescale: number,
  say: Say,
): MediaTimes | undefined {
  try {
    const times = timesOf(bytes, timescale);
    if (Math.abs(times.duration - segment.duration) > TOLERANCE) {
      say('media-times', `${segment.uri} lasts ${times.duration} s, its EXTINF says ${segment.duration} s`);
    }
    return times;
  } catch (error) {
    say('media-times', `${segment.uri}: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

/** Has ffmpeg keep times as they are: by itself it rounds them to the frame rate, and two that are closer collide. */
export const keepTimes = ['-fps_mode', 'passthrough', '-enc_time_base', '1:1000000'] as const;

/** ffmpeg is the witness: at `-v error` it says nothing about good media. */
async function decode(
  { map, chunks }: Run,
  { ffmpeg = 'ffmpeg' }: MediaCheckOptions,
  say: Say,
): Promise<void> {
  const child = spawn(ffmpeg, ['-v', 'error', '-xerror', '-i', 'pipe:0', ...keepTimes, '-f', 'null', '-'], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  // It may leave before it has read all; what it says then is what counts.
  child.stdin.on('error', () => {});
  child.stdin.end(Buffer.concat(chunks));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0 || complaints !== '')
    say('decode', `run of ${map}: ${complaints.trim() || `exit code ${code}`}`);
}
