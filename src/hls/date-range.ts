import { type Microseconds, toIsoDate } from '../clock.ts';
import { listedFrom } from './listed-from.ts';
import { liveEdge } from './live-edge.ts';
import type { DateRangeFacts, MarkerState } from './marker-log.ts';
import { firstReaching } from './marker-query.ts';
import type { MediaState } from './playlist-log.ts';
import { quoted, seconds } from './render.ts';

/**
 * The ID of a date range: that of its marker, and which opening of it this is. It is never that of another
 * (rfc8216bis §4.4.5.1), though a marker's id may be used again when its marker has been let go.
 */
export function dateRangeId({ id, opened, instance = opened }: DateRangeFacts): string {
  return instance === undefined ? id : `${id}@${instance}`;
}

const texts = new WeakMap<DateRangeFacts, string>();

/**
 * One EXT-X-DATERANGE line (rfc8216bis §4.4.5.1). X-TEXT is the marker's text as a quoted-string
 * ({@link quoted}), X-PTS the PTS of its first frame in seconds. No DURATION while the event goes on.
 */
export function renderDateRange(range: DateRangeFacts): string {
  let text = texts.get(range);
  if (text === undefined) {
    const duration = range.duration === null ? '' : `,DURATION=${seconds(range.duration)}`;
    text = `#EXT-X-DATERANGE:ID=${quoted(dateRangeId(range))},CLASS=${quoted(range.class)},START-DATE="${toIsoDate(range.date)}"${duration},X-TEXT=${quoted(range.text)},X-PTS=${seconds(range.pts)}\n`;
    texts.set(range, text);
  }
  return text;
}

/** What was listed last, and between which edges of the media it stays so. */
interface Listing {
  readonly version: number;
  readonly window: Microseconds;
  /** Valid while the window starts in [startFrom, startTo] and the live edge is in [edgeFrom, edgeTo]. */
  readonly startFrom: Microseconds;
  readonly startTo: Microseconds;
  readonly edgeFrom: Microseconds;
  readonly edgeTo: Microseconds;
  readonly ranges: readonly DateRangeFacts[];
}

const listings = new WeakMap<MarkerState, Listing>();

/**
 * The date ranges the Media Playlist lists now, ascending by PTS: those of which any part maps to listed
 * media (§6.2.1: one may not leave before), open ones included; not yet those ahead of the live edge, and of a crowd no
 * more than a playlist can carry. The same array comes back until something about it changes, so asking again costs
 * nothing.
 */
export function listedDateRanges(media: MediaState, markers: MarkerState): readonly DateRangeFacts[] {
  const edge = liveEdge(media);
  if (edge === undefined) return [];
  const start = media.segments[0]?.pts ?? media.openParts[0]?.pts ?? edge;
  const known = listings.get(markers);
  if (
    known !== undefined &&
    known.version === markers.version &&
    known.window === media.stream.window &&
    known.startFrom <= start &&
    start <= known.startTo &&
    known.edgeFrom <= edge &&
    edge <= known.edgeTo
  ) {
    return known.ranges;
  }
  const { ranges, next: edgeTo } = overlapping(markers, start, edge);
  const startTo = ranges.reduce((end, range) => Math.min(end, dateRangeEnd(range, markers)), Infinity);
  const listed = bounded(ranges, media.stream.window);
  listings.set(markers, {
    version: markers.version,
    window: media.stream.window,
    startFrom: start,
    startTo,
    edgeFrom: edge,
    edgeTo,
    ranges: listed,
  });
  return listed;
}

/** The date ranges of which some is within a stretch, as a playlist of that stretch alone lists them. */
export function dateRangesWithin(
  markers: MarkerState,
  from: Microseconds,
  to: Microseconds,
): readonly DateRangeFacts[] {
  return bounded(overlapping(markers, from, to).ranges, to - from);
}

/** What reaches into a stretch, ascending by PTS, and where the next one begins. Costs what lies there, not what is kept. */
function overlapping(
  markers: MarkerState,
  from: Microseconds,
  to: Microseconds,
): { ranges: DateRangeFacts[]; next: Microseconds } {
  let next = Number.POSITIVE_INFINITY;
  const ranges: DateRangeFacts[] = [];
  const consider = (range: DateRangeFacts | undefined) => {
    if (range === undefined) return;
    if (range.pts >= to) next = Math.min(next, range.pts);
    else if (dateRangeEnd(range, markers) >= from) ranges.push(range);
  };
  for (let index = firstReaching(markers, from); index < markers.order.length; index += 1) {
    consider(markers.dateRanges.get(markers.order[index] ?? ''));
    if (next !== Number.POSITIVE_INFINITY) break;
  }
  for (const id of markers.gone) consider(markers.dateRanges.get(id));
  ranges.sort((a, b) => a.pts - b.pts || (a.id < b.id ? -1 : 1));
  return { ranges, next };
}

/** How many date ranges that begin within a sixteenth of the window are listed; more are for the API alone. */
const CROWD = 128;
const SHARES = 16;

/** How many a playlist lists at most. */
const MOST = 4096;

/**
 * No more than a playlist can carry. Which ones does not depend on what comes later, for none may leave while it maps to
 * listed media (§6.2.1): of those that begin close to one another the first that were opened.
 */
function bounded(ranges: readonly DateRangeFacts[], window: Microseconds): readonly DateRangeFacts[] {
  if (ranges.length <= CROWD) return ranges;
  const size = Math.max(1, window / SHARES);
  const listed: DateRangeFacts[] = [];
  for (let at = 0; at < ranges.length; ) {
    const share = Math.floor((ranges[at] as DateRangeFacts).pts / size);
    let end = at + 1;
    while (end < ranges.length && Math.floor((ranges[end] as DateRangeFacts).pts / size) === share) end += 1;
    const close = ranges.slice(at, end);
    if (close.length <= CROWD) listed.push(...close);
    else {
      const first = new Set(close.toSorted(byOpening).slice(0, CROWD));
      listed.push(...close.filter((range) => first.has(range)));
    }
    at = end;
  }
  return listed.slice(-MOST);
}

/**
 * By the place in the log at which they were opened. Generations of a Redis are its own clock and only grow; of others no
 * order is known, and there PTS decide.
 */
function byOpening(one: DateRangeFacts, other: DateRangeFacts): number {
  const [a, b] = [openingOf(one), openingOf(other)];
  if (a.generation === b.generation) return a.number - b.number;
  return Number(a.generation) - Number(b.generation) || 0;
}

function openingOf({ opened = '' }: DateRangeFacts): { generation: string; number: number } {
  const dash = opened.lastIndexOf('-');
  return { generation: opened.slice(0, Math.max(0, dash)), number: Number(opened.slice(dash + 1)) };
}

/**
 * Ids of date ranges that left the list while the last `within` µs of media came, for
 * RECENTLY-REMOVED-DATERANGES (§6.2.5.1). It sees what `pruneMarkers` has left, so release no more than
 * `listedFrom(media, within)`. Some that left a little earlier may be among them, which does no harm.
 */
export function removedDateRanges(
  media: MediaState,
  markers: MarkerState,
  within: Microseconds,
): readonly string[] {
  const start = media.segments[0]?.pts;
  const from = listedFrom(media, within);
  if (start === undefined || from === undefined) return [];
  const { ranges } = overlapping(markers, from, start);
  return bounded(ranges, media.stream.window)
    .filter((range) => dateRangeEnd(range, markers) < start)
    .map(dateRangeId);
}

/** PTS where a date range ends; infinity while its event goes on. A marker deleted while open is an instant. */
export function dateRangeEnd(range: DateRangeFacts, markers: MarkerState): Microseconds {
  if (range.duration !== null) return range.pts + range.duration;
  return markers.markers.has(range.id) ? Number.POSITIVE_INFINITY : range.pts;
}
