import { LRUCache } from 'lru-cache';
import { type EpochMicroseconds, type Microseconds, ptsOf } from '../../clock.ts';
import { HlsStreamError } from '../../errors.ts';
import { liveEdge } from '../../hls/live-edge.ts';
import { dateAtPts, hasBegun, ptsAtDate, ptsWithin } from '../../hls/media-time.ts';
import type { MediaState } from '../../hls/playlist-log.ts';
import { type RetainedPage, retainedFrom } from '../../hls/retained-log.ts';
import { pageFile, type RetainedSegment, readPage, retained } from '../../hls/retained-page.ts';
import type { Storage } from '../../storage/storage.ts';
import type { LiveStream } from './live-stream.ts';

/** Pages kept in memory: those around the moments that are looked at now. */
const KNOWN_PAGES = 24;

/** Some of a stream, in PTS. */
export interface PtsRange {
  readonly from: Microseconds;
  readonly to: Microseconds;
}

/** All that there is of a stream; undefined while nothing is. */
export function reachOf({ retained, state }: LiveStream): PtsRange | undefined {
  const kept = retainedFrom(retained.state);
  const edge = (state && liveEdge(state)) ?? retained.state.pages.at(-1)?.end;
  const from = Math.min(kept ?? Infinity, state?.segments[0]?.pts ?? Infinity);
  return edge === undefined || from === Infinity ? undefined : { from, to: edge };
}

/** The date at which what there is of a stream ends now; undefined while nothing is. */
export function edgeDateOf({ retained, state }: LiveStream): EpochMicroseconds | undefined {
  const edge = state && liveEdge(state);
  return edge === undefined ? retained.state.pages.at(-1)?.endDate : dateAtPts(state as MediaState, edge);
}

/** What there is of a stream: what the Media Playlist lists, and what is kept beyond it, whose pages are read as needed. */
export class RetainedMedia {
  readonly #storage: Storage;
  readonly #known = new LRUCache<string, readonly RetainedSegment[]>({ max: KNOWN_PAGES });

  readonly #failed: (error: unknown) => void;

  /** @param failed told of each page that is damaged, once in a while */
  constructor(storage: Storage, failed: (error: unknown) => void = () => {}) {
    this.#storage = storage;
    this.#failed = failed;
  }

  /**
   * The closed Media Segments of which some is within a range, ascending. Pages that went meanwhile, or are damaged, are
   * left out. Rejects with STORAGE_FAILED.
   */
  async segments(stream: LiveStream, { from, to }: PtsRange): Promise<RetainedSegment[]> {
    const { state } = stream;
    const { before } = stream.retained.state;
    const epoch = state?.stream.epoch ?? '';
    // As they are now: both change while pages are read.
    const pages = [...stream.retained.state.pages];
    const listed = [...(state?.segments ?? [])];
    const within = ({ pts, duration }: { pts: Microseconds; duration: Microseconds }) =>
      pts < to && pts + duration > from;
    const found: RetainedSegment[] = [];
    const firstListed = listed[0]?.msn ?? Number.POSITIVE_INFINITY;
    for (const page of pages) {
      if (page.end <= from || page.pts >= to) continue;
      for (const segment of await this.#read(stream.name, page)) {
        // What is listed as well is taken from the list.
        const isListed = segment.epoch === epoch && segment.msn >= firstListed;
        if (!isListed && within(segment) && segment.pts + segment.duration > before) found.push(segment);
      }
    }
    for (const segment of listed) if (within(segment)) found.push(retained(segment, epoch));
    return found;
  }

  /**
   * The PTS at a date; undefined where nothing is. A date that names several moments, since a clock was set back, names
   * the newest that begins before `until`. In a gap it is where media goes on; beyond what there is clocks are extended.
   */
  async ptsAt(
    stream: LiveStream,
    date: EpochMicroseconds,
    until: Microseconds = Number.POSITIVE_INFINITY,
  ): Promise<Microseconds | undefined> {
    const { state } = stream;
    const [first] = state?.segments ?? [];
    const listed =
      state !== undefined && first !== undefined && hasBegun(first, date)
        ? ptsAtDate(state, date)
        : undefined;
    if (listed !== undefined && listed < until) return listed;
    let next: { readonly pts: Microseconds; readonly date: EpochMicroseconds } | undefined = first;
    for (const page of stream.retained.state.pages.toReversed()) {
      if (page.pts >= until) continue;
      if (hasBegun(page, date) && date < page.endDate) {
        const segments = await this.#read(stream.name, page);
        const at = segments.findLastIndex((segment) => hasBegun(segment, date));
        const segment = segments[at];
        if (segment === undefined) continue;
        if (date < segment.date + segment.duration) return ptsWithin(segment, date);
        const after = segments[at + 1] ?? next;
        if (after !== undefined) return after.pts;
      } else if (next !== undefined && page.endDate <= date && date <= next.date) return next.pts;
      next = page;
    }
    return listed ?? (next && ptsOf(next, date));
  }

  async #read(name: string, page: RetainedPage): Promise<readonly RetainedSegment[]> {
    const path = pageFile(name, page.epoch, page.first);
    // The same page may be written longer by a process that goes on where another one ended.
    const key = `${path} ${page.last}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const bytes = await this.#storage.read(path);
    // It went a moment ago.
    if (bytes === undefined) return [];
    try {
      const segments = readPage(bytes.toString(), page.epoch);
      this.#known.set(key, segments);
      return segments;
    } catch (cause) {
      const isNewer = cause instanceof RangeError;
      const reason = isNewer ? cause.message : 'it is not a page of segments; what it holds is left out';
      const failure = new HlsStreamError('STORAGE_FAILED', `cannot read ${path}: ${reason}`, { cause });
      if (isNewer) throw failure;
      // What lies before and behind it can be played.
      this.#failed(failure);
      this.#known.set(key, []);
      return [];
    }
  }
}
