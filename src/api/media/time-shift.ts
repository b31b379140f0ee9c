import { LRUCache } from 'lru-cache';
import {
  type EpochMicroseconds,
  fromEpochMilliseconds,
  fromIsoDate,
  fromSeconds,
  type Microseconds,
  secondsToMilliseconds,
  toSeconds,
} from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';
import { dateRangesWithin } from '../../hls/date-range.ts';
import { renderTimeShiftPlaylist } from '../../hls/time-shift-playlist.ts';
import type { Exchange } from '../http/exchange.ts';
import type { MediaResponses } from '../http/media-responses.ts';
import { TextResponse } from '../http/text-response.ts';
import type { LiveState } from '../live/live-state.ts';
import type { LiveStream } from '../live/live-stream.ts';
import { edgeDateOf, type RetainedMedia, reachOf } from '../live/retained-media.ts';
import { noStream, notReady, PLAYLIST_TYPE, plainCaching } from './playlist-responses.ts';

/** The longest that one playlist may show. */
const LONGEST: Microseconds = fromSeconds(86_400);

/** How many different ones are made at once; more get 503. */
const AT_ONCE = 8;

/** How much text is kept for those who ask the same, in bytes. */
const KEPT_BYTES = 4 * 1024 * 1024;

/** What {@link TimeShift} needs. */
export interface TimeShiftOptions {
  readonly live: LiveState;
  readonly media: RetainedMedia;
  readonly responses: MediaResponses;
  /** Told of every request. */
  readonly viewing: (exchange: Exchange) => void;
}

/** Which time is asked for. */
export interface TimeShiftQuery {
  /** @default as early as there is something, no more than 24 h before the end */
  readonly start?: EpochMicroseconds | undefined;
  /** @default now */
  readonly end?: EpochMicroseconds | undefined;
}

/** Answers for playlists of what was: `/video/<name>.m3u8?start=…&end=…`. Each is made once for all who ask the same. */
export class TimeShift {
  readonly #options: TimeShiftOptions;
  readonly #known = new LRUCache<string, TextResponse>({
    maxSize: KEPT_BYTES,
    sizeCalculation: ({ bytes }) => bytes.length,
  });
  readonly #making = new Map<string, Promise<TextResponse>>();

  constructor(options: TimeShiftOptions) {
    this.#options = options;
  }

  /** Answers with the playlist of that time. */
  playlist(exchange: Exchange, name: string, asked: () => TimeShiftQuery): void {
    const { live, responses, viewing } = this.#options;
    const stream = live.stream(name);
    if (stream === undefined) throw noStream(name);
    const { media } = stream;
    if (media === undefined) throw notReady(name);
    const query = asked();
    viewing(exchange);
    this.#text(stream, query).then(
      (text) => responses.text(exchange, text, PLAYLIST_TYPE, plainCaching(media)),
      (error) => responses.error(exchange, error),
    );
  }

  #text(stream: LiveStream, query: TimeShiftQuery): Promise<TextResponse> {
    const { name, retained, state, markers } = stream;
    const versions = [
      state?.stream.epoch,
      state?.segments.at(-1)?.msn,
      retained.state.version,
      markers.cursor,
    ];
    const key = [name, query.start, query.end, ...versions].join(' ');
    const known = this.#known.get(key);
    if (known !== undefined) return Promise.resolve(known);
    const making = this.#making.get(key);
    if (making !== undefined) return making;
    if (this.#making.size >= AT_ONCE)
      return Promise.reject(
        new HlsStreamError(
          'TOO_MANY_REQUESTS',
          'too many playlists of other times are being made; try again',
        ),
      );
    const made = this.#make(stream, query)
      .then((text) => {
        this.#known.set(key, text);
        return text;
      })
      .finally(() => this.#making.delete(key));
    this.#making.set(key, made);
    return made;
  }

  async #make(stream: LiveStream, { start, end }: TimeShiftQuery): Promise<TextResponse> {
    const { media } = this.#options;
    const reach = reachOf(stream);
    if (reach === undefined) throw notReady(stream.name);
    const ends = end ?? edgeDateOf(stream);
    if (start !== undefined && ends !== undefined && ends - start > LONGEST)
      throw new HlsStreamError(
        'TIME_SHIFT_TOO_LONG',
        `${Math.ceil(toSeconds(ends - start) / 3600)} hours are asked for; ask for 24 hours at most`,
      );
    const to =
      end === undefined ? reach.to : Math.min(reach.to, (await media.ptsAt(stream, end)) ?? reach.to);
    const asked = start === undefined ? to - LONGEST : await media.ptsAt(stream, start, to);
    const from = Math.max(asked ?? reach.from, reach.from);
    const segments = from < to ? await media.segments(stream, { from, to }) : [];
    const [first] = segments;
    const last = segments.at(-1);
    if (first === undefined || last === undefined) throw outside(stream.name);
    const epochs = new Set(segments.map(({ epoch }) => epoch));
    const targets = stream.retained.state.pages
      .filter(({ epoch }) => epochs.has(epoch))
      .map(({ targetDuration }) => targetDuration);
    const own = stream.media?.stream.targetDuration ?? 0;
    const text = renderTimeShiftPlaylist(segments, {
      name: stream.name,
      targetDuration: Math.max(own, ...targets),
      dateRanges: dateRangesWithin(stream.markers.state, first.pts, last.pts + last.duration),
    });
    return new TextResponse(text);
  }
}

/**
 * Reads `start` and `end`: ISO 8601 dates with a zone, or seconds since the Unix epoch.
 * @throws HlsStreamError BAD_PARAMETER
 */
export function readTimeShift(query: URLSearchParams): TimeShiftQuery {
  const start = date(query, 'start');
  const end = date(query, 'end');
  if (start !== undefined && end !== undefined && start >= end)
    throw new HlsStreamError(
      'BAD_PARAMETER',
      'the playlist would end before it begins; start must be before end',
    );
  return { start, end };
}

function date(query: URLSearchParams, name: string): EpochMicroseconds | undefined {
  const [text, ...more] = query.getAll(name);
  if (text === undefined) return undefined;
  const found = /^\d{1,11}$/.test(text)
    ? fromEpochMilliseconds(secondsToMilliseconds(Number(text)))
    : fromIsoDate(text.replace(/ (?=\d{2}:?\d{2}$)/, '+'));
  if (found !== undefined && more.length === 0) return found;
  const what =
    more.length > 0
      ? `came ${more.length + 1} times; give it once`
      : `${JSON.stringify(text.slice(0, 40))} is neither an ISO 8601 date with a zone nor seconds since 1970`;
  throw new HlsStreamError('BAD_PARAMETER', `${name}: ${what}`);
}

function outside(name: string): HlsStreamError {
  return new HlsStreamError(
    'TIME_SHIFT_OUTSIDE',
    `nothing is kept of stream ${name} at that time; GET /streams/${name} says from when on there is`,
  );
}
