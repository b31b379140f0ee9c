import { fromIsoDate, fromSeconds, type Microseconds, toSeconds } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';
import type { LiveStream } from '../live/live-stream.ts';
import { type RetainedMedia, reachOf } from '../live/retained-media.ts';
import { single } from './marker-parameters.ts';

/** What a clip shows, PTS: from the frame shown at `from` to the last that begins before `to`. */
export interface ClipRange {
  readonly from: Microseconds;
  readonly to: Microseconds;
  /** With what was shown while the source was silent; else its last picture stands so long. @default false */
  readonly withFiller?: boolean;
}

/** The clip of an instant shows this much before and after it. */
const BEFORE: Microseconds = fromSeconds(2);
const AFTER: Microseconds = fromSeconds(3);

/** What {@link readClipRange} needs. */
export interface ClipRangeOptions {
  readonly media: RetainedMedia;
  /** Length of the longest clip, in seconds. */
  readonly limit: number;
}

/**
 * Reads which clip is asked for: `from` and `to`, each in seconds of PTS or as an ISO 8601 date with zone, or
 * `marker`, whose interval is cut to what there is.
 * With `filler=keep` it also shows what was listed while the source was silent.
 * @throws HlsStreamError BAD_PARAMETER, NOT_FOUND (marker), NOT_READY, CLIP_OUTSIDE, CLIP_TOO_LONG
 */
export async function readClipRange(
  stream: LiveStream,
  query: URLSearchParams,
  { media, limit }: ClipRangeOptions,
): Promise<ClipRange> {
  const { name } = stream;
  const reach = reachOf(stream);
  if (reach === undefined)
    throw new HlsStreamError('NOT_READY', `stream ${name} has nothing to cut yet; try again in a moment`);
  const id = single(query, 'marker');
  const asked =
    id === undefined
      ? { from: await instant(media, stream, query, 'from'), to: await instant(media, stream, query, 'to') }
      : interval(stream, id, query, reach);
  if (asked.from >= asked.to)
    throw new HlsStreamError(
      'BAD_PARAMETER',
      'the clip would end before it begins; "from" must be before "to"',
    );
  if (asked.from < reach.from || asked.to > reach.to) {
    throw new HlsStreamError(
      'CLIP_OUTSIDE',
      `${seconds(asked)} is outside the stream, which reaches from ${toSeconds(reach.from)} to ${toSeconds(reach.to)} s`,
    );
  }
  if (asked.to - asked.from > fromSeconds(limit))
    throw new HlsStreamError('CLIP_TOO_LONG', `${seconds(asked)} is longer than ${limit} s; ask for less`);
  return { ...asked, withFiller: keepsFiller(query) };
}

function keepsFiller(query: URLSearchParams): boolean {
  const text = single(query, 'filler') ?? 'drop';
  if (text === 'keep' || text === 'drop') return text === 'keep';
  throw new HlsStreamError(
    'BAD_PARAMETER',
    `filler=${JSON.stringify(text.slice(0, 40))} is not keep or drop`,
  );
}

async function instant(
  media: RetainedMedia,
  stream: LiveStream,
  query: URLSearchParams,
  name: string,
): Promise<Microseconds> {
  const text = single(query, name);
  if (text === undefined)
    throw new HlsStreamError('BAD_PARAMETER', 'a clip needs "from" and "to", or "marker"');
  if (/^\d{1,12}(?:\.\d{0,9})?$/.test(text)) return fromSeconds(Number(text));
  // A plus sign that was not encoded arrives as a space.
  const date = fromIsoDate(text.replace(/ (?=\d{2}:?\d{2}$)/, '+'));
  const pts = date === undefined ? undefined : await media.ptsAt(stream, date);
  if (pts !== undefined) return pts;
  throw new HlsStreamError(
    'BAD_PARAMETER',
    `${name}: ${JSON.stringify(text.slice(0, 40))} is neither a time in seconds nor an ISO 8601 date with a zone`,
  );
}

function interval(
  { markers, name }: LiveStream,
  id: string,
  query: URLSearchParams,
  window: ClipRange,
): ClipRange {
  if (query.has('from') || query.has('to'))
    throw new HlsStreamError('BAD_PARAMETER', 'marker came together with from or to; give one');
  const marker = markers.state.markers.get(id);
  if (marker === undefined)
    throw new HlsStreamError('NOT_FOUND', `stream ${name} has no such marker, or not any more`);
  const { pts, duration } = marker;
  const [from, to] =
    duration === 0 ? [pts - BEFORE, pts + AFTER] : [pts, duration === null ? window.to : pts + duration];
  const cut = { from: Math.max(from, window.from), to: Math.min(to, window.to) };
  if (cut.from < cut.to) return cut;
  throw new HlsStreamError('CLIP_OUTSIDE', 'the event of this marker is not, or no longer, in the stream');
}

function seconds({ from, to }: ClipRange): string {
  return `${toSeconds(from)} to ${toSeconds(to)} s`;
}
